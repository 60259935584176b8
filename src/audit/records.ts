/** The records among the lines of a log. */
import { isUtf8 } from 'node:buffer'
import { parseRecord, type Line } from './read.ts'
import type { AuditRecord } from './record.ts'
import { MAX_LINE } from './serialise.ts'

export interface Found {
  record: AuditRecord
  /** Its line, without the newline. Valid only until the next one is asked for. */
  bytes: Buffer
}

/** Lines that are no records. Bytes behind the last newline are none: a writer may be at work there. */
export interface Damage {
  first?: number
}

/** @param damage is told of each line that is passed over */
export function* recordsOf(lines: Iterable<Line>, damage: Damage): Generator<Found> {
  let unfinished: number | undefined
  for (const { number, bytes, whole } of lines) {
    // Another segment follows, and it was not the last line after all.
    if (unfinished !== undefined) damage.first ??= unfinished
    unfinished = undefined
    if (!whole && bytes.length <= MAX_LINE) {
      unfinished = number
      continue
    }
    const record = whole && isUtf8(bytes) ? parseRecord(bytes) : undefined
    if (record === undefined) damage.first ??= number
    else yield { record, bytes }
  }
}
