/** Which records a person asks for. Pure. */
import { SecretRefError } from '../errors.ts'
import { EVENTS, type AuditRecord } from './record.ts'

export interface Query {
  agent?: string
  ref?: string
  event?: string
  /** RFC 3339 (a date alone: its first moment in UTC), or a span back from now: `90s`, `30m`, `2h`, `7d`. */
  since?: string
  /** As `since`; a record of that very moment is left out. */
  until?: string
}

const SPAN = /^(\d{1,6})([smhdw])$/
const SPAN_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const MOMENT =
  /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/

/** A test for records. Errors: USAGE for an event that does not exist or a time that is none. */
export function matcher(query: Query, now: Date): (record: AuditRecord) => boolean {
  const { agent, ref, event } = query
  if (event !== undefined && !EVENTS.some((known) => known === event)) {
    throw new SecretRefError('USAGE', `there is no event "${event}" in the audit log`, {
      hint: `events: ${EVENTS.join(', ')}`,
    })
  }
  const since = query.since === undefined ? undefined : momentOf(query.since, 'since', now)
  const until = query.until === undefined ? undefined : momentOf(query.until, 'until', now)
  return (record) =>
    (agent === undefined || record.agent === agent) &&
    (ref === undefined || record.ref === ref) &&
    (event === undefined || record.event === event) &&
    (since === undefined || Date.parse(record.time) >= since) &&
    (until === undefined || Date.parse(record.time) < until)
}

/** Milliseconds since 1970. */
function momentOf(text: string, option: string, now: Date): number {
  const [, count, unit] = SPAN.exec(text) ?? []
  if (count !== undefined && unit !== undefined) {
    return now.getTime() - Number(count) * (SPAN_MS[unit] ?? 0)
  }
  const moment = MOMENT.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN
  if (Number.isNaN(moment)) {
    throw new SecretRefError('USAGE', `--${option} is not a time: "${text}"`, {
      hint: 'write 2026-11-24, 2026-11-24T08:30:00Z, or a span back from now such as 30m, 2h, 7d',
    })
  }
  return moment
}
