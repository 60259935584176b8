/** What opens a store: by its own first lines, a passphrase or identities. */
import type { Failure } from '../providers/contract.ts'
import { readRaw } from '../providers/file/raw.ts'
import { readSecretFile } from '../providers/file/read.ts'
import { wipe } from '../secret/bytes.ts'
import { final } from '../secret/outcome.ts'
import { keyPlace, readIdentities, type Identities } from './identity.ts'
import { isSealedByPassphrase, type Opening } from './seal.ts'

/** Variable that a passphrase may come from. */
export const PASSPHRASE_VARIABLE = 'SECRETREF_STORE_PASSPHRASE'

export interface StorePlace {
  /** Absolute: the age file, and beside it its lock. */
  path: string
  /** Absolute: the key file; or `keychain`. */
  identity: string
  /** Absolute: a file that holds a passphrase. */
  passphraseFile?: string
  /** From the environment or a prompt; the file counts first. The caller's, who wipes it. */
  passphrase?: Buffer
}

/** `undefined` where a path is missing: control fills them in. */
export function placeOf(
  { path, identity, passphraseFile }: Readonly<Record<string, unknown>>,
  env: ReadonlyMap<string, Buffer>,
): StorePlace | undefined {
  if (typeof path !== 'string' || typeof identity !== 'string') return undefined
  const passphrase = env.get(PASSPHRASE_VARIABLE)
  return {
    path,
    identity,
    ...(typeof passphraseFile === 'string' ? { passphraseFile } : {}),
    ...(passphrase === undefined || passphrase.length === 0 ? {} : { passphrase }),
  }
}

export type StoreKey = Identities | Passphrase
export interface Passphrase {
  kind: 'passphrase'
  passphrase: string
}

/** The key for the bytes of a store that is there. */
export async function keyFor(place: StorePlace, sealed: Uint8Array): Promise<StoreKey | Failure> {
  if (isSealedByPassphrase(sealed)) {
    return (await readPassphrase(place)) ?? final('denied', 'PROVIDER_DENIED', 'no-passphrase')
  }
  const keys = await readIdentities(keyPlace(place.identity, place.path))
  // Not `absent`: what is asked for may well be in there.
  return keys.kind === 'absent'
    ? final('denied', 'PROVIDER_DENIED', 'no-identity', place.identity)
    : keys
}

/** `undefined` where none is given anywhere. */
export async function readPassphrase({
  passphraseFile,
  passphrase,
}: StorePlace): Promise<Passphrase | Failure | undefined> {
  if (passphraseFile === undefined) {
    return passphrase === undefined ? undefined : asKey(passphrase)
  }
  const file = await readSecretFile(passphraseFile)
  if (file.kind === 'folder') {
    return final('denied', 'FILE_INSECURE', 'not-a-regular-file', passphraseFile)
  }
  if (file.kind !== 'file') {
    return file.kind === 'absent'
      ? final('denied', 'PROVIDER_DENIED', 'no-passphrase', passphraseFile)
      : file
  }
  const value = readRaw(file)
  wipe(file.bytes)
  if (value.kind !== 'value') return value
  try {
    return asKey(value.value)
  } finally {
    wipe(value.value)
  }
}

/** It becomes a string, because the library takes nothing else. */
function asKey(bytes: Buffer): Passphrase | Failure {
  return bytes.length === 0
    ? final('malformed', 'SECRET_EMPTY', 'no-passphrase')
    : { kind: 'passphrase', passphrase: bytes.toString() }
}

export function openingOf(key: StoreKey): Opening {
  return key.kind === 'passphrase'
    ? key
    : { kind: 'identities', identities: key.keys.map(({ identity }) => identity) }
}
