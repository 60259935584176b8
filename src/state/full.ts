/** Whether a disk is full, which SQLite often reports as an I/O error. */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../errors.ts'

/** What SQLite takes at once for the index of a write-ahead log: WALINDEX_PGSZ in its wal.c. */
const LEAST_BYTES = 32_768

/** @param path of a file; its folder is looked at. @returns `false` where nobody can tell */
export function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(dirname(path))
    // Some file systems count no files.
    return bavail * bsize < LEAST_BYTES || (files > 0 && ffree === 0)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return false
  }
}
