/** One writer of the record of trusted configs at a time. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { errnoOf, SecretRefError } from '../errors.ts'
import { shellWord } from '../shell-word.ts'
import { unavailable } from '../state/failures.ts'
import type { Home } from '../state/home.ts'

/** What is done under the lock takes some milliseconds. */
const WAIT_MS = 2000

/**
 * Node has no flock. SQLite's lock on an empty file is one, and the kernel frees it when its holder dies.
 *
 * @param home its folder is there
 * @throws {SecretRefError} STATE_UNAVAILABLE where others hold it too long; FILE_INSECURE where the file
 *   is no file of ours
 */
export function withTrustLock<T>(home: Home, work: () => T): T {
  const path = join(home.dir, 'trust.lock')
  makeOrCheck(path)
  // Loaded on use: who only asks for trust does not pay for it.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(path, { timeout: WAIT_MS })
  try {
    lock(db, path)
    return work()
  } finally {
    db.close()
  }
}

function lock(db: DatabaseSync, path: string): void {
  try {
    db.exec('BEGIN IMMEDIATE')
  } catch (error) {
    throw unavailable(path, 'could not be locked', error)
  }
}

/** SQLite itself would follow a link. */
function makeOrCheck(path: string): void {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
  let fd: number
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ELOOP' || errno === 'EISDIR') throw insecure(path, error)
    throw unavailable(path, 'could not be opened', error)
  }
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile() || stats.uid !== process.geteuid?.()) throw insecure(path)
  } finally {
    closeSync(fd)
  }
}

function insecure(path: string, cause?: unknown): SecretRefError {
  return new SecretRefError('FILE_INSECURE', `${path} cannot be opened as a file of yours`, {
    scope: 'config',
    hint: `look at it, and remove it: \`rm ${shellWord(path)}\``,
    cause,
  })
}
