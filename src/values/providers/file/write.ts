/** Puts new content in a file's place: all of it or none of it, for every reader and after a crash. */
import { constants, linkSync, lstatSync, renameSync, type BigIntStats } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { lstat, mkdir, open, readdir, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf } from '../../../errors.ts'
import type { PutOutcome } from '../contract.ts'
import { failureOf, isSameFile, versionOf } from './read.ts'

/** What a writer calls its file until it has its name; `secretref doctor` knows it too. */
const TEMPORARY = /^\.secretref-[0-9a-f]{16}$/
/** No writer takes as long. */
const ABANDONED_MS = 60_000

/**
 * Writes `bytes` to a file of its own beside `path` (0600), makes it durable and gives it the name.
 * A missing folder is made, 0700. What a writer that was killed left there, a value in it, is removed.
 *
 * A new file is linked into place, which fails where somebody was faster. An existing one is replaced
 * only while it is still what was read. Two writers can meet in the few microseconds between that
 * last look and the rename, which no call that Node has closes; the later one then wins whole.
 *
 * @param was what was read there; absent where there was nothing
 * @returns `conflict` where the file is no longer that; `unknown` where it was written and the folder
 *   could not be made durable
 */
export async function replaceFile(
  path: string,
  bytes: Buffer,
  was: BigIntStats | undefined,
): Promise<PutOutcome> {
  const dir = dirname(path)
  const temporary = join(dir, `.secretref-${randomBytes(8).toString('hex')}`)
  let there = false
  let placed = false
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await removeAbandoned(dir)
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    const handle = await open(temporary, flags, 0o600)
    there = true
    let version: string
    try {
      await handle.chmod(0o600)
      await handle.writeFile(bytes)
      // The kernel's own clock for this is as coarse as 4 ms, and inodes are used again: two writers
      // could leave files that nothing but their content tells apart.
      const seconds = (performance.timeOrigin + performance.now()) / 1000
      await handle.utimes(seconds, seconds)
      await handle.sync()
      version = versionOf(await handle.stat({ bigint: true }))
    } finally {
      await handle.close()
    }
    if (!giveName(temporary, path, was)) return { kind: 'conflict' }
    placed = true
    if (was !== undefined) there = false
    await syncFolder(dir)
    return { kind: 'written', version }
  } catch (error) {
    return placed ? { kind: 'unknown' } : failureOf(error, path)
  } finally {
    if (there) await rm(temporary, { force: true })
  }
}

/** False where `path` is no longer what it was. Without a pause between the look and the deed. */
function giveName(temporary: string, path: string, was: BigIntStats | undefined): boolean {
  try {
    if (was === undefined) {
      linkSync(temporary, path)
      return true
    }
    if (!isSameFile(was, lstatSync(path, { bigint: true }))) return false
    renameSync(temporary, path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' || errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Ours, 0600, by that name, and older than any writer that still runs; anything else stays. */
async function removeAbandoned(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!TEMPORARY.test(name)) continue
    const path = join(dir, name)
    try {
      const st = await lstat(path)
      const ours = st.isFile() && st.uid === process.geteuid?.() && (st.mode & 0o777) === 0o600
      if (ours && Date.now() - st.mtimeMs > ABANDONED_MS) await unlink(path)
    } catch (error) {
      // Another writer was faster. What cannot be removed, `doctor` tells.
      if (errnoOf(error) === undefined) throw error
    }
  }
}

async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
