/** A log that was put aside: what is recorded of it, and whether it still is that file. */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, readSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SecretRefError } from '../errors.ts'
import { openToLook } from './file.ts'
import { leafHash } from './hash.ts'
import { parseRecord, readLines } from './read.ts'
import { closedAt, segmentsAt } from './segments.ts'
import { lastLine } from './tail.ts'

const CHUNK = 1024 * 1024

/** The end of a log in any state; `seq` and `hash` where its last whole line is a record. */
export interface Left {
  /** Bytes, with whatever stands behind the last newline. */
  size: number
  seq?: number
  hash?: string
}

/** What the first record of a log says of the one before it. */
export interface Archived extends Left {
  /** Beside the log; `missing` where nothing was left to put aside. */
  file: string
  /** Of all its bytes, hex. */
  sha256?: string
  /** How far the lock file vouched for it. */
  acknowledged?: number
  /** Its closed segments that were put aside with it… */
  segments?: number
  /** …and their hash, see `sha256OfAll`. */
  segmentsSha256?: string
}

export type ArchiveState = 'as-recorded' | 'changed' | 'missing'

/** Never refuses what is damaged: then the size is all that is known. */
export function whatIsLeft(fd: number): Left {
  const { size } = fstatSync(fd)
  let line
  try {
    line = lastLine(fd, 0, size)?.line
  } catch (error) {
    // More than a record can be, without an end: damage like any other here.
    if (!(error instanceof SecretRefError && error.code === 'AUDIT_TAMPERED')) throw error
  }
  const seq = line && parseRecord(line)?.seq
  return line === undefined || seq === undefined ? { size } : { size, seq, hash: leafHash(line) }
}

/** Of the bytes that the file has now, in flat memory. */
export function sha256Of(fd: number): string {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(CHUNK)
  for (let at = 0; ;) {
    const n = readSync(fd, buffer, 0, CHUNK, at)
    if (n === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, n))
    at += n
  }
}

/** Of a file by its path; of nothing where there is none. Errors: AUDIT_UNAVAILABLE. */
export function sha256At(path: string): string {
  const fd = openToLook(path)
  if (fd === undefined) return sha256OfAll([])
  try {
    return sha256Of(fd)
  } finally {
    closeSync(fd)
  }
}

/** Of several files: the hash of their hashes in hex, each with a newline, the oldest segment first. */
export function sha256OfAll(hashes: readonly string[]): string {
  return createHash('sha256')
    .update(hashes.map((one) => `${one}\n`).join(''))
    .digest('hex')
}

/** Undefined where the log does not begin with `log.archived`, or its beginning is gone. Errors: AUDIT_UNAVAILABLE. */
export function archivedBefore(log: string): Archived | undefined {
  const beginning = segmentsAt(log).find(({ first }) => first === 1)
  for (const { bytes, whole } of readLines(beginning?.path ?? log)) {
    const record = whole ? parseRecord(bytes) : undefined
    const { file, size, seq, hash, sha256, acknowledged, segments, segmentsSha256 } =
      record?.detail ?? {}
    if (record?.event !== 'log.archived' || typeof file !== 'string') return undefined
    return {
      file,
      size: typeof size === 'number' ? size : 0,
      ...(typeof seq === 'number' ? { seq } : {}),
      ...(typeof hash === 'string' ? { hash } : {}),
      ...(typeof sha256 === 'string' ? { sha256 } : {}),
      ...(typeof acknowledged === 'number' ? { acknowledged } : {}),
      ...(typeof segments === 'number' ? { segments } : {}),
      ...(typeof segmentsSha256 === 'string' ? { segmentsSha256 } : {}),
    }
  }
  return undefined
}

/**
 * Every byte of it counts, also where it was damaged before it was put aside. `missing` also where closed
 * segments of it are.
 */
export function checkArchive(log: string, archived: Archived): ArchiveState {
  const { file, size, sha256 } = archived
  // A name of ours, not a path that somebody wrote into the record.
  if (file === 'missing' || file !== basename(file)) return 'missing'
  const path = join(dirname(log), file)
  const fd = openToLook(path)
  if (fd === undefined) return 'missing'
  try {
    if (fstatSync(fd).size !== size || sha256Of(fd) !== sha256) return 'changed'
  } finally {
    closeSync(fd)
  }
  return checkSegments(path, archived)
}

/** An earlier version recorded how many there were, and no hash of them. */
function checkSegments(path: string, { segments = 0, segmentsSha256 }: Archived): ArchiveState {
  const closed = closedAt(path)
  if (closed.length < segments) return 'missing'
  if (closed.length > segments) return 'changed'
  if (segmentsSha256 === undefined) return 'as-recorded'
  const found = sha256OfAll(closed.map((segment) => sha256At(segment.path)))
  return found === segmentsSha256 ? 'as-recorded' : 'changed'
}
