/** The log as a process has it open: found, checked against what is known of it, read to its end. */
import { closeSync, fstatSync } from 'node:fs'
import { basename } from 'node:path'
import { SecretRefError } from '../errors.ts'
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
import { appendLeaf, rangeFits, rootOf } from './merkle.ts'
import { parseRecord } from './read.ts'
import type { AuditRecord } from './record.ts'
import { closedAt, closedPath, continuedOf, segmentsAt, type Continued } from './segments.ts'
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
  /** The note of that, where its own file is gone and has to be put back. */
  lost?: string
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

/**
 * From a place that somebody vouches for, through the segments behind it, to the end or record `until`.
 * A segment that was moved away is not missed where the next one continues at this very place.
 *
 * @param gone what it means that a segment is missed
 */
export function readOn(
  log: string,
  active: number,
  from: Known | Tip,
  until?: number,
  gone: 'AUDIT_TAMPERED' | 'AUDIT_UNAVAILABLE' = 'AUDIT_TAMPERED',
): Folded {
  const { first } = startOf(active)
  if (from.first === first) return readFrom(active, from, until)
  let place: Known | Tip = from
  for (const segment of segmentsAt(log)) {
    if (segment.first < from.first || segment.first >= first) continue
    const fd = openToRead(segment.path)
    if (fd === undefined) continue
    try {
      const begin = continuing(place, fd)
      if (begin === undefined) break
      const { tip, torn } = readFrom(fd, begin, until)
      if (tip.seq === until) return { tip, torn: 0 }
      if (torn > 0) throw tampered(`a closed segment of the audit log ends in the middle of a line`)
      place = { ...tip, size: 0, first: tip.seq + 1 }
    } finally {
      closeSync(fd)
    }
  }
  const begin = continuing(place, active)
  if (begin !== undefined) return readFrom(active, begin, until)
  throw segmentGone(gone, closedPath(log, place.first), place.size > 0 ? place.seq : place.seq + 1)
}

/** The place as this segment counts it; undefined where the segment does not begin at it. */
function continuing(place: Known | Tip, fd: number): Known | Tip | undefined {
  const start = startOf(fd)
  if (place.first === start.first) return place
  const end = asTip(place)
  if (end?.seq !== start.seq || end.hash !== start.hash) return undefined
  return rootOf(end.range) === rootOf(start.range) ? start : undefined
}

/**
 * The log as it was after this record, read from the beginning of the segment that holds it or that
 * follows it. Errors: AUDIT_UNAVAILABLE where that was moved away.
 */
export function tipAt(log: string, active: number, seq: number): Tip {
  const start = startOf(active)
  if (start.seq <= seq) return foldLines(active, start, fstatSync(active).size, seq).tip
  const closed = closedAt(log).filter(({ first }) => first < start.first)
  const at = closed.findLastIndex(({ first }) => first <= seq)
  const [holder, next] = [closed[at], closed[at + 1]]
  const tip = holder === undefined ? EMPTY : tipIn(holder.path, seq)
  if (tip.seq === seq) return tip
  const named = next === undefined ? continuedOf(firstRecord(active)) : continuedIn(next.path)
  if (named === undefined || named.first === holder?.first) return tip
  throw segmentGone('AUDIT_UNAVAILABLE', closedPath(log, named.first), seq)
}

function tipIn(path: string, seq: number): Tip {
  const fd = openToRead(path)
  if (fd === undefined) return EMPTY
  try {
    return foldLines(fd, startOf(fd), fstatSync(fd).size, seq).tip
  } finally {
    closeSync(fd)
  }
}

function continuedIn(path: string): Continued | undefined {
  const fd = openToRead(path)
  if (fd === undefined) return undefined
  try {
    return continuedOf(firstRecord(fd))
  } finally {
    closeSync(fd)
  }
}

function firstRecord(fd: number): AuditRecord | undefined {
  const line = firstLine(fd)
  return line && parseRecord(line)
}

/** Named, so that it can be brought back; and where something else stands in its place, that is said. */
function segmentGone(
  code: 'AUDIT_TAMPERED' | 'AUDIT_UNAVAILABLE',
  path: string,
  seq: number,
): SecretRefError {
  const fd = openToRead(path)
  if (fd !== undefined) closeSync(fd)
  return new SecretRefError(
    code,
    `the segment ${basename(path)} of the audit log, which holds record ${seq}, is gone`,
    {
      hint: `bring it back as ${path}; without it, \`secretref log archive --yes\` keeps what is left under another name and starts a new log`,
      scope: 'audit',
    },
  )
}

/** The place before the first line of a segment. */
export function startOf(fd: number): Tip {
  const record = firstRecord(fd)
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
