/** The grammar of every name a config can hold. Pure. */

/** Refs, agents, tools, slots and capabilities. */
export const NAME = /^(?!constructor$)[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/
export const ENVIRONMENT = /^(?!constructor$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
export const PROVIDER = /^(?!constructor$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
export const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/
/** Text that a system call takes: not empty, no NUL. */
// oxlint-disable-next-line no-control-regex -- NUL is what must not be in it
export const TEXT = /^[^\u0000]+$/
/** The form of an RFC 3339 date or date-time; `dates.ts` says whether there is such a day. */
export const DATE =
  /^\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/

/** `stripe-api-key` to `STRIPE_API_KEY`: the variable a ref is delivered in when its slot names none. */
export function upperSnake(ref: string): string {
  const name = ref.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()
  return /^[0-9]/.test(name) ? `_${name}` : name
}

/** `stripe-api-key` to `stripe_api_key`: the file provider's second spelling. */
export function lowerSnake(ref: string): string {
  return ref.replace(/[^A-Za-z0-9]+/g, '_').toLowerCase()
}

/** Letters and digits without a break, as hex (32 and more) or as the rest of base64 (40 and more). */
const VALUE = /^(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])(?:[0-9A-Fa-f]{32,}|[A-Za-z0-9]{40,})$/
const HEX = /^[0-9A-Fa-f]+$/
/** Where a word or a number begins in `stripeKeyForEu2`; in a key that is at every second or third sign. */
const BEGINNINGS = /(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])/g

/** Whether a name is as long and as mixed as a key, so that it should not be shown. */
export function looksLikeValue(name: string): boolean {
  return name.length >= 32 && VALUE.test(name)
}

/** Whether it is so beyond doubt: hex, or too mixed to be made of words of more than four letters. */
export function isValueBeyondDoubt(name: string): boolean {
  if (!looksLikeValue(name)) return false
  return HEX.test(name) || (name.match(BEGINNINGS)?.length ?? 0) * 4 >= name.length
}

/** Where a vault answers: as below, but this machine by number alone, as a name is whatever it resolves to. */
export const VAULT_ADDRESS =
  /^(?:https:\/\/[^/?#@\s]+|http:\/\/(?:127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?)(?:\/[^?#\s]*)?$/
/** Where a service answers: over TLS, or in the clear on this machine alone; no user, no query. */
export const ENDPOINT =
  /^(?:https:\/\/[^/?#@\s]+|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?)(?:\/[^?#\s]*)?$/
/** Folders of names, as Vault calls them; AWS's may begin with a slash. */
export const VAULT_FOLDER = /^(?:[A-Za-z0-9_.@=+-]+\/)+$/
export const AWS_FOLDER = /^\/?(?:[A-Za-z0-9_.@=+-]+\/)+$/
/** A whole number and its unit: seconds, minutes, hours, days. */
export const DURATION = /^[1-9][0-9]{0,4}[smhd]$/
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** What a changed value does to an agent that runs. */
export const ON_CHANGE = /^(?:none|rewrite|restart|signal:(?:HUP|INT|TERM|USR1|USR2|WINCH))$/
/** As Slack names a channel: `#finance-alerts`, or its id. */
export const SLACK_CHANNEL = /^(?:#[^\s#@.,:;<>&]{1,80}|[CDG][A-Z0-9]{6,20})$/

/** @param duration of the form `DURATION` */
export function millisecondsOf(duration: string): number {
  return Number(duration.slice(0, -1)) * (UNITS[duration.slice(-1)] ?? Number.NaN)
}
