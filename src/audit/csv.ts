/**
 * Records as CSV (RFC 4180). For people and their spreadsheets: what is invisible is escaped, and no
 * field can be taken for a formula. JSON Lines are what a program reads. Pure.
 */
import { printable, safeJson } from '../printable.ts'
import type { AuditRecord } from './record.ts'

type Field = string | number | undefined

/** In the order of a record; new ones come at the end, before `prev`. */
const COLUMNS: readonly (readonly [name: string, of: (record: AuditRecord) => Field])[] = [
  ['seq', ({ seq }) => seq],
  ['time', ({ time }) => time],
  ['event', ({ event }) => event],
  ['actor.type', ({ actor }) => actor.type],
  ['actor.id', ({ actor }) => actor.id],
  ['actor.run', ({ actor }) => actor.run],
  ['actor.pid', ({ actor }) => actor.pid],
  ['actor.uid', ({ actor }) => actor.uid],
  ['agent', ({ agent }) => agent],
  ['tool', ({ tool }) => tool],
  ['ref', ({ ref }) => ref],
  ['envVar', ({ envVar }) => envVar],
  ['provider', ({ provider }) => provider],
  ['target', ({ target }) => target],
  ['environment', ({ environment }) => environment],
  ['decision', ({ decision }) => decision],
  ['reason', ({ reason }) => reason],
  ['delivery', ({ delivery }) => delivery],
  ['secret.version', ({ secret }) => secret?.version],
  ['secret.fingerprint', ({ secret }) => secret?.fingerprint],
  ['secret.expiresAt', ({ secret }) => secret?.expiresAt],
  ['ms', ({ ms }) => ms],
  ['config', ({ config }) => config],
  ['command', ({ command }) => command],
  ['code', ({ code }) => code],
  ['exit.code', ({ exit }) => exit?.code],
  ['exit.signal', ({ exit }) => exit?.signal],
  ['parent', ({ parent }) => parent],
  ['count', ({ count }) => count],
  ['detail', ({ detail }) => detail && safeJson(detail)],
  ['prev', ({ prev }) => prev],
]

/** What a spreadsheet begins a formula with, in its wide forms too (OWASP, CSV Injection); and our mark. */
const FORMULA = /^[=+\-@＝＋－＠']/

/** The line with the names of the columns. */
export function csvHeader(): string {
  return `${COLUMNS.map(([name]) => name).join(',')}\r\n`
}

/** The line of a record. A `'` before a field makes text of it; whoever reads on takes one away again. */
export function csvLine(record: AuditRecord): string {
  return `${COLUMNS.map(([, of]) => cell(of(record))).join(',')}\r\n`
}

/** @param value of a record that somebody may have written: it need not be what its type says */
function cell(value: unknown): string {
  if (value === undefined) return ''
  const text = printable(typeof value === 'string' ? value : JSON.stringify(value))
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
