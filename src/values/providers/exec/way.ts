/** Who can put another program in a program's place: whoever can write a folder on the way to it. */
import { lstat, readlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** As many as the kernel follows (path_resolution(7)). */
const MAX_LINKS = 40
const STICKY = 0o1000

/**
 * True where every folder above `path`, and every link on the way and where it leads, is ours or root's
 * and written by nobody else. A sticky folder (/tmp) may be: what lies in it is its owner's alone to move.
 *
 * @param path absolute; itself it is not looked at
 * @throws a Node system error where something is not there, or may not be looked at
 */
export function isWaySafe(path: string): Promise<boolean> {
  return areFoldersSafe(dirname(resolve(path)), { links: 0 })
}

async function areFoldersSafe(dir: string, followed: { links: number }): Promise<boolean> {
  const names = dir.split('/').filter((name) => name !== '')
  for (let at = '/', next = 0; ; at = join(at, names[next] ?? ''), next++) {
    const st = await lstat(at)
    if (st.uid !== 0 && st.uid !== process.geteuid?.()) return false
    if (st.isSymbolicLink()) {
      followed.links += 1
      if (followed.links > MAX_LINKS) return false
      const target = resolve(dirname(at), await readlink(at))
      if (!(await areFoldersSafe(target, followed))) return false
    } else if ((st.mode & 0o022) !== 0 && (st.mode & STICKY) === 0) return false
    if (next === names.length) return true
  }
}
