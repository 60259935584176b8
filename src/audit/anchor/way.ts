/**
 * Who can put another program in a program's place: whoever can write a folder on the way to it. The
 * same rule as for the commands of providers, which are started on the other side of the value wall.
 */
import type { Stats } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** As many as the kernel follows (path_resolution(7)). */
const MAX_LINKS = 40
const STICKY = 0o1000

/**
 * True where every folder above `path`, and every link on the way and where it leads, is ours or root's
 * and written by nobody else. A sticky folder (/tmp) may be: what lies in it is its owner's alone to move.
 *
 * @param path absolute; a link here is followed like any other, what it leads to is not looked at
 * @throws a Node system error where something is not there, or may not be looked at
 */
export async function isWaySafe(path: string): Promise<boolean> {
  let at = path
  for (let links = 0; links <= MAX_LINKS; links++) {
    const next = await throughLink(at)
    if (next === at) return true
    if (next === undefined) return false
    at = next
  }
  return false
}

/** The path without its first link, and itself where it has none; undefined where it is not safe. */
async function throughLink(path: string): Promise<string | undefined> {
  const names = path.split('/')
  let at = '/'
  for (const [index, name] of names.entries()) {
    if (name === '' || name === '.') continue
    const folder = await lstat(at)
    if (!isOurs(folder) || ((folder.mode & 0o022) !== 0 && (folder.mode & STICKY) === 0)) {
      return undefined
    }
    // No link is left in front of it, so that `..` is the folder that the kernel takes it for.
    at = join(at, name)
    const stats = await lstat(at)
    if (!stats.isSymbolicLink()) continue
    if (!isOurs(stats)) return undefined
    const target = await readlink(at)
    const folderOfLink = target.startsWith('/') ? '' : `${dirname(at)}/`
    return [`${folderOfLink}${target}`, ...names.slice(index + 1)].join('/')
  }
  return path
}

function isOurs({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.()
}
