/**
 * Fingerprints: two values can be compared, and a value found in a log be recognised, without either
 * being shown. A plain hash of a short or guessable value can be reversed by trying; this one is keyed
 * with 32 random bytes that only this user has.
 */
import { createHmac, randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, SecretRefError } from '../../errors.ts'
import { allocate, wipe } from './bytes.ts'

const KEY_BYTES = 32
/** 128 bits: enough that no two values meet by chance, short enough for a log line. */
const SHOWN_HEX = 32

/**
 * The function that makes fingerprints under the key in `keyFile`, `hmac-sha256:` and 32 hexadecimal
 * digits. The key is made on first use.
 *
 * @throws SecretRefError `FILE_INSECURE` where others could have the key, `STATE_UNAVAILABLE` where
 *   it cannot be read or made
 */
export function fingerprinter(keyFile: string): (value: Buffer) => string {
  const key = loadKey(keyFile)
  return (value) => {
    const hash = createHmac('sha256', key).update(value).digest('hex')
    return `hmac-sha256:${hash.slice(0, SHOWN_HEX)}`
  }
}

/** The key's 32 bytes; exactly one key comes to be, however many processes ask at the same moment. */
export function loadKey(keyFile: string): Buffer {
  try {
    checkFolder(dirname(keyFile))
    const key = readKey(keyFile)
    if (key !== undefined) return key
    makeKey(keyFile)
    const made = readKey(keyFile)
    if (made !== undefined) return made
  } catch (error) {
    if (error instanceof SecretRefError) throw error
    throw unavailable(keyFile, error)
  }
  throw unavailable(keyFile)
}

function checkFolder(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const st = lstatSync(dir)
  if (!st.isDirectory()) throw insecure(dir, 'is not a folder of its own', 'replace it by a folder')
  checkOwner(dir, st)
  if ((st.mode & 0o077) !== 0) {
    throw insecure(dir, 'can be reached by others', `chmod 700 '${dir}'`)
  }
}

/** `undefined` where there is none. */
function readKey(keyFile: string): Buffer | undefined {
  const fd = openKey(keyFile)
  if (fd === undefined) return undefined
  try {
    const st = fstatSync(fd)
    if (!st.isFile())
      throw insecure(keyFile, 'is not a regular file', 'remove it; a new key is made')
    checkOwner(keyFile, st)
    if ((st.mode & 0o077) !== 0) {
      const hint = 'others may know it: remove it; a new key is made, and fingerprints change'
      throw insecure(keyFile, 'can be reached by others', hint)
    }
    const key = allocate(KEY_BYTES)
    if (st.size === KEY_BYTES && readSync(fd, key, 0, KEY_BYTES, 0) === KEY_BYTES) return key
    wipe(key)
  } finally {
    closeSync(fd)
  }
  throw new SecretRefError('STATE_UNAVAILABLE', `the fingerprint key ${keyFile} is damaged`, {
    scope: 'audit',
    hint: 'restore it from a backup, or remove it: a new key is made, and fingerprints change',
  })
}

function openKey(keyFile: string): number | undefined {
  try {
    // Node sets O_CLOEXEC on every descriptor. O_NONBLOCK: a FIFO in its place must not hang us.
    return openSync(keyFile, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    if (errnoOf(error) === 'ELOOP') {
      throw insecure(keyFile, 'is a symbolic link', 'remove it; a new key is made')
    }
    throw error
  }
}

/**
 * A file of its own is filled and made durable, then linked to the key's name: `link` fails where
 * another process was first, and nobody ever sees a key that is half written.
 */
function makeKey(keyFile: string): void {
  const dir = dirname(keyFile)
  const temporary = join(dir, `.key-${randomBytes(8).toString('hex')}`)
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const fd = openSync(temporary, flags, 0o600)
  const key = randomBytes(KEY_BYTES)
  try {
    fchmodSync(fd, 0o600)
    if (writeSync(fd, key) !== KEY_BYTES) throw unavailable(keyFile)
    fsyncSync(fd)
    linkSync(temporary, keyFile)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    wipe(key)
    closeSync(fd)
    unlinkSync(temporary)
  }
  const folder = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function checkOwner(path: string, st: { uid: number }): void {
  if (st.uid !== process.geteuid?.()) {
    throw insecure(path, 'belongs to somebody else', `make it yours, or set SECRETREF_HOME`)
  }
}

function insecure(path: string, what: string, hint: string): SecretRefError {
  return new SecretRefError('FILE_INSECURE', `${path} ${what}`, { scope: 'audit', hint })
}

function unavailable(keyFile: string, cause?: unknown): SecretRefError {
  return new SecretRefError('STATE_UNAVAILABLE', `cannot read or make the key ${keyFile}`, {
    scope: 'audit',
    hint: 'check that its folder is there and yours, and that the disk is not full',
    cause,
  })
}
