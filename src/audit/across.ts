/** A log, line by line, across its segments, as if there were none. In flat memory. */
import { closeSync, fstatSync } from 'node:fs'
import { unavailable } from './failures.ts'
import { identityAt, identityOf, openToLook, same } from './file.ts'
import { EMPTY_RANGE, rangeFits, type Range } from './merkle.ts'
import { linesOf, parseRecord, type Line } from './read.ts'
import { closedAt, continuedOf, type Segment } from './segments.ts'
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
  const opened = openAt(log)
  const { active } = opened
  try {
    const { segments, stated } = beginning(opened, from)
    const skipping = from !== undefined && from > stated.seq + 1
    const start = skipping ? { seq: from - 1 } : stated
    return use({ start, lines: numbered(segments, active, stated.seq, start.seq) })
  } finally {
    if (active !== undefined) closeSync(active)
  }
}

interface Opened {
  closed: readonly Segment[]
  /** The segment that is written to. */
  active: number | undefined
}

/** Its list and the segment that is written to, as they were at one moment. */
function openAt(log: string): Opened {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const closed = closedAt(log)
    const active = openToLook(log)
    const still = closedAt(log)
    // Else it was rolled in between.
    if (closed.map(({ path }) => path).join() === still.map(({ path }) => path).join()) {
      return { closed: active === undefined ? closed : belonging(active, closed), active }
    }
    if (active !== undefined) closeSync(active)
  }
  throw unavailable('its segments change faster than they can be read', 'try again')
}

/** Those of the log that this segment is the last of: what is damaged is taken for a part of it. */
function belonging(active: number, closed: readonly Segment[]): readonly Segment[] {
  const line = firstLine(active)
  const record = line && parseRecord(line)
  // Left behind by an archive that was interrupted.
  if (record?.seq === 1 && record.event !== 'log.continued') return []
  // Of a roll that was interrupted, one is another name of the file itself.
  const identity = identityOf(active)
  return closed.filter(({ path }) => !same(identity, identityAt(path)))
}

/** Which of the closed segments are to be read, and what the first that is says of those before it. */
function beginning(
  { closed, active }: Opened,
  from: number | undefined,
): { segments: readonly Segment[]; stated: Start } {
  const whole = active === undefined ? START : startOf(active, 1)
  if (from !== undefined && whole.seq > 0 && from > whole.seq)
    return { segments: [], stated: whole }
  const at = from === undefined ? 0 : closed.findLastIndex(({ first }) => first <= from)
  const segments = closed.slice(Math.max(0, at))
  const [first] = segments
  const fd = first && openToLook(first.path)
  if (fd === undefined) return { segments, stated: whole }
  try {
    return { segments, stated: startOf(fd, first?.first ?? 1) }
  } finally {
    closeSync(fd)
  }
}

/** What a segment's first record says it continues; `named`: what the file's name says where it does not. */
function startOf(fd: number, named: number): Start {
  const line = firstLine(fd)
  const record = line && parseRecord(line)
  const continued = continuedOf(record)
  if (continued !== undefined && record?.seq === continued.size + 1) {
    const { size, hashes, origin } = continued
    const range = { size, hashes }
    if (rangeFits(range)) return { seq: size, range, origin }
  }
  return named === 1 ? START : { seq: named - 1 }
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
    const fd = openToLook(path)
    if (fd === undefined) continue
    try {
      yield* linesOf(fd, fstatSync(fd).size)
    } finally {
      closeSync(fd)
    }
  }
  if (active !== undefined) yield* linesOf(active, fstatSync(active).size)
}
