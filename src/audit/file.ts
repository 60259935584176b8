/**
 * The log as a file: a regular file of ours, 0600 in a 0700 folder, opened without following a link and
 * without waiting on a FIFO, and checked on the open descriptor.
 */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../errors.ts'
import { unavailable } from './failures.ts'
import { shellWord } from '../shell-word.ts'

const SAFE = constants.O_NOFOLLOW | constants.O_NONBLOCK

/** What tells a file from another one that took its name. */
export interface Identity {
  dev: bigint
  ino: bigint
}

/** Makes the folder 0700 where it is missing, durably; refuses one that others can enter. */
export function prepareFolder(dir: string): void {
  makeFolder(dir)
  const stats = statSync(dir)
  if (!stats.isDirectory()) throw unavailable('its folder is not a folder', `move ${dir} away`)
  checkOurs(stats, dir, 'its folder', 0o700)
  // SQLite opens what it cannot write without a word, and fails later in others.
  accessSync(dir, constants.W_OK | constants.X_OK)
}

/** Not Node's `recursive`: on a read-only file system that answers ENOENT. */
function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, 0o700)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return
    if (errnoOf(error) !== 'ENOENT') throw error
    makeFolder(dirname(dir))
    makeFolder(dir)
    return
  }
  syncFolder(dirname(dir))
}

/** A file that was made in the folder is there after a power failure. */
export function syncFolder(dir: string): void {
  const fd = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Opens a file of ours to append to it; undefined where there is none. Errors: AUDIT_UNAVAILABLE. */
export function openToAppend(path: string): number | undefined {
  return open(path, constants.O_RDWR | constants.O_APPEND, 'its file')
}

/**
 * Opens a file of ours to read it; undefined where there is none. Errors: AUDIT_UNAVAILABLE.
 * @param what it is, for a person
 */
export function openToRead(path: string, what = 'its file'): number | undefined {
  return open(path, constants.O_RDONLY, what)
}

/**
 * Opens a log, or what belongs to one, only to look at it; undefined where there is none. Whoever may read
 * it may check it: an auditor's copy need not be hers alone. What it says is judged by hashes and
 * signatures, not by its owner. Errors: AUDIT_UNAVAILABLE for a link and what is no regular file.
 */
export function openToLook(path: string): number | undefined {
  return open(path, constants.O_RDONLY, 'its file', () => {})
}

/** Makes an empty file of ours; EEXIST where there is one. */
export function createToAppend(path: string): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_EXCL } = constants
  return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | SAFE, 0o600)
}

export function writeWhole(fd: number, bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += writeSync(fd, bytes, written)
}

/** What stands at a path now; undefined where nothing does. */
export function identityAt(path: string): Identity | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}

export function identityOf(fd: number): Identity {
  return fstatSync(fd, { bigint: true })
}

export function same(one: Identity, other: Identity | undefined): boolean {
  return other !== undefined && one.ino === other.ino && one.dev === other.dev
}

/** Refuses what belongs to somebody else or what others may reach. */
export function checkOurs(stats: Stats, path: string, what: string, mode: 0o600 | 0o700): void {
  if (stats.uid !== process.geteuid?.()) {
    throw unavailable(
      `${what} belongs to another user`,
      `run as the user who owns ${path}, or set SECRETREF_HOME to a folder of your own`,
    )
  }
  if ((stats.mode & 0o077) !== 0) {
    throw unavailable(`others may reach ${what}`, `chmod ${mode.toString(8)} ${shellWord(path)}`)
  }
}

function open(
  path: string,
  flags: number,
  what: string,
  check: typeof checkOurs = checkOurs,
): number | undefined {
  let fd
  try {
    fd = openSync(path, flags | SAFE)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    if (errnoOf(error) === 'ELOOP') throw notAFile('a symbolic link', what, path)
    if (errnoOf(error) === 'ENXIO') throw notAFile('a socket or FIFO', what, path)
    throw error
  }
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw notAFile('something that is not a file', what, path)
    check(stats, path, what, 0o600)
  } catch (error) {
    closeSync(fd)
    throw error
  }
  return fd
}

function notAFile(found: string, what: string, path: string): Error {
  return unavailable(`${found} stands in the place of ${what}`, `move ${path} away`)
}
