/**
 * What PostgreSQL keeps of a password (postgresql.org/docs/current/catalog-pg-authid.html; RFC 5802, RFC
 * 7677): computed here, so that the password itself is in no statement, and in no log of the server.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { wipe } from '../../../secret/bytes.ts'

const ITERATIONS = 4096
const SALT_BYTES = 16
const KEY_BYTES = 32

/**
 * @param password in ASCII, as all that we generate is: others would have to be normalised first (SASLprep)
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
