/** Ends a plaintext file: a name that writers clean up after, zeros over its bytes, then no name at all. */
import { randomBytes } from 'node:crypto'
import { constants, lstatSync, renameSync } from 'node:fs'
import { open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isSameFile, type SecretFile } from '../providers/file/read.ts'
import { allocate } from '../secret/bytes.ts'

/**
 * Killed half way, it leaves a file by a name that the next write into that folder removes.
 *
 * @param file what was read and is stored elsewhere; `changed` where it is no longer that
 */
export async function removePlaintext(
  file: SecretFile,
): Promise<'removed' | 'changed' | 'not-removed'> {
  const dir = dirname(file.path)
  const aside = join(dir, `.secretref-${randomBytes(8).toString('hex')}`)
  try {
    if (!isSameFile(file.stat, lstatSync(file.path, { bigint: true }))) return 'changed'
    renameSync(file.path, aside)
    const handle = await open(aside, constants.O_WRONLY | constants.O_NOFOLLOW)
    try {
      await handle.write(allocate(file.bytes.length), 0, file.bytes.length, 0)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await unlink(aside)
    const folder = await open(dir, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
    return 'removed'
  } catch {
    return 'not-removed'
  }
}
