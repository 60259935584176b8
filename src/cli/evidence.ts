/** Files that somebody kept elsewhere, or was given: checkpoints and proofs. Anybody's, of any mode. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { resolve } from 'node:path'
import { errnoOf, SecretRefError } from '../errors.ts'
import type { Io } from './io.ts'

/** Bytes; over a year of checkpoints, where one is signed each minute. */
export const MAX_NOTES = 128 * 1024 * 1024
export const MAX_NOTES_TEXT = '128 MiB'
const PAUSE_MS = 5

/**
 * The text of a file, or of stdin for `-`; `what` names it in errors.
 * Errors: USAGE where it cannot be read or is no text of a reasonable size.
 */
export function readEvidence(io: Io, file: string, what: string): string {
  const path = file === '-' ? 'stdin' : resolve(io.cwd, file)
  const chunks: Buffer[] = []
  let size = 0
  try {
    // A FIFO without a writer would keep us.
    const fd = file === '-' ? 0 : openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      if (file !== '-' && !fstatSync(fd).isFile()) throw unusable(what, path, 'is not a file')
      for (;;) {
        const chunk = Buffer.alloc(64 * 1024)
        const n = readSome(fd, chunk)
        if (n === 0) break
        size += n
        if (size > MAX_NOTES) throw unusable(what, path, `is larger than ${MAX_NOTES_TEXT}`)
        chunks.push(chunk.subarray(0, n))
      }
    } finally {
      if (fd !== 0) closeSync(fd)
    }
  } catch (error) {
    if (error instanceof SecretRefError) throw error
    const errno = errnoOf(error)
    if (errno === 'ENOENT') throw unusable(what, path, 'is not there')
    throw unusable(what, path, `cannot be read (${errno ?? 'without a code'})`)
  }
  return Buffer.concat(chunks).toString()
}

function readSome(fd: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, chunk)
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error
      // Somebody else made stdin non-blocking, and its writer is slow.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
}

function unusable(what: string, path: string, why: string): SecretRefError {
  return new SecretRefError('USAGE', `${what} ${path} ${why}`, {
    hint: 'name a file that can be read, or - for stdin',
  })
}
