/**
 * Is the chain whole? Needs nothing but the log; with the acknowledged head it also finds a cut at the
 * end and a chain that was computed anew. Reads in flat memory and changes nothing.
 *
 * What one person who can write both files does to the unacknowledged end, or to log and head together,
 * no check on this machine can find.
 */
import type { Head } from './chain.ts'
import { leafHash, NO_PREV } from './hash.ts'
import { parseRecord, type Line } from './read.ts'
import type { AuditRecord } from './record.ts'
import { MAX_LINE } from './serialise.ts'

export type Damage = 'not-a-record' | 'out-of-sequence' | 'changed' | 'missing'

export interface Verdict {
  /** Records that follow each other without a break, from the first. */
  records: number
  /** The last of them. */
  last?: { seq: number; hash: string; time: string }
  /** The first record that is not what was written; its place is line `seq` of the log. */
  bad?: { seq: number; damage: Damage }
  /** Up to which record the acknowledged head vouches; absent where no head is known. */
  acknowledged?: number
  /** Bytes behind the last newline: a writer at work, or one that died. Recovered at the next append. */
  torn: number
  /** Records whose time lies before the time of the record ahead of them; a clock was set back. */
  timeGoesBack: readonly number[]
  /** What the log says of itself, but for the `log.opened` that every log begins with. */
  marks: readonly AuditRecord[]
}

const MAX_TIMES = 10

/** `head`: the acknowledged one, read before the lines, or undefined where none is known. */
export function verifyChain(lines: Iterable<Line>, head: Head | undefined): Verdict {
  const timeGoesBack: number[] = []
  const marks: AuditRecord[] = []
  let last: Link | undefined
  let torn = 0
  /** Set while it is open whether this record or the one before it was changed. */
  let doubtful: Link | undefined
  const verdict = (bad?: { seq: number; damage: Damage }): Verdict => ({
    records: bad === undefined ? (last?.seq ?? 0) : bad.seq - 1,
    ...(last === undefined || bad !== undefined ? {} : { last: summary(last) }),
    ...(bad === undefined ? {} : { bad }),
    ...(head === undefined ? {} : { acknowledged: head.seq }),
    torn,
    timeGoesBack,
    marks,
  })

  for (const line of lines) {
    if (!line.whole) {
      if (line.bytes.length > MAX_LINE) return verdict({ seq: line.number, damage: 'not-a-record' })
      torn = line.bytes.length
      break
    }
    const record = parseRecord(line.bytes)
    const hash = leafHash(line.bytes)
    if (doubtful !== undefined) {
      const intact = record?.prev === doubtful.hash
      return verdict({ seq: intact ? doubtful.seq - 1 : doubtful.seq, damage: 'changed' })
    }
    const seq = line.number
    if (record === undefined) return verdict({ seq, damage: 'not-a-record' })
    if (record.seq !== seq) return verdict({ seq, damage: 'out-of-sequence' })
    const link: Link = { seq, hash, record }
    if (record.prev !== (last?.hash ?? NO_PREV)) {
      if (seq === 1) return verdict({ seq, damage: 'changed' })
      doubtful = link
      continue
    }
    if (head?.seq === seq && head.hash !== hash) return verdict({ seq, damage: 'changed' })
    if (last !== undefined && record.time < last.record.time && timeGoesBack.length < MAX_TIMES) {
      timeGoesBack.push(seq)
    }
    if (isMark(record)) marks.push(record)
    last = link
  }
  if (doubtful !== undefined) {
    // The last line of the log: only the head can tell which of the two was changed.
    const changed = head?.seq === doubtful.seq && head.hash !== doubtful.hash
    return verdict({ seq: changed ? doubtful.seq : doubtful.seq - 1, damage: 'changed' })
  }
  if (head !== undefined && (last?.seq ?? 0) < head.seq) {
    return verdict({ seq: (last?.seq ?? 0) + 1, damage: 'missing' })
  }
  return verdict()
}

function isMark({ event, seq }: AuditRecord): boolean {
  return (
    event === 'log.recovered' || event === 'log.archived' || (event === 'log.opened' && seq > 1)
  )
}

interface Link {
  seq: number
  hash: string
  record: AuditRecord
}

function summary({ seq, hash, record }: Link): { seq: number; hash: string; time: string } {
  return { seq, hash, time: record.time }
}
