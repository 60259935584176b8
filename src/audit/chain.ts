/** The chain: each record names the hash of the line before it. Pure. */
import { leafHash, NO_PREV } from './hash.ts'
import type { AuditRecord, Entry } from './record.ts'
import { serialise } from './serialise.ts'

/** How far a chain has come. */
export interface Head {
  /** Of the last record; 0 before the first. */
  seq: number
  /** Leaf hash of the last line. */
  hash: string
  /** Bytes up to and with the last line's newline. */
  size: number
}

export const EMPTY: Head = { seq: 0, hash: NO_PREV, size: 0 }

export interface Linked {
  records: readonly AuditRecord[]
  /** The lines, each with its newline. */
  bytes: Buffer
  head: Head
}

/**
 * Makes the next records of the chain that has come to `from`.
 *
 * Every leaf hash of a log is computed in this loop, in order and under the log's lock, and nowhere else
 * on the way in. The Merkle tree of signed checkpoints will take its leaves from here.
 */
export function link(entries: readonly Entry[], from: Head, time: string): Linked {
  const records: AuditRecord[] = []
  let text = ''
  let { seq, hash } = from
  for (const entry of entries) {
    seq += 1
    const record: AuditRecord = { ...entry, v: 1, seq, time, prev: hash }
    const line = serialise(record)
    hash = leafHash(line)
    text += `${line}\n`
    records.push(record)
  }
  const bytes = Buffer.from(text)
  return { records, bytes, head: { seq, hash, size: from.size + bytes.length } }
}
