/** When a credential ends, where it or its service says so. Pure. */

/** Seconds since 1970 between 2001 and 2100: what is outside is no date, or milliseconds. */
const FIRST_SECOND = 978_307_200
const LAST_SECOND = 4_102_444_800
/** A JWT of an identity provider has some hundred bytes; nothing longer is looked into. */
const LONGEST_JWT = 16 * 1024

/**
 * The forms that services use: `2026-10-07 19:07:53 UTC` and `2026-10-07 19:07:53 -0700` (GitHub),
 * RFC 3339, HTTP's date (RFC 9110), seconds since 1970.
 *
 * @returns `undefined` for anything else
 */
export function momentIn(text: string): Date | undefined {
  if (/^\d{10}$/.test(text)) return secondsToDate(Number(text))
  const spaced = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:(UTC)|([+-]\d\d):?(\d\d))$/.exec(text)
  if (spaced !== null) {
    const [, day, time, utc, hours, minutes] = spaced
    return valid(new Date(`${day}T${time}${utc === undefined ? `${hours}:${minutes}` : 'Z'}`))
  }
  const known =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text) ||
    /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text)
  return known ? valid(new Date(text)) : undefined
}

/** `exp` of a signed token in compact form (RFC 7515, RFC 7519); the signature is the service's to check. */
export function endOfToken(value: Buffer): Date | undefined {
  if (value.length > LONGEST_JWT) return undefined
  const parts = value.toString('latin1').split('.')
  const [header, payload] = parts
  if (parts.length !== 3 || header === undefined || payload === undefined) return undefined
  if (fieldOf(header, 'alg') === undefined) return undefined
  const exp = fieldOf(payload, 'exp')
  return typeof exp === 'number' ? secondsToDate(exp) : undefined
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

function secondsToDate(seconds: number): Date | undefined {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return undefined
  return valid(new Date(Math.floor(seconds) * 1000))
}

function valid(date: Date): Date | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date
}
