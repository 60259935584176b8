/**
 * Which keys a stand-in accepts. It is told SHA-256 digests and never a key, so that its memory, its
 * arguments and its environment hold nothing that opens anything.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface Accepted {
  /** SHA-256 digests, hex. */
  valid: readonly string[]
  /** Digests of keys that once were valid. */
  expired?: readonly string[]
}

export type Verdict = 'valid' | 'expired' | 'unknown'

export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

export function verdictOn(accepted: Accepted, key: string): Verdict {
  const presented = createHash('sha256').update(key).digest()
  const isIn = (digests: readonly string[]): boolean =>
    digests.some((digest) => timingSafeEqual(Buffer.from(digest, 'hex'), presented))
  if (isIn(accepted.valid)) return 'valid'
  return isIn(accepted.expired ?? []) ? 'expired' : 'unknown'
}

/** Reads `{"valid":["<hex>"],"expired":["<hex>"]}`; throws with a sentence where it is anything else. */
export function parseAccepted(line: string): Accepted {
  let read: unknown
  try {
    read = JSON.parse(line)
  } catch {
    // Said below; the parser's message would quote what it was given.
  }
  if (isAccepted(read)) return read
  throw new Error('expected one line of JSON with "valid" (and "expired"): SHA-256 digests in hex')
}

function isAccepted(read: unknown): read is Accepted {
  if (typeof read !== 'object' || read === null || !('valid' in read)) return false
  return isDigests(read.valid) && (!('expired' in read) || isDigests(read.expired))
}

function isDigests(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((digest) => typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest))
  )
}
