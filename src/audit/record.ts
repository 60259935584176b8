/**
 * One line of the audit log. No value ever, no control character: a record is built from names that a
 * config's grammar allows, closed codes and dates.
 */
import type { Code } from '../errors.ts'

export const EVENTS = [
  'log.opened',
  'log.recovered',
  'log.archived',
  'log.continued',
  'anchor.failed',
  'config.loaded',
  'config.trusted',
  'config.reloaded',
  'config.rejected',
  'grant.intent',
  'grant.checked',
  'grant.released',
  'grant.delivered',
  'grant.denied',
  'grant.failed',
  'grant.skipped',
  'grant.revoked',
  'provider.fallback',
  'provider.stale',
  'lease.issued',
  'lease.renewed',
  'lease.revoked',
  'lease.lost',
  'keeper.restarted',
  'credential.changed',
  'store.listed',
  'run.started',
  'run.ended',
  'run.skipped',
  'secret.intent',
  'secret.written',
  'secret.removed',
  'secret.failed',
  'credential.verified',
  'credential.rejected',
  'credential.unsettled',
  'rotation.begun',
  'rotation.intent',
  'rotation.step',
  'rotation.promoted',
  'rotation.done',
  'rotation.failed',
  'rotation.stuck',
  'rotation.resumed',
  'rotation.abandoned',
  'rotation.rolled-back',
  'rotation.revoke-now',
  'alert.raised',
  'duty.failed',
  'alert.sent',
  'alert.failed',
] as const
export type Event = (typeof EVENTS)[number]

export interface Actor {
  type: 'user' | 'agent' | 'gateway'
  /** The user's name, or the agent's where one agent starts another. */
  id: string
  run?: string
  pid: number
  uid: number
}

/** What a caller says; `seq`, `time` and `prev` are the log's own. Order here is the order in the line. */
export interface Entry {
  event: Event
  actor: Actor
  agent?: string
  tool?: string
  ref?: string
  envVar?: string
  provider?: string
  target?: string
  environment?: string
  decision?: 'allow' | 'deny'
  reason?: string
  delivery?: 'env' | 'file' | 'none'
  secret?: { version?: string; fingerprint?: string; expiresAt?: string }
  ms?: number
  /** SHA-256 of the config file, hex. */
  config?: string
  /** Path of what was run; never its arguments. */
  command?: string
  code?: Code
  exit?: { code?: number; signal?: string }
  parent?: string
  count?: number
  detail?: Readonly<Record<string, string | number | boolean>>
}

export interface AuditRecord extends Entry {
  v: 1
  /** From 1, without a gap. */
  seq: number
  /** RFC 3339, UTC, milliseconds. */
  time: string
  /** RFC 6962 leaf hash of the line before, hex: SHA-256(0x00 ‖ line without its newline). */
  prev: string
}
