/**
 * Reads a config file that nobody else can have written. A link is followed, since dotfiles are often
 * linked into place, but never out of the folder that a config was merely found in; every check is made
 * on the opened file itself.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import type { Stats } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SecretRefError, errnoOf } from '../errors.ts'
import { shellWord } from '../shell-word.ts'
import type { Source } from './locate.ts'

/** More than 40 times what 10,000 agents need. */
export const LARGEST = 64 * 1024 * 1024

export interface RawConfig {
  /** As `LoadedConfig.path`. */
  path: string
  bytes: Buffer
  /** User id of the owner. */
  owner: number
}

/**
 * @throws {SecretRefError} CONFIG_NOT_FOUND where it cannot be opened; CONFIG_INSECURE where it is no
 *   regular file, or others own it or can write it or replace it in its folder; CONFIG_UNTRUSTED where
 *   it was found and is a link out of its folder; CONFIG_INVALID where it is too large.
 */
export function readConfig({ path, found }: Source): RawConfig {
  const fd = open(path)
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw insecure(`the config ${path} is not a regular file`)
    const real = realPathOf(path, stats)
    const place = found ? placeFound(path, real) : real
    checkOwnership(real, stats, 'config')
    for (const folder of new Set([dirname(path), dirname(real)])) {
      checkOwnership(folder, statSync(folder), 'folder of the config')
    }
    return { path: place, bytes: readAll(fd, stats.size, path), owner: stats.uid }
  } finally {
    closeSync(fd)
  }
}

/** Without O_NONBLOCK, opening a FIFO waits until somebody writes to it. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENXIO') throw insecure(`the config ${path} is not a regular file`)
    const why =
      errno === 'ENOENT'
        ? lstatSync(path, { throwIfNoEntry: false }) === undefined
          ? 'is not there'
          : 'is a link to nothing'
        : errno === 'ELOOP'
          ? 'is a link to itself'
          : 'cannot be opened'
    throw new SecretRefError('CONFIG_NOT_FOUND', `the config ${path} ${why}`, {
      scope: 'config',
      hint: 'check the path and the modes of the file and of the folders above it',
      cause: error,
    })
  }
}

/** The path of what was opened; it must still be the same file. */
function realPathOf(path: string, opened: Stats): string {
  try {
    const real = realpathSync(path)
    const now = statSync(real)
    if (now.ino === opened.ino && now.dev === opened.dev) return real
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
  }
  throw insecure(`the config ${path} was replaced while it was read`)
}

/**
 * A found config counts for the place it was found at: a link would bring along the trust that was given
 * to its target, for relative paths and commands that are then read beside the link.
 */
function placeFound(path: string, real: string): string {
  const folder = realpathSync(dirname(path))
  if (dirname(real) === folder) return join(folder, basename(path))
  throw new SecretRefError(
    'CONFIG_UNTRUSTED',
    `the config ${path} is a link out of the folder it was found in`,
    { scope: 'config', hint: 'name the file itself with --config, if it is yours' },
  )
}

function checkOwnership(path: string, stats: Stats, what: string): void {
  const ours = process.geteuid?.() ?? stats.uid
  if (stats.uid !== ours && stats.uid !== 0) {
    throw insecure(
      `the ${what} ${path} belongs to another user`,
      `chown ${ours} ${shellWord(path)}`,
    )
  }
  // In a sticky folder such as /tmp, only its owner can replace a file.
  const sticky = stats.isDirectory() && (stats.mode & 0o1000) !== 0
  if ((stats.mode & 0o022) !== 0 && !sticky) {
    throw insecure(`the ${what} ${path} can be written by others`, `chmod go-w ${shellWord(path)}`)
  }
}

function insecure(message: string, command?: string): SecretRefError {
  return new SecretRefError('CONFIG_INSECURE', message, {
    scope: 'config',
    hint: command ?? 'use a regular file that only you can write',
  })
}

/** Reads to the end, which may lie elsewhere than the size said; never more than LARGEST. */
function readAll(fd: number, size: number, path: string): Buffer {
  let bytes = Buffer.allocUnsafe(Math.min(size, LARGEST) + 1)
  let length = 0
  for (;;) {
    const read = readSync(fd, bytes, length, bytes.length - length, null)
    if (read === 0) return bytes.subarray(0, length)
    length += read
    if (length > LARGEST) {
      throw new SecretRefError('CONFIG_INVALID', `the config ${path} is larger than 64 MiB`, {
        scope: 'config',
        hint: 'split it into one config per gateway',
      })
    }
    if (length === bytes.length) {
      bytes = Buffer.concat([
        bytes,
        Buffer.allocUnsafe(Math.min(bytes.length, LARGEST + 1 - length)),
      ])
    }
  }
}
