/** Delivery as a file: 0600, inside the run's private folder that the gateway made and removes. */
import { constants, closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/**
 * Writes one value. The file must not be there yet: the folder is new and nobody else can enter it.
 *
 * @throws a Node system error; the caller reports only that delivery failed
 */
export function deliverFile(path: string, value: Buffer): void {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  const fd = openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600)
  try {
    for (let at = 0; at < value.length;) at += writeSync(fd, value, at)
  } finally {
    closeSync(fd)
  }
}

/**
 * Replaces one value, or puts it back where it was removed: written beside and renamed into place, so
 * that a reader sees the old bytes or the new ones, and a process that is killed leaves one of the two.
 *
 * @throws a Node system error; the old file is then still there
 */
export function replaceFile(path: string, value: Buffer): void {
  const beside = `${path}.new`
  // One that was killed half way may have left its own.
  rmSync(beside, { force: true })
  try {
    deliverFile(beside, value)
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}
