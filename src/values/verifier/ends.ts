/** When a credential ends, where its service says so. Pure. */
import { secondsToDate, valid } from '../secret/own-end.ts'

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
