/**
 * Where metadata crosses the wall: field by field, each with a closed form. What is not on this list,
 * or does not have its form, does not come through.
 */
import { CODES, type Code } from '../errors.ts'
import { isFailureReason, isFetchWarning } from '../policy/reasons.ts'
import { KEY_TROUBLE } from './sheet.ts'
import {
  FORMS,
  type Fetched,
  type FetchedFailure,
  type FetchedValue,
  type PassedStep,
} from '../policy/fetched.ts'

export const VERSION = /^[A-Za-z0-9._:-]{1,128}$/
/** What the system says (errno(3)), or what fails with the key; nothing else is passed on. */
const UNDELIVERED = new RegExp(`^(?:E[A-Z0-9]{1,30}|${KEY_TROUBLE})$`)
export const FINGERPRINT = /^[a-z0-9-]{1,32}:[0-9a-f]{32}$/
const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

type Fields = Record<string, unknown>
type Message =
  | { type: 'fetched'; items: Fetched[]; spent?: ReadonlyMap<string, number> }
  | { type: 'delivered'; unkept?: readonly number[] }
  | { type: 'undelivered'; code: Code; reason?: string }

/** What a resolver may name: of other words, a value could be one. */
export interface Known {
  /** The providers on its sheet. */
  providers: ReadonlySet<string>
  /** The paths on its sheet. */
  places: ReadonlySet<string>
}

/**
 * @param line what a resolver sent
 * @returns `undefined` where the line breaks the contract as a whole
 */
export function parseMessage(line: string, sheet: Known): Message | undefined {
  const parsed = objectIn(line)
  if (parsed === undefined) return undefined
  if (parsed['type'] === 'delivered') {
    const raw = parsed['unkept']
    const unkept = Array.isArray(raw) ? raw.filter((index) => Number.isSafeInteger(index)) : []
    return { type: 'delivered', ...(unkept.length === 0 ? {} : { unkept }) }
  }
  if (parsed['type'] === 'undelivered') {
    const reason = matching(parsed['reason'], UNDELIVERED)
    const code = codeOf(parsed['code'])
    return code && { type: 'undelivered', code, ...(reason === undefined ? {} : { reason }) }
  }
  if (parsed['type'] !== 'fetched' || !Array.isArray(parsed['items'])) return undefined
  const items = parsed['items'].map((item) => parseFetched(item, sheet))
  if (!items.every((item) => item !== undefined)) return undefined
  const spent = spentIn(parsed['spent'], sheet.providers)
  return { type: 'fetched', items, ...(spent.size === 0 ? {} : { spent }) }
}

/** The options of a provider are a tree of a few levels: `auth` has files too. */
export function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) yield* textsIn(inner)
  }
}

/** A whole number from zero up; `undefined` for anything else. */
export function countIn(raw: unknown): number | undefined {
  return Number.isSafeInteger(raw) && Number(raw) >= 0 ? Number(raw) : undefined
}

/** A provider whose count is missing or none keeps all that it was allotted. */
function spentIn(raw: unknown, providers: ReadonlySet<string>): Map<string, number> {
  const spent = new Map<string, number>()
  if (!isObject(raw)) return spent
  for (const provider of providers) {
    const calls = Object.hasOwn(raw, provider) ? raw[provider] : undefined
    if (Number.isSafeInteger(calls) && Number(calls) >= 0) spent.set(provider, Number(calls))
  }
  return spent
}

function parseFetched(raw: unknown, { providers, places }: Known): Fetched | undefined {
  if (!isObject(raw)) return undefined
  const provider = known(raw['provider'], providers)
  const passed = Array.isArray(raw['passed'])
    ? raw['passed'].map((step) => parsePassed(step, providers))
    : []
  const ms = raw['ms']
  if (provider === undefined || !isDuration(ms)) return undefined
  if (!passed.every((step) => step !== undefined)) return undefined
  const about = { provider, ms, passed }
  if (raw['outcome'] === 'failure') {
    const code = codeOf(raw['code'])
    const kind = raw['kind']
    if (code === undefined) return undefined
    if (kind !== 'absent' && kind !== 'denied' && kind !== 'malformed' && kind !== 'unavailable') {
      return undefined
    }
    const failure: FetchedFailure = { outcome: 'failure', kind, code, ...about }
    if (isFailureReason(raw['reason'])) failure.reason = raw['reason']
    const place = known(raw['place'], places)
    if (place !== undefined) failure.place = place
    if (raw['undropped'] === true) failure.undropped = true
    return failure
  }
  const fingerprint = matching(raw['fingerprint'], FINGERPRINT)
  if (raw['outcome'] !== 'value' || fingerprint === undefined) return undefined
  const warnings = Array.isArray(raw['warnings'])
    ? raw['warnings'].flatMap((w) => parseWarning(w, places))
    : []
  const value: FetchedValue = { outcome: 'value', fingerprint, warnings, ...about }
  const version = matching(raw['version'], VERSION)
  const createdAt = dateIn(raw['createdAt'])
  const expiresAt = dateIn(raw['expiresAt'])
  // A date that is there and cannot be read must not count as one that is not there.
  if (raw['expiresAt'] !== undefined && expiresAt === undefined) return undefined
  const stale = dateIn(raw['stale'])
  if (raw['stale'] !== undefined && stale === undefined) return undefined
  if (stale !== undefined) value.stale = stale
  if (version !== undefined) value.version = version
  if (createdAt !== undefined) value.createdAt = createdAt
  if (expiresAt !== undefined) value.expiresAt = expiresAt
  // A lease that is there and cannot be read must not count as none: the value would be fetched again.
  if (raw['lease'] !== undefined) {
    const lease = leaseIn(raw['lease'])
    if (lease === undefined) return undefined
    value.lease = lease
  }
  const form = FORMS.find((one) => one === raw['form'])
  if (form !== undefined) value.form = form
  return value
}

function leaseIn(raw: unknown): FetchedValue['lease'] {
  if (!isObject(raw)) return undefined
  const { seconds, renewable } = raw
  if (!isDuration(seconds) || typeof renewable !== 'boolean') return undefined
  return { seconds, renewable }
}

function parsePassed(raw: unknown, providers: ReadonlySet<string>): PassedStep | undefined {
  if (!isObject(raw)) return undefined
  const provider = known(raw['provider'], providers)
  const code = codeOf(raw['code'])
  return provider === undefined || code === undefined ? undefined : { provider, code }
}

function parseWarning(
  raw: unknown,
  places: ReadonlySet<string>,
): { code: string; place?: string }[] {
  if (!isObject(raw)) return []
  const { code } = raw
  if (!isFetchWarning(code)) return []
  const place = known(raw['place'], places)
  return [place === undefined ? { code } : { code, place }]
}

/** A moment that there is, in the form in which `Date` writes it. */
export function dateIn(value: unknown): string | undefined {
  const text = matching(value, DATE)
  if (text === undefined) return undefined
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString() === text ? text : undefined
}

function isDuration(ms: unknown): ms is number {
  return Number.isSafeInteger(ms) && Number(ms) >= 0
}

export function known(word: unknown, words: ReadonlySet<string>): string | undefined {
  return typeof word === 'string' && words.has(word) ? word : undefined
}

/** The object that a process of the value wing sent as JSON; undefined for anything else, and for too much. */
export function objectIn(text: string, most = Number.POSITIVE_INFINITY): Fields | undefined {
  if (text.length > most) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    // The parser's own words would quote it.
    return undefined
  }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function matching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined
}

export function codeOf(value: unknown): Code | undefined {
  return CODES.find((code) => code === value)
}
