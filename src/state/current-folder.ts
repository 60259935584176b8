/** The folder that a relative path is read from. */
import { errnoOf, SecretRefError } from '../errors.ts'

/** @throws USAGE where it was removed under us */
export function currentFolder(): string {
  return inCurrentFolder(() => process.cwd())
}

/** Work that asks the system for the current folder. @throws USAGE where it was removed under us */
export function inCurrentFolder<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    throw new SecretRefError('USAGE', 'the current folder is gone, and this needs it', {
      hint: 'cd to one that is there',
      cause: error,
    })
  }
}
