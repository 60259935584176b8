/**
 * An allow-list: findings that are known to be none, each with a reason that somebody can be asked about.
 * A JSON array of `{ "file": "docs/example.env", "target": "stripe", "reason": "…" }`; nothing of a value
 * is ever in it, only the fingerprint that `--json` shows.
 */
import { dirname, resolve } from 'node:path'
import { SecretRefError } from '../errors.ts'
import type { Finding } from './types.ts'

export interface AllowEntry {
  /** Relative to the allow-list's own folder. */
  file?: string
  line?: number
  code?: string
  target?: string
  fingerprint?: string
  reason: string
  /** `2027-01-31`: from this day on, UTC, it no longer holds. */
  until?: string
}

export interface Allowed {
  findings: Finding[]
  /** How many findings were taken out. */
  allowed: number
  /** Entries that fitted nothing, and those whose day has come; from 1, as they stand in the file. */
  unused: number[]
  expired: number[]
}

const STRINGS = ['file', 'code', 'target', 'fingerprint', 'reason', 'until'] as const
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** @param path of the file, for messages @throws CONFIG_INVALID, which says which entry and why */
export function parseAllowList(text: string, path: string): AllowEntry[] {
  const wrong = (why: string): SecretRefError =>
    new SecretRefError('CONFIG_INVALID', `the allow-list ${path} ${why}`, {
      scope: 'config',
      hint: 'a JSON array of { "file" or "fingerprint", "line", "code", "target", "reason", "until" }',
    })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw wrong('is no JSON')
  }
  if (!Array.isArray(parsed)) throw wrong('is no array')
  return parsed.map((raw: unknown, i) => {
    const entry = entryOf(raw)
    if (typeof entry === 'string') throw wrong(`has a mistake in entry ${i + 1}: ${entry}`)
    return entry
  })
}

/** @returns what is wrong with it, in words */
function entryOf(raw: unknown): AllowEntry | string {
  if (typeof raw !== 'object' || raw === null) return 'it is no object'
  const entry: AllowEntry = { reason: '' }
  for (const [name, value] of Object.entries(raw)) {
    const field = STRINGS.find((known) => known === name)
    if (name === 'line') {
      if (!Number.isSafeInteger(value) || value < 1) return 'line is a number from 1'
      entry.line = Number(value)
    } else if (field === undefined) return 'it has a field that is not known'
    else if (typeof value !== 'string' || value.trim() === '') return `${field} is a text`
    else entry[field] = value
  }
  const { file, fingerprint, reason, until } = entry
  if (reason === '') return 'it has no reason'
  if (file === undefined && fingerprint === undefined) return 'it names no file and no fingerprint'
  const isDay = until === undefined || (DAY.test(until) && !Number.isNaN(Date.parse(until)))
  return isDay ? entry : 'until is a day, such as 2027-01-31'
}

/**
 * Takes out what an entry allows. `skipped` and `unreadable` cannot be allowed: they are no finding about
 * a credential.
 *
 * @param path absolute, of the allow-list
 */
export function allow(
  findings: readonly Finding[],
  { entries, path, now }: { entries: readonly AllowEntry[]; path: string; now: Date },
): Allowed {
  const folder = dirname(path)
  const used = new Set<AllowEntry>()
  const valid = entries.filter(
    ({ until }) => until === undefined || now.getTime() < Date.parse(until),
  )
  const left = findings.filter((finding) => {
    if (finding.code === 'skipped' || finding.code === 'unreadable') return true
    const fitting = valid.filter((entry) => fits(entry, finding, folder))
    for (const entry of fitting) used.add(entry)
    return fitting.length === 0
  })
  const numbers = (test: (entry: AllowEntry) => boolean): number[] =>
    entries.flatMap((entry, i) => (test(entry) ? [i + 1] : []))
  return {
    findings: left,
    allowed: findings.length - left.length,
    unused: numbers((entry) => valid.includes(entry) && !used.has(entry)),
    expired: numbers((entry) => !valid.includes(entry)),
  }
}

function fits(entry: AllowEntry, finding: Finding, folder: string): boolean {
  const { file, line, code, target, fingerprint } = entry
  return (
    (code === undefined || code === finding.code) &&
    (target === undefined || finding.targets?.includes(target) === true) &&
    (fingerprint === undefined || fingerprint === finding.fingerprint) &&
    finding.places.some(
      (place) =>
        (file === undefined ||
          (place.file !== undefined && resolve(folder, file) === resolve(place.file))) &&
        (line === undefined || line === place.line),
    )
  )
}
