/**
 * Which configs may make something run. A config that was merely found in the current folder may have
 * come with a cloned repository: it is read and checked, and nothing more, until its owner has said
 * `secretref trust`. The record holds its path, its content's hash and the file's owner, so that an
 * edit needs trust again.
 */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { fsyncSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { SecretRefError, errnoOf } from '../errors.ts'
import { shellWord } from '../shell-word.ts'
import { unavailable } from '../state/failures.ts'
import type { Home } from '../state/home.ts'
import { isNode } from './node.ts'
import { withTrustLock } from './trust-lock.ts'
import type { LoadedConfig } from './types.ts'

export interface TrustEntry {
  /** As `LoadedConfig.path` of a config that was found. */
  path: string
  /** SHA-256 of the file's bytes, hex. */
  hash: string
  /** User id of the file's owner. */
  owner: number
  /** RFC 3339. */
  time: string
}

type Trusted = Pick<LoadedConfig, 'path' | 'hash' | 'owner'>

/** What `trustConfig` would record, for an audit log that must hold it first. */
export function trustEntry({ path, hash, owner }: Trusted, now: Date): TrustEntry {
  return { path, hash, owner, time: now.toISOString() }
}

/**
 * Records trust in exactly this content at this path, in place of what was recorded for the path.
 * @returns the entry
 * @throws {SecretRefError} FILE_INSECURE where others could write the record; STATE_UNAVAILABLE where
 *   another process does so for too long, or the disk takes no more
 */
export function trustConfig(loaded: Trusted, home: Home, now: Date): TrustEntry {
  const entry = trustEntry(loaded, now)
  makeFolder(home.dir)
  checkFolder(home.dir)
  withTrustLock(home, () => {
    const others = readTrust(home).filter(({ path }) => path !== entry.path)
    writeTrust(home.trust, [...others, entry])
  })
  return entry
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw unavailable(path, 'could not be made', error)
  }
}

/**
 * Does nothing for a config that was stated (`--config`, the user's own) or is trusted as it is now.
 * @throws {SecretRefError} CONFIG_UNTRUSTED, before anything runs or any value is fetched
 */
export function requireTrust(loaded: Trusted & Pick<LoadedConfig, 'found'>, home: Home): void {
  if (!loaded.found) return
  const entry = readTrust(home).find(({ path }) => path === loaded.path)
  if (entry?.hash === loaded.hash && entry.owner === loaded.owner) return
  const why =
    entry === undefined
      ? 'was found in the current folder and is not trusted'
      : entry.hash === loaded.hash
        ? 'has another owner since it was trusted'
        : 'has changed since it was trusted'
  throw new SecretRefError('CONFIG_UNTRUSTED', `the config ${loaded.path} ${why}`, {
    scope: 'config',
    hint: `read it, then \`secretref trust ${shellWord(loaded.path)}\``,
  })
}

/** All entries. No file yet: none. */
function readTrust(home: Home): TrustEntry[] {
  let fd: number
  try {
    fd = openSync(home.trust, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT') return []
    if (errno === 'ENOTDIR') throw unreachable(home, 'is no folder', error)
    if (errno === 'EACCES' && !isOurs(home.dir)) {
      throw unreachable(home, 'belongs to somebody else', error)
    }
    throw insecure(home.trust, 'cannot be opened as a file of yours', error)
  }
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw insecure(home.trust, 'is not a regular file')
    if (stats.uid !== process.geteuid?.()) throw insecure(home.trust, 'belongs to another user')
    if ((stats.mode & 0o022) !== 0) throw insecure(home.trust, 'can be written by others')
    checkFolder(home.dir)
    return entriesIn(readFileSync(fd, 'utf8'), home.trust)
  } finally {
    closeSync(fd)
  }
}

function entriesIn(text: string, path: string): TrustEntry[] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw insecure(path, 'is damaged', error)
  }
  const entries = isNode(document) ? document['trusted'] : undefined
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw insecure(path, 'is damaged')
  return entries
}

function isEntry(value: unknown): value is TrustEntry {
  return (
    isNode(value) &&
    typeof value['path'] === 'string' &&
    typeof value['hash'] === 'string' &&
    typeof value['owner'] === 'number' &&
    typeof value['time'] === 'string'
  )
}

/** All or nothing: a new file beside the old one, on disk before it takes its place. */
function writeTrust(path: string, trusted: readonly TrustEntry[]): void {
  const next = join(dirname(path), `.trust.${randomBytes(8).toString('hex')}`)
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  try {
    const fd = openSync(next, flags, 0o600)
    try {
      // Not `writeSync`: a disk that is nearly full takes a part and says so by a number only.
      writeFileSync(fd, `${JSON.stringify({ version: 1, trusted }, null, 2)}\n`)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(next, path)
    syncFolder(dirname(path))
  } catch (error) {
    rmSync(next, { force: true })
    throw unavailable(path, 'could not be written', error)
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function checkFolder(path: string): void {
  const stats = statSync(path)
  if (!stats.isDirectory()) throw insecure(path, 'is not a folder')
  if (stats.uid !== process.geteuid?.()) throw insecure(path, 'belongs to another user')
  if ((stats.mode & 0o022) !== 0) throw insecure(path, 'can be written by others')
}

/** Also no: what cannot be looked at lies in a folder of somebody else. */
function isOurs(path: string): boolean {
  try {
    return statSync(path).uid === process.geteuid?.()
  } catch {
    return false
  }
}

function unreachable({ dir }: Home, why: string, cause: unknown): SecretRefError {
  return new SecretRefError('FILE_INSECURE', `the folder of SecretRef, ${dir}, ${why}`, {
    scope: 'config',
    hint: 'set HOME to your own, or SECRETREF_HOME to a folder of your own',
    cause,
  })
}

function insecure(path: string, why: string, cause?: unknown): SecretRefError {
  return new SecretRefError('FILE_INSECURE', `the record of trusted configs ${path} ${why}`, {
    scope: 'config',
    hint: `look at it, remove it (\`rm ${shellWord(path)}\`), and trust your configs again`,
    cause,
  })
}
