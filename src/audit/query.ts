/** Which records a person asks for. Pure. */
import { looksLikeValue } from '../config/names.ts'
import { nearest } from '../config/suggest.ts'
import { parseDate } from '../config/dates.ts'
import { SecretRefError } from '../errors.ts'
import { literalKind } from '../targets/literals.ts'
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
/** Of a log with very many, the first will do to find the one that was meant. */
const MAX_NAMES = 10_000

/** A test for records. Errors: USAGE for an event that does not exist or a time that is none. */
export function matcher(query: Query, now: Date): (record: AuditRecord) => boolean {
  const { agent, ref, event } = query
  if (event !== undefined && !EVENTS.some((known) => known === event)) {
    const meant = nearest(event, EVENTS)
    throw new SecretRefError('USAGE', `there is no event${quoted(event)} in the audit log`, {
      hint: meant === undefined ? `events: ${EVENTS.join(', ')}` : `did you mean "${meant}"?`,
    })
  }
  const since = query.since === undefined ? undefined : momentOf(query.since, 'since', now)
  const until = query.until === undefined ? undefined : momentOf(query.until, 'until', now)
  if (since !== undefined && until !== undefined && since > until) {
    throw new SecretRefError('USAGE', '--since is after --until, so no record can match', {
      hint: 'swap them: --since is the earlier one',
    })
  }
  return (record) =>
    (agent === undefined || record.agent === agent) &&
    (ref === undefined || record.ref === ref) &&
    (event === undefined || record.event === event) &&
    (since === undefined || Date.parse(record.time) >= since) &&
    (until === undefined || Date.parse(record.time) < until)
}

/** A name that was asked for and that no record has. */
export interface Unseen {
  kind: 'agent' | 'ref'
  name: string
  /** A name that records do have, and that is near to it. */
  nearest?: string
}

/** Looks out for the names that are asked for: a misspelt one must not pass for a quiet agent. */
export class Lookout {
  readonly #wanted: readonly { kind: 'agent' | 'ref'; name: string; seen: Set<string> }[]

  constructor({ agent, ref }: Query) {
    this.#wanted = [
      ...(agent === undefined
        ? []
        : [{ kind: 'agent', name: agent, seen: new Set<string>() } as const]),
      ...(ref === undefined ? [] : [{ kind: 'ref', name: ref, seen: new Set<string>() } as const]),
    ]
  }

  /** To be told of every record, whether or not it matches. */
  see(record: AuditRecord): void {
    for (const { kind, name, seen } of this.#wanted) {
      const found = record[kind]
      if (found !== undefined && (found === name || seen.size < MAX_NAMES)) seen.add(found)
    }
  }

  unseen(): readonly Unseen[] {
    return this.#wanted
      .filter(({ name, seen }) => !seen.has(name))
      .map(({ kind, name, seen }) => {
        const meant = nearest(name, seen)
        return meant === undefined ? { kind, name } : { kind, name, nearest: meant }
      })
  }
}

/** Milliseconds since 1970. */
function momentOf(text: string, option: string, now: Date): number {
  const [, count, unit] = SPAN.exec(text) ?? []
  if (count !== undefined && unit !== undefined) {
    return now.getTime() - Number(count) * (SPAN_MS[unit] ?? 0)
  }
  const moment = parseDate(text.replace(' ', 'T'))
  if (moment === undefined) {
    throw new SecretRefError('USAGE', `--${option} is not a time${quoted(text, ':')}`, {
      hint: 'write 2026-11-24, 2026-11-24T08:30:00Z, or a span back from now such as 30m, 2h, 7d',
    })
  }
  return moment.getTime()
}

/** A word of the command line; empty where it could be a value in the wrong place. */
export function quoted(word: string, before = ''): string {
  const name = /^[\w.:/+-]{0,64}$/.test(word) && !looksLikeValue(word)
  return name && literalKind(word) === undefined ? `${before} "${word}"` : ''
}
