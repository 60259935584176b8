/** What RabbitMQ keeps of a password (rabbitmq.com/docs/passwords, "Computing Password Hash"). */
import { createHash, randomBytes } from 'node:crypto'

const SALT_BYTES = 4
const HASHES: Readonly<Record<string, string>> = {
  rabbit_password_hashing_sha256: 'sha256',
  rabbit_password_hashing_sha512: 'sha512',
}

/**
 * @param algorithm the server's own name of it, as this user has it
 * @returns base64 of the salt and the hash; `undefined` for another algorithm: MD5, or a plugin's
 */
export function hashedAs(algorithm: unknown, password: Buffer): string | undefined {
  if (typeof algorithm !== 'string' || !Object.hasOwn(HASHES, algorithm)) return undefined
  const salt = randomBytes(SALT_BYTES)
  const hash = createHash(HASHES[algorithm] ?? '')
    .update(salt)
    .update(password)
    .digest()
  return Buffer.concat([salt, hash]).toString('base64')
}
