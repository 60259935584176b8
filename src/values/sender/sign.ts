/**
 * The signature of a Standard Webhook (standardwebhooks.com, version 1): HMAC-SHA256 over id, time and the
 * very bytes of the body, so that a receiver knows who sent it, and that it is not an old one.
 */
import { createHmac } from 'node:crypto'
import { decodeBase64 } from '../secret/base64.ts'
import { copy, wipe } from '../secret/bytes.ts'

const PREFIX = Buffer.from('whsec_')
/** The specification asks for 24 to 64 bytes; a shorter key could be found by trying. */
const LEAST_BYTES = 24

/**
 * @param secret `whsec_` and base64, or the key's own bytes
 * @returns why not, where it is none that signs
 */
export function signatureOf(
  secret: Buffer,
  id: string,
  seconds: number,
  body: Buffer,
): { signature: string } | { trouble: 'secret-short' | 'secret-encoding' } {
  const encoded = secret.subarray(0, PREFIX.length).equals(PREFIX)
  const key = encoded ? decodeBase64(secret.subarray(PREFIX.length)) : copy(secret)
  if (key === undefined) return { trouble: 'secret-encoding' }
  if (key.length < LEAST_BYTES) {
    wipe(key)
    return { trouble: 'secret-short' }
  }
  const hash = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')
  wipe(key)
  return { signature: `v1,${hash}` }
}
