/** The store's bytes as an age file (age-encryption.org/v1), which the plain `age` tool reads too. */
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { copy, wipe } from '../secret/bytes.ts'

/**
 * What seals a store, or opens it. age does not mix the two: who knows a passphrase must be the only one
 * who could have made the file.
 */
export type Sealing =
  | { kind: 'recipients'; recipients: readonly string[] }
  | { kind: 'passphrase'; passphrase: string }
export type Opening =
  | { kind: 'identities'; identities: readonly string[] }
  | { kind: 'passphrase'; passphrase: string }

const VERSION = Buffer.from('age-encryption.org/v1\n')
const PASSPHRASE = Buffer.from('age-encryption.org/v1\n-> scrypt ')

/** @returns the age file. Errors: a recipient that is none. */
export async function seal(plain: Uint8Array, how: Sealing): Promise<Buffer> {
  const encrypter = new Encrypter()
  if (how.kind === 'passphrase') encrypter.setPassphrase(how.passphrase)
  else for (const recipient of how.recipients) encrypter.addRecipient(recipient)
  return Buffer.from(await encrypter.encrypt(plain))
}

/** Whether it is an age file at all, by its first line. */
export function isAge(sealed: Uint8Array): boolean {
  return VERSION.equals(sealed.subarray(0, VERSION.length))
}

/** Whether a passphrase opens it, by its first stanza. */
export function isSealedByPassphrase(sealed: Uint8Array): boolean {
  return PASSPHRASE.equals(sealed.subarray(0, PASSPHRASE.length))
}

/** In own memory, which the caller wipes; `undefined` where none of it opens it, or it was changed. */
export async function unseal(sealed: Uint8Array, how: Opening): Promise<Buffer | undefined> {
  const decrypter = new Decrypter()
  let plain: Uint8Array
  try {
    if (how.kind === 'passphrase') decrypter.addPassphrase(how.passphrase)
    else for (const identity of how.identities) decrypter.addIdentity(identity)
    plain = await decrypter.decrypt(sealed)
  } catch {
    // The library tells apart what a reader must not: a wrong key, a changed byte, a cut file.
    return undefined
  }
  const own = copy(plain)
  wipe(plain)
  return own
}

export interface KeyPair {
  identity: string
  recipient: string
}

export async function newKeyPair(): Promise<KeyPair> {
  const identity = await generateX25519Identity()
  return { identity, recipient: await identityToRecipient(identity) }
}

/** Errors: an identity that is none. */
export function recipientOf(identity: string): Promise<string> {
  return identityToRecipient(identity)
}

/** Whether it is an X25519 recipient whose checksum is right; another kind, age 1.1 does not know. */
export async function isRecipient(text: string): Promise<boolean> {
  if (!/^age1[a-z0-9]{58}$/.test(text)) return false
  try {
    new Encrypter().addRecipient(text)
    await seal(new Uint8Array(), { kind: 'recipients', recipients: [text] })
    return true
  } catch {
    return false
  }
}
