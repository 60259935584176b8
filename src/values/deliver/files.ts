/** Delivery as a file: 0600, inside the run's private folder that the gateway made and removes. */
import { constants, closeSync, openSync, writeSync } from 'node:fs'

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
