/** The chain: each record names the hash of the line before it, and the tree grows by that hash. Pure. */
import { leafHash, NO_PREV } from './hash.ts'
import { appendLeaf, EMPTY_RANGE, type Range } from './merkle.ts'
import type { AuditRecord, Entry } from './record.ts'
import { serialise } from './serialise.ts'

/** How far a chain has come. */
export interface Head {
  /** Of the last record; 0 before the first. */
  seq: number
  /** Leaf hash of the last line. */
  hash: string
  /** Bytes of its segment, up to and with the last line's newline. */
  size: number
}

/** How far a log has come: chain, segment and tree. */
export interface Tip extends Head {
  /** `seq` of the first record of the segment that `size` counts in. */
  first: number
  /** The tree over all `seq` records. */
  range: Range
  /** The tree without the last one; absent where no record was read yet. It ties `hash` to the root. */
  before?: Range
}

export const EMPTY: Tip = { seq: 0, hash: NO_PREV, size: 0, first: 1, range: EMPTY_RANGE }

export interface Linked {
  records: readonly AuditRecord[]
  /** The lines, each with its newline. */
  bytes: Buffer
  head: Tip
}

/**
 * Makes the next records of the log that has come to `from`.
 *
 * Every leaf hash of a log is computed in this loop, in order and under the log's lock, and nowhere else
 * on the way in; `foldLines` computes them of what others wrote.
 */
export function link(entries: readonly Entry[], from: Tip, time: string): Linked {
  const records: AuditRecord[] = []
  let text = ''
  let { seq, hash, range, before } = from
  for (const entry of entries) {
    seq += 1
    const record: AuditRecord = { ...entry, v: 1, seq, time, prev: hash }
    const line = serialise(record)
    hash = leafHash(line)
    before = range
    range = appendLeaf(range, hash)
    text += `${line}\n`
    records.push(record)
  }
  const bytes = Buffer.from(text)
  const size = from.size + bytes.length
  return {
    records,
    bytes,
    head: { seq, hash, size, first: from.first, range, ...(before && { before }) },
  }
}
