/** What an alert says: names and closed words, never a value. */
import type { Entry } from '../audit/record.ts'

export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export const ALERTS = [
  'credential.expiring',
  'credential.expired',
  'credential.rejected',
  'credential.unreadable',
  'grant.denied',
  'grant.revoked',
  'lease.lost',
  'provider.stale',
  'rotation.guided',
  'rotation.failed',
  'rotation.stuck',
] as const
/** Counts others that are not sent one by one; nobody raises it and no route names it. */
export const FOLDED = 'alert.folded'
export type AlertEvent = (typeof ALERTS)[number] | typeof FOLDED

/** As a route names them: one, or all of a kind. */
export const ALERT_EVENTS = [
  ...ALERTS,
  'credential.*',
  'grant.*',
  'lease.*',
  'provider.*',
  'rotation.*',
] as const

export interface Alert {
  event: AlertEvent
  severity: Severity
  /** One sentence, lower-case, without a full stop. */
  text: string
  /** What to do. */
  hint?: string
  environment: string
  agent?: string
  ref?: string
  /** The same trouble has the same one: it is told once, and counted. */
  key: string
  at: Date
}

/** What goes on record and, where it raises an alert, that alert: sent only if the record is durable. */
export interface Noted extends Entry {
  alert?: Alert
}
