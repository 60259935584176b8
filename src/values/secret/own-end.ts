/** When a value ends by what stands in itself: a signed token, a certificate. */
import { X509Certificate } from 'node:crypto'

/** A JWT of an identity provider has some hundred bytes, a chain of certificates some thousand. */
const LONGEST_TOKEN = 16 * 1024
const LONGEST_CHAIN = 64 * 1024
/** Seconds since 1970 between 2001 and 2100: what is outside is no date, or milliseconds. */
const FIRST_SECOND = 978_307_200
const LAST_SECOND = 4_102_444_800

const TOKEN = Buffer.from('eyJ')
const CERTIFICATE = Buffer.from('-----BEGIN CERTIFICATE-----')

/** @returns `undefined` for nearly every value: it says nothing of its end */
export function ownEnd(value: Buffer): Date | undefined {
  if (value.length > LONGEST_CHAIN) return undefined
  if (value.subarray(0, TOKEN.length).equals(TOKEN)) return endOfToken(value)
  return value.includes(CERTIFICATE) ? endOfCertificate(value) : undefined
}

/** `exp` of a signed token in compact form (RFC 7515, RFC 7519); the signature is the service's to check. */
export function endOfToken(value: Buffer): Date | undefined {
  if (value.length > LONGEST_TOKEN) return undefined
  const parts = value.toString('latin1').split('.')
  const [header, payload] = parts
  if (parts.length !== 3 || header === undefined || payload === undefined) return undefined
  if (fieldOf(header, 'alg') === undefined) return undefined
  const exp = fieldOf(payload, 'exp')
  return typeof exp === 'number' ? secondsToDate(exp) : undefined
}

/** Of the first one in it: the one that is used, where others of its chain follow (RFC 8446, section 4.4.2). */
function endOfCertificate(value: Buffer): Date | undefined {
  try {
    return valid(new X509Certificate(value.subarray(value.indexOf(CERTIFICATE))).validToDate)
  } catch {
    // It only looks like one.
    return undefined
  }
}

function fieldOf(part: string, name: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return undefined
  try {
    const object: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    if (typeof object !== 'object' || object === null) return undefined
    return Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined
  } catch {
    // Three words with dots between them that are no token.
    return undefined
  }
}

export function secondsToDate(seconds: number): Date | undefined {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return undefined
  return valid(new Date(Math.floor(seconds) * 1000))
}

export function valid(date: Date): Date | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date
}
