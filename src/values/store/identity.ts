/**
 * The X25519 key of the store, in the form that age-keygen writes: comments, and one identity a line. It
 * lies in a file, or as the same text in the OS keychain. It becomes a string, because the library takes
 * nothing else; the processes that read it are short-lived.
 */
import { readItem, writeItem, type Item } from '../keychain/items.ts'
import type { Failure } from '../providers/contract.ts'
import { readSecretFile, type SecretFile } from '../providers/file/read.ts'
import { replaceFile } from '../providers/file/write.ts'
import { wipe } from '../secret/bytes.ts'
import { final } from '../secret/outcome.ts'
import { newKeyPair, recipientOf, type KeyPair } from './seal.ts'

const IDENTITY = /^AGE-SECRET-KEY-1[A-Z0-9]{58}$/
/** In place of a key file's path. */
export const IN_KEYCHAIN = 'keychain'
const SERVICE = 'secretref-store'

/** Where the key lies. */
export type KeyPlace = { kind: 'file'; path: string } | { kind: 'keychain'; item: Item }

export interface Identities {
  kind: 'identities'
  /** The first is ours; others still open older files. */
  keys: [KeyPair, ...KeyPair[]]
  /** Where they were read from a file. */
  file?: SecretFile
}

/** Each store has a key of its own: its account is the path of the store. */
export function keyPlace(identity: string, store: string): KeyPlace {
  return identity === IN_KEYCHAIN
    ? { kind: 'keychain', item: { service: SERVICE, account: store } }
    : { kind: 'file', path: identity }
}

/** Beside it, where a rekey leaves the keys that open older copies. */
export function oldKeyPlace(place: KeyPlace): KeyPlace {
  return place.kind === 'file'
    ? { kind: 'file', path: `${place.path}.old` }
    : {
        kind: 'keychain',
        item: { service: place.item.service, account: `${place.item.account}.old` },
      }
}

/** The identities that lie there; the first is ours. */
export async function readIdentities(place: KeyPlace): Promise<Identities | Failure> {
  const read = await readKey(place)
  if (!('bytes' in read)) return read
  const lines = read.bytes
    .toString('latin1')
    .split('\n')
    .map((line) => line.trim())
  wipe(read.bytes)
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (identities.some((line) => !IDENTITY.test(line))) return bad(place)
  let keys: KeyPair[]
  try {
    keys = await Promise.all(identities.map(pairOf))
  } catch {
    // Its checksum is wrong; the library's own words might quote it.
    return bad(place)
  }
  const [first, ...more] = keys
  if (first === undefined) return bad(place)
  const about = { kind: 'identities', keys: [first, ...more] } as const
  return read.file === undefined
    ? { ...about, keys: [...about.keys] }
    : { ...about, keys: [...about.keys], file: read.file }
}

async function readKey(
  place: KeyPlace,
): Promise<{ bytes: Buffer; file?: SecretFile | undefined } | Failure> {
  if (place.kind === 'keychain') return readItem(place.item)
  const { path } = place
  const read = await readSecretFile(path)
  if (read.kind === 'folder') return final('denied', 'FILE_INSECURE', 'not-a-regular-file', path)
  return read.kind === 'file' ? { bytes: read.bytes, file: read } : read
}

async function pairOf(identity: string): Promise<KeyPair> {
  return { identity, recipient: await recipientOf(identity) }
}

function bad(place: KeyPlace): Failure {
  return final(
    'malformed',
    'SECRET_MALFORMED',
    'no-identity',
    place.kind === 'file' ? place.path : undefined,
  )
}

/** Makes a key, durable; where another process was faster, its key is the one. */
export async function makeIdentity(place: KeyPlace, now: Date): Promise<KeyPair | Failure> {
  const pair = await newKeyPair()
  const written = await writeIdentities(place, [pair], undefined, now)
  if (written === undefined) return pair
  if (written !== 'conflict') return written
  const theirs = await readIdentities(place)
  return theirs.kind === 'identities' ? theirs.keys[0] : theirs
}

/**
 * Replaces what lies there whole: a reader, or a crash, finds the old text or the new one.
 *
 * @param was what was read there
 * @returns nothing where it is done
 */
export async function writeIdentities(
  place: KeyPlace,
  keys: readonly KeyPair[],
  was: SecretFile | undefined,
  now: Date,
): Promise<undefined | 'conflict' | Failure> {
  const lines = keys.flatMap(({ recipient, identity }) => [`# public key: ${recipient}`, identity])
  const text = Buffer.from(`# written: ${now.toISOString()}\n${lines.join('\n')}\n`)
  try {
    if (place.kind === 'keychain') {
      const written = await writeItem(place.item, text)
      return written.kind === 'done' ? undefined : written
    }
    const replaced = await replaceFile(place.path, text, was?.stat)
    if (replaced.kind === 'written') return undefined
    if (replaced.kind === 'conflict') return 'conflict'
    return replaced.kind === 'unknown'
      ? { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'io', place: place.path }
      : replaced
  } finally {
    wipe(text)
  }
}
