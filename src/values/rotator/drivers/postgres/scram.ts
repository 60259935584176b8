/**
 * What PostgreSQL keeps of a password (postgresql.org/docs/current/catalog-pg-authid.html; RFC 5802, RFC
 * 7677): computed here, so that the password itself is in no statement, and in no log of the server.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { wipe } from '../../../secret/bytes.ts'

const ITERATIONS = 4096
const SALT_BYTES = 16
const KEY_BYTES = 32

/** Spaces that SASLprep makes one of ASCII, and what it takes away (RFC 3454, tables C.1.2 and B.1). */
const CHANGED =
  /\u{A0}|\u{1680}|[\u{2000}-\u{200B}]|\u{202F}|\u{205F}|\u{3000}|\u{AD}|\u{34F}|\u{1806}|[\u{180B}-\u{180D}]|\u{200C}|\u{200D}|\u{2060}|[\u{FE00}-\u{FE0F}]|\u{FEFF}/u

/**
 * Whether SASLprep (RFC 4013) leaves a password as it is. Of another one PostgreSQL keeps what SASLprep makes
 * of it, or, where that has a character that is prohibited or unknown to it, the very bytes; and not every
 * client knows which.
 */
export function isPrepared(password: string): boolean {
  return !CHANGED.test(password) && password.normalize('NFKC') === password
}

/**
 * @param password as SASLprep leaves it, see `isPrepared`; all that we generate is
 * @returns `SCRAM-SHA-256$4096:<salt>$<StoredKey>:<ServerKey>`
 */
export function verifierOf(password: Buffer): string {
  const salt = randomBytes(SALT_BYTES)
  const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  wipe(salted, clientKey)
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}
