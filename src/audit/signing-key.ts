/** The Ed25519 key that signs the checkpoints: a PKCS#8 PEM file of ours, made on first use. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto'
import { closeSync, fsyncSync, linkSync, lstatSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from '../errors.ts'
import { unavailable } from './failures.ts'
import { createToAppend, openToRead, prepareFolder, syncFolder, writeWhole } from './file.ts'
import { verifierKey } from './note.ts'

const WHAT = 'its signing key'

/**
 * The private key; exactly one comes to be, however many processes ask at the same moment.
 * Errors: AUDIT_UNAVAILABLE where others may reach it or it is none.
 */
export function loadSigningKey(path: string): KeyObject {
  const dir = dirname(path)
  if (lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw unavailable('the folder of its signing key is not a folder', `move ${dir} away`)
  }
  prepareFolder(dir)
  const fd = openToRead(path, WHAT) ?? made(path)
  return keyIn(
    fd,
    createPrivateKey,
    `restore ${path} from a backup; without it, archive the log and begin another`,
  )
}

/** The Ed25519 key in an open file, which is closed. Errors: AUDIT_UNAVAILABLE with that hint where it holds none. */
export function keyIn(fd: number, parse: (pem: Buffer) => KeyObject, hint: string): KeyObject {
  try {
    const key = parse(readFileSync(fd))
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    // The parser's own words may quote the key.
    if (errnoOf(error)?.startsWith('ERR_OSSL') !== true) throw error
  } finally {
    closeSync(fd)
  }
  throw unavailable('its signing key is damaged', hint)
}

/** The key that checks the notes which the private key signs under this name. */
export function verifierOf(name: string, key: KeyObject): string {
  return verifierKey(name, createPublicKey(key))
}

/** Filled and durable before it has its name: nobody ever sees half of a key. */
function made(path: string): number {
  const dir = dirname(path)
  const temporary = join(dir, `.key-${randomBytes(8).toString('hex')}`)
  const fd = createToAppend(temporary)
  try {
    const { privateKey } = generateKeyPairSync('ed25519')
    writeWhole(fd, Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })))
    fsyncSync(fd)
    linkSync(temporary, path)
  } catch (error) {
    // Another process was first, and its key is the one.
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    closeSync(fd)
    rmSync(temporary, { force: true })
  }
  syncFolder(dir)
  const key = openToRead(path, WHAT)
  if (key === undefined) throw unavailable('its signing key was removed', 'start again')
  return key
}
