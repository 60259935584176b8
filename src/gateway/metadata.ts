/**
 * Where metadata crosses the wall: field by field, each with a closed form. What is not on this list,
 * or does not have its form, does not come through.
 */
import { CODES, type Code } from '../errors.ts'
import { isFailureReason } from '../policy/reasons.ts'
import type { Fetched, FetchedFailure, FetchedValue, PassedStep } from '../policy/fetched.ts'

export const VERSION = /^[A-Za-z0-9._:-]{1,128}$/
const PROVIDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const WORD = /^[A-Za-z0-9_-]{1,64}$/
export const FINGERPRINT = /^[a-z0-9-]{1,32}:[0-9a-f]{32}$/
const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

type Fields = Record<string, unknown>
type Message =
  | { type: 'fetched'; items: Fetched[] }
  | { type: 'delivered' }
  | { type: 'undelivered'; code: Code; reason?: string }

/**
 * @param line what a resolver sent
 * @param places the paths that it may name
 * @returns `undefined` where the line breaks the contract as a whole
 */
export function parseMessage(line: string, places: ReadonlySet<string>): Message | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(parsed)) return undefined
  if (parsed['type'] === 'delivered') return { type: 'delivered' }
  if (parsed['type'] === 'undelivered') {
    const reason = matching(parsed['reason'], WORD)
    const code = codeOf(parsed['code'])
    return code && { type: 'undelivered', code, ...(reason === undefined ? {} : { reason }) }
  }
  if (parsed['type'] !== 'fetched' || !Array.isArray(parsed['items'])) return undefined
  const items = parsed['items'].map((item) => parseFetched(item, places))
  return items.every((item) => item !== undefined) ? { type: 'fetched', items } : undefined
}

function parseFetched(raw: unknown, places: ReadonlySet<string>): Fetched | undefined {
  if (!isObject(raw)) return undefined
  const provider = matching(raw['provider'], PROVIDER_NAME)
  const passed = Array.isArray(raw['passed']) ? raw['passed'].map(parsePassed) : []
  const ms = raw['ms']
  if (provider === undefined || typeof ms !== 'number') return undefined
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
    return failure
  }
  const fingerprint = matching(raw['fingerprint'], FINGERPRINT)
  if (raw['outcome'] !== 'value' || fingerprint === undefined) return undefined
  const warnings = Array.isArray(raw['warnings'])
    ? raw['warnings'].flatMap((w) => parseWarning(w, places))
    : []
  const value: FetchedValue = { outcome: 'value', fingerprint, warnings, ...about }
  const version = matching(raw['version'], VERSION)
  const createdAt = matching(raw['createdAt'], DATE)
  const expiresAt = matching(raw['expiresAt'], DATE)
  if (version !== undefined) value.version = version
  if (createdAt !== undefined) value.createdAt = createdAt
  if (expiresAt !== undefined) value.expiresAt = expiresAt
  return value
}

function parsePassed(raw: unknown): PassedStep | undefined {
  if (!isObject(raw)) return undefined
  const provider = matching(raw['provider'], PROVIDER_NAME)
  const code = codeOf(raw['code'])
  return provider === undefined || code === undefined ? undefined : { provider, code }
}

function parseWarning(
  raw: unknown,
  places: ReadonlySet<string>,
): { code: string; place?: string }[] {
  if (!isObject(raw)) return []
  const code = matching(raw['code'], WORD)
  if (code === undefined) return []
  const place = known(raw['place'], places)
  return [place === undefined ? { code } : { code, place }]
}

export function known(place: unknown, places: ReadonlySet<string>): string | undefined {
  return typeof place === 'string' && places.has(place) ? place : undefined
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
