/** A log, line by line, across its segments, as if there were none. In flat memory. */
import { closeSync, fstatSync } from 'node:fs'
import { unavailable } from './failures.ts'
import { openToRead } from './file.ts'
import { EMPTY_RANGE, rangeFits, type Range } from './merkle.ts'
import { linesOf, parseRecord, type Line } from './read.ts'
import { continuedOf, segmentsAt, type Segment } from './segments.ts'
import { firstLine } from './tail.ts'

/** Each attempt meets another roll; more than this in a row is something else. */
const ATTEMPTS = 10

/** What is known of the records before the first line. */
export interface Start {
  /** Their number. */
  seq: number
  /** Their tree; absent where the reading begins in the middle of a segment. */
  range?: Range
  /** Of the log, where its first record is not among the lines. */
  origin?: string
}

export const START: Start = { seq: 0, range: EMPTY_RANGE }

export interface Reading {
  start: Start
  /** `number` counts on across segments. Only the last line may be not whole, or one of them is damaged. */
  lines: Iterable<Line>
}

/**
 * Reads the log whose last segment is at this path, as it is at this moment; begins at record `from`, or
 * at the oldest segment that is there. `use` must not keep what it is given.
 * Errors: AUDIT_UNAVAILABLE, or what the system throws.
 */
export function readAcross<T>(
  log: string,
  from: number | undefined,
  use: (reading: Reading) => T,
): T {
  const { closed, active } = openAt(log)
  try {
    const { segments, stated } = beginning(closed, active, from)
    const skipping = from !== undefined && from > stated.seq + 1
    const start = skipping ? { seq: from - 1 } : stated
    return use({ start, lines: numbered(segments, active, stated.seq, start.seq) })
  } finally {
    if (active !== undefined) closeSync(active)
  }
}

/** The segment that is written to is opened at once: closed ones stay as they are. */
function openAt(log: string): { closed: readonly Segment[]; active: number | undefined } {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const segments = segmentsAt(log)
    const last = segments.at(-1)
    const fd = last?.path === log ? openToRead(log) : undefined
    if (fd === undefined && last?.path !== log) return { closed: segments, active: undefined }
    if (fd === undefined) continue
    // Else it was rolled in between, and the list is not that of this file.
    if (firstSeq(fd) === last?.first) return { closed: segments.slice(0, -1), active: fd }
    closeSync(fd)
  }
  throw unavailable('its segments change faster than they can be read', 'try again')
}

/** Which of the closed segments are to be read, and what the first that is says of those before it. */
function beginning(
  closed: readonly Segment[],
  active: number | undefined,
  from: number | undefined,
): { segments: readonly Segment[]; stated: Start } {
  const whole = active !== undefined ? startOf(active) : START
  if (from !== undefined && active !== undefined && whole.seq > 0 && from > whole.seq) {
    return { segments: [], stated: whole }
  }
  const at = from === undefined ? 0 : closed.findLastIndex(({ first }) => first <= from)
  const segments = closed.slice(Math.max(0, at))
  const [first] = segments
  const fd = first && openToRead(first.path)
  if (fd === undefined) return { segments, stated: whole }
  try {
    return { segments, stated: startOf(fd) }
  } finally {
    closeSync(fd)
  }
}

/** What a segment's first record says it continues; where it does not, it is taken for the first. */
function startOf(fd: number): Start {
  const line = firstLine(fd)
  const record = line && parseRecord(line)
  const continued = continuedOf(record)
  if (continued === undefined || record?.seq !== continued.size + 1) return START
  const { size, hashes, origin } = continued
  const range = { size, hashes }
  return rangeFits(range) ? { seq: size, range, origin } : START
}

function* numbered(
  closed: readonly Segment[],
  active: number | undefined,
  before: number,
  skipped: number,
): Generator<Line> {
  let last = before
  for (const line of files(closed, active)) {
    last += 1
    if (last > skipped) yield { ...line, number: last }
  }
}

function* files(closed: readonly Segment[], active: number | undefined): Generator<Line> {
  for (const { path } of closed) {
    const fd = openToRead(path)
    if (fd === undefined) continue
    try {
      yield* linesOf(fd, fstatSync(fd).size)
    } finally {
      closeSync(fd)
    }
  }
  if (active !== undefined) yield* linesOf(active, fstatSync(active).size)
}

function firstSeq(fd: number): number {
  const line = firstLine(fd)
  return (line && parseRecord(line)?.seq) ?? 1
}
