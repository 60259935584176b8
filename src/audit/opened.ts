/** The log as a process has it open: found, checked against what is known of it, read to its end. */
import { closeSync, fstatSync } from 'node:fs'
import type { Home } from '../state/home.ts'
import { archivedBefore, whatIsLeft } from './archived.ts'
import { EMPTY, type Tip } from './chain.ts'
import { tampered } from './failures.ts'
import {
  createToAppend,
  identityAt,
  identityOf,
  openToAppend,
  openToRead,
  same,
  syncFolder,
  type Identity,
} from './file.ts'
import { foldLines, type Folded } from './fold.ts'
import { leafHash, originOf } from './hash.ts'
import type { Known } from './lock.ts'
import { appendLeaf, rangeFits } from './merkle.ts'
import { parseRecord } from './read.ts'
import { closedAt, closedPath, continuedOf, segmentsAt } from './segments.ts'
import { firstLine, holds } from './tail.ts'

export interface Opened {
  fd: number
  identity: Identity
  /** What we know to stand in the log, ours or others'. */
  end: Tip
  /** How it was found, until that is on record: with a lock that had never been used… */
  headUnknown: boolean
  /** …and with so many bytes behind the last newline. */
  torn: number
  /** Of the active segment, once it has a first record. */
  beginning?: Beginning
  /** The checkpoint that `end` is known to be consistent with, as its note. */
  vouched?: string
  /** How far the newest checkpoint that we know of reaches. */
  signed: number
}

export interface Beginning {
  /** Milliseconds since 1970. */
  time: number
  /** Of the whole log's checkpoints. */
  origin: string
}

/**
 * Opens the log, makes it where there never was one, and reads what stands behind the place that is
 * known. Under the lock. Errors: AUDIT_TAMPERED, AUDIT_UNAVAILABLE, or what the system throws.
 */
export function openFrom(home: Home, known: Known | Tip | 'none' | 'new'): Opened {
  const path = home.auditLog
  let fd = openToAppend(path)
  if (fd === undefined) {
    if (typeof known === 'object' || closedAt(path).length > 0) {
      throw tampered('the audit log is gone, and it held acknowledged records')
    }
    fd = createToAppend(path)
  }
  try {
    const start = startOf(fd)
    const from = typeof known === 'object' ? known : start
    // Before the first line, and after a roll: an acknowledged line stands in a file that a power
    // failure leaves under its name.
    if (fstatSync(fd).size === 0 || from.first !== start.first) syncFolder(home.dir)
    const { tip } = readOn(path, fd, from)
    return {
      fd,
      identity: identityOf(fd),
      end: tip,
      headUnknown: known === 'new',
      torn: 0,
      signed: 0,
    }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** From a place that somebody vouches for, through the segments behind it, to the end or record `until`. */
export function readOn(log: string, active: number, from: Known | Tip, until?: number): Folded {
  const { first } = startOf(active)
  if (from.first === first) return readFrom(active, from, until)
  let place: Known | Tip = from
  for (const segment of segmentsAt(log)) {
    if (segment.first < from.first || segment.first >= first) continue
    const fd = openToRead(segment.path)
    if (fd === undefined) continue
    try {
      if (segment.first !== place.first) break
      const { tip, torn } = readFrom(fd, place, until)
      if (tip.seq === until) return { tip, torn: 0 }
      if (torn > 0) throw tampered(`a closed segment of the audit log ends in the middle of a line`)
      place = { ...tip, size: 0, first: tip.seq + 1 }
    } finally {
      closeSync(fd)
    }
  }
  if (place.first === first) return readFrom(active, place, until)
  throw tampered(`the segment of the audit log that holds record ${place.seq + 1} is gone`)
}

/** The log as it was after this record, read from the beginning of the segment that holds it. */
export function tipAt(log: string, active: number, seq: number): Tip {
  const segment = segmentsAt(log).findLast(({ first }) => first <= seq)
  const start = startOf(active)
  if (segment === undefined || segment.first === start.first) {
    return foldLines(active, start, fstatSync(active).size, seq).tip
  }
  const fd = openToRead(segment.path)
  if (fd === undefined) return EMPTY
  try {
    return foldLines(fd, startOf(fd), fstatSync(fd).size, seq).tip
  } finally {
    closeSync(fd)
  }
}

/** The place before the first line of a segment. */
export function startOf(fd: number): Tip {
  const line = firstLine(fd)
  const record = line && parseRecord(line)
  const continued = continuedOf(record)
  if (record === undefined || continued === undefined) return EMPTY
  const range = { size: continued.size, hashes: continued.hashes }
  if (!rangeFits(range) || record.seq !== range.size + 1) {
    throw tampered('the first record of the audit log does not say what it continues')
  }
  return { seq: range.size, hash: record.prev, size: 0, first: record.seq, range }
}

/** What the first record says of the segment and of the log; undefined where there is none yet. */
export function beginningOf(fd: number): Beginning | undefined {
  const line = firstLine(fd)
  const record = line && parseRecord(line)
  if (line === undefined || record === undefined) return undefined
  const origin = continuedOf(record)?.origin ?? originOf(leafHash(line))
  return { time: Date.parse(record.time), origin }
}

/** True where the file that we have open was closed by a roll, and is as we know it. */
export function isRolled({ fd, end, identity }: Opened, log: string): boolean {
  return same(identity, identityAt(closedPath(log, end.first))) && holds(fd, end)
}

/** True where the log at the path begins by saying that it follows the one that we have open. */
export function isArchived({ fd, end, identity }: Opened, log: string): boolean {
  if (!holds(fd, end)) return false
  const archived = archivedBefore(log)
  if (archived === undefined) return false
  const { seq, hash, size } = whatIsLeft(fd)
  if (hash !== undefined && hash === archived.hash) {
    return seq === archived.seq && size === archived.size
  }
  // It was rolled before it was archived.
  const ending = archived.file.slice('audit.log'.length)
  return same(identity, identityAt(closedPath(`${log}${ending}`, end.first)))
}

function readFrom(fd: number, from: Known | Tip, until?: number): Folded {
  const { size } = fstatSync(fd)
  if (size < from.size) {
    throw tampered(`the audit log is shorter than it was when record ${from.seq} was acknowledged`)
  }
  if (!holds(fd, from)) {
    throw tampered(`record ${from.seq} of the audit log is not the one that was acknowledged`)
  }
  return foldLines(fd, asTip(from) ?? folded(fd, from), size, until)
}

export function asTip(known: Known | Tip): Tip | undefined {
  if ('range' in known) return known
  const { before } = known
  return before && { ...known, before, range: appendLeaf(before, known.hash) }
}

/** Where an earlier version stored the place, without the tree: its segment is read once. */
function folded(fd: number, { seq, hash }: Known): Tip {
  const { tip } = foldLines(fd, startOf(fd), fstatSync(fd).size, seq)
  if (tip.seq === seq && tip.hash === hash) return tip
  throw tampered(`record ${seq} of the audit log is not the one that was acknowledged`)
}
