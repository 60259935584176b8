/** Who can reach a file. Unix mode bits; a POSIX ACL shows in the group's bits, as its mask. */
import type { BigIntStats } from 'node:fs'
import { lstat, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** True where the file's own mode keeps everyone else out. */
export function isPrivate(file: BigIntStats): boolean {
  return (file.mode & 0o077n) === 0n
}

/**
 * True where a folder above the file keeps everyone else out, so that its own mode does not matter:
 * the 0644 file that `cat >` makes under a home of mode 0700. The folders are those where the file
 * really lies, whatever links led to it, and the file must have that one name only.
 *
 * @param path where it was opened
 * @param file `fstat` of what was opened
 */
export async function isShutOff(path: string, file: BigIntStats): Promise<boolean> {
  if (file.nlink !== 1n) return false
  const real = await realpath(path)
  const there = await lstat(real, { bigint: true })
  if (there.ino !== file.ino || there.dev !== file.dev) return false
  for (let dir = dirname(real); ; dir = dirname(dir)) {
    if (shutsOthersOut(await stat(dir))) return true
    if (dir === dirname(dir)) return false
  }
}

/** Without the x bit nobody passes a folder; its owner could give it back, and is us or root. */
function shutsOthersOut(folder: { mode: number; uid: number }): boolean {
  return (folder.mode & 0o011) === 0 && (folder.uid === 0 || folder.uid === process.geteuid?.())
}
