/** Whether a program may be asked for values: what OpenClaw checks before it runs one. */
import { lstat, realpath } from 'node:fs/promises'
import { isAbsolute, relative } from 'node:path'
import { errnoOf } from '../../../errors.ts'
import { final, unavailable } from '../../secret/outcome.ts'
import type { Failure } from '../contract.ts'
import { isWaySafe } from './way.ts'

/**
 * Nothing where `command` is a regular file, no symbolic link, of ours or root's, that nobody else can
 * write, and lies in one of `trustedDirs` where there are any. Its interpreter and its arguments are
 * not looked at. A program that is not there is an outage; one that is not safe is refused for good.
 */
export async function refusalOf(
  command: string,
  trustedDirs: readonly string[] | undefined,
): Promise<Failure | undefined> {
  if (!isAbsolute(command)) return final('malformed', 'PROVIDER_INVALID', 'not-absolute')
  try {
    const st = await lstat(command)
    if (st.isSymbolicLink()) return final('denied', 'FILE_INSECURE', 'symlink', command)
    if (!st.isFile()) return final('denied', 'FILE_INSECURE', 'not-a-regular-file', command)
    if (st.uid !== 0 && st.uid !== process.geteuid?.()) {
      return final('denied', 'FILE_INSECURE', 'wrong-owner', command)
    }
    if ((st.mode & 0o022) !== 0) return final('denied', 'FILE_INSECURE', 'mode', command)
    if (!(await isWaySafe(command))) {
      return final('denied', 'FILE_INSECURE', 'folder-writable', command)
    }
    if (trustedDirs !== undefined && !(await isInside(command, trustedDirs))) {
      return final('denied', 'FILE_INSECURE', 'outside-trusted-dirs', command)
    }
    return undefined
  } catch (error) {
    return errnoOf(error) === 'EACCES'
      ? final('denied', 'PROVIDER_DENIED', 'not-permitted', command)
      : unavailable('not-startable', command)
  }
}

/** Compares where both really lie: a linked folder leads nowhere else. */
async function isInside(command: string, dirs: readonly string[]): Promise<boolean> {
  const real = await realpath(command)
  for (const dir of dirs) {
    const trusted = await realpathOrNothing(dir)
    const way = trusted === undefined ? '' : relative(trusted, real)
    if (way !== '' && way.split('/')[0] !== '..') return true
  }
  return false
}

/** A folder that is not there, or that we may not look at, trusts nothing; the others still count. */
async function realpathOrNothing(dir: string): Promise<string | undefined> {
  try {
    return await realpath(dir)
  } catch {
    return undefined
  }
}
