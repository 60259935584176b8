/** A log that was put aside: what is recorded of it, and whether it still is that file. */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, readSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SecretRefError } from '../errors.ts'
import { openToRead } from './file.ts'
import { leafHash } from './hash.ts'
import { parseRecord, readLines } from './read.ts'
import { segmentsAt } from './segments.ts'
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

/** Undefined where the log does not begin with `log.archived`, or its beginning is gone. Errors: AUDIT_UNAVAILABLE. */
export function archivedBefore(log: string): Archived | undefined {
  const beginning = segmentsAt(log).find(({ first }) => first === 1)
  for (const { bytes, whole } of readLines(beginning?.path ?? log)) {
    const record = whole ? parseRecord(bytes) : undefined
    const { file, size, seq, hash, sha256, acknowledged } = record?.detail ?? {}
    if (record?.event !== 'log.archived' || typeof file !== 'string') return undefined
    return {
      file,
      size: typeof size === 'number' ? size : 0,
      ...(typeof seq === 'number' ? { seq } : {}),
      ...(typeof hash === 'string' ? { hash } : {}),
      ...(typeof sha256 === 'string' ? { sha256 } : {}),
      ...(typeof acknowledged === 'number' ? { acknowledged } : {}),
    }
  }
  return undefined
}

/** Every byte of it counts, also where it was damaged before it was put aside. */
export function checkArchive(log: string, { file, size, sha256 }: Archived): ArchiveState {
  // A name of ours, not a path that somebody wrote into the record.
  if (file === 'missing' || file !== basename(file)) return 'missing'
  const fd = openToRead(join(dirname(log), file))
  if (fd === undefined) return 'missing'
  try {
    return fstatSync(fd).size === size && sha256Of(fd) === sha256 ? 'as-recorded' : 'changed'
  } finally {
    closeSync(fd)
  }
}
