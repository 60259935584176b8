/**
 * A record as one line of text. Keys stand in one fixed order, strings are bounded, and no character can
 * break the line or deceive a terminal: control, format (bidirectional included) and separator
 * characters are written as JSON's own `\uXXXX`. Every other letter stays readable as UTF-8.
 */
import { SecretRefError } from '../errors.ts'
import { safeJson } from '../printable.ts'
import type { AuditRecord } from './record.ts'

/** In UTF-16 units. Long enough for any path that Linux takes (PATH_MAX). */
const MAX_TEXT = 4096
/** In bytes; a reader may take anything longer for damage. */
export const MAX_LINE = 1024 * 1024

type Order = string[] | undefined

/** The order in the line; for a part that is an object, the order inside it (undefined: as given). */
const ORDER: Readonly<Record<keyof AuditRecord, Order>> = {
  v: undefined,
  seq: undefined,
  time: undefined,
  event: undefined,
  actor: ['type', 'id', 'run', 'pid', 'uid'],
  agent: undefined,
  tool: undefined,
  ref: undefined,
  envVar: undefined,
  provider: undefined,
  target: undefined,
  environment: undefined,
  decision: undefined,
  reason: undefined,
  delivery: undefined,
  secret: ['version', 'fingerprint', 'expiresAt'],
  ms: undefined,
  config: undefined,
  command: undefined,
  code: undefined,
  exit: ['code', 'signal'],
  parent: undefined,
  count: undefined,
  detail: undefined,
  prev: undefined,
}
const KEYS = Object.entries(ORDER)

/**
 * The line of a record, without its newline: keys in order, nothing that `ORDER` does not know.
 * Errors: AUDIT_UNAVAILABLE where it would be longer than `MAX_LINE`.
 */
export function serialise(record: AuditRecord): string {
  const values: Readonly<Record<string, unknown>> = { ...record }
  const parts = KEYS.flatMap(([key, order]) =>
    values[key] === undefined ? [] : [[key, arranged(values[key], order)]],
  )
  const line = safeJson(Object.fromEntries(parts))
  if (Buffer.byteLength(line) > MAX_LINE) {
    throw new SecretRefError('AUDIT_UNAVAILABLE', 'a record is too long for the audit log', {
      hint: 'this is a defect of SecretRef: please report which command led to it',
      scope: 'audit',
    })
  }
  return line
}

function arranged(value: unknown, order: Order): unknown {
  if (typeof value !== 'object' || value === null) return bounded(value)
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  const kept = Array.isArray(order)
    ? order.flatMap((key) => entries.filter(([name]) => name === key))
    : entries
  return Object.fromEntries(kept.map(([key, inner]) => [String(bounded(key)), bounded(inner)]))
}

function bounded(value: unknown): unknown {
  if (typeof value !== 'string') return value
  // Cut first: the cut itself may leave half of a surrogate pair.
  return (value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT - 1)}…` : value).toWellFormed()
}
