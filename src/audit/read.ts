/** A log, line by line, in flat memory however long it is. */
import { closeSync, fstatSync, readSync } from 'node:fs'
import { openToRead } from './file.ts'
import type { AuditRecord } from './record.ts'
import { MAX_LINE } from './serialise.ts'

const NEWLINE = 10
const CHUNK = 256 * 1024

export interface Line {
  /** From 1; in a whole log it is the record's `seq`. */
  number: number
  /** Without the newline. Valid only until the next line is asked for. */
  bytes: Buffer
  /** Offset behind the line and its newline. */
  end: number
  /** False for bytes behind the last newline, and for what is too long to be a record; nothing follows. */
  whole: boolean
}

/**
 * Yields the lines that the log has at this moment; none where there is no log.
 * Errors: AUDIT_UNAVAILABLE where it is no file of ours, or what the system throws.
 */
export function* readLines(path: string): Generator<Line> {
  const fd = openToRead(path)
  if (fd === undefined) return
  try {
    yield* linesOf(fd, fstatSync(fd).size)
  } finally {
    closeSync(fd)
  }
}

/** The record that a line holds; undefined where it holds none. */
export function parseRecord(line: Uint8Array): AuditRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString())
  } catch {
    // Not JSON is an answer here; the parser's own words may quote the line.
    return undefined
  }
  return isRecord(value) ? value : undefined
}

/** The lines in the first `size` bytes of an open file. */
export function* linesOf(fd: number, size: number): Generator<Line> {
  let buffer = Buffer.allocUnsafe(CHUNK)
  let filled = 0
  let position = 0
  let number = 0
  while (position < size) {
    if (filled === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length)
    const wanted = Math.min(buffer.length - filled, size - position)
    const n = readSync(fd, buffer, filled, wanted, position)
    if (n === 0) break
    position += n
    filled += n
    const view = buffer.subarray(0, filled)
    let start = 0
    for (let at = view.indexOf(NEWLINE); at >= 0; at = view.indexOf(NEWLINE, start)) {
      const bytes = view.subarray(start, at)
      start = at + 1
      number += 1
      yield { number, bytes, end: position - filled + start, whole: true }
    }
    view.copyWithin(0, start)
    filled -= start
    if (filled > MAX_LINE) break
  }
  if (filled > 0) {
    yield { number: number + 1, bytes: buffer.subarray(0, filled), end: position, whole: false }
  }
}

function isRecord(value: unknown): value is AuditRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'v' in value &&
    value.v === 1 &&
    'seq' in value &&
    Number.isSafeInteger(value.seq) &&
    Number(value.seq) > 0 &&
    'time' in value &&
    typeof value.time === 'string' &&
    'event' in value &&
    typeof value.event === 'string' &&
    'prev' in value &&
    typeof value.prev === 'string' &&
    'actor' in value &&
    typeof value.actor === 'object' &&
    value.actor !== null
  )
}
