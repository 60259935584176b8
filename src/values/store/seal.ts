/** The store's bytes as an age file (age-encryption.org/v1), which the plain `age` tool reads too. */
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { copy, wipe } from '../secret/bytes.ts'

/** @returns the age file. Errors: a recipient that is none. */
export async function seal(plain: Uint8Array, recipients: readonly string[]): Promise<Buffer> {
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  return Buffer.from(await encrypter.encrypt(plain))
}

/** In own memory, which the caller wipes; `undefined` where none of the identities opens it, or it was changed. */
export async function unseal(
  sealed: Uint8Array,
  identities: readonly string[],
): Promise<Buffer | undefined> {
  const decrypter = new Decrypter()
  let plain: Uint8Array
  try {
    for (const identity of identities) decrypter.addIdentity(identity)
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
