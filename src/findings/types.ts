/** What an audit or a scan found. Shared words; no value, and no part of one, is ever in it. */

export const FINDING_CODES = [
  // gateway audit
  'unused-ref',
  'unknown-ref',
  'unresolved',
  'not-listed',
  'hardcoded-credential',
  'deprecated-ref',
  'deprecation-passed',
  'expired',
  'expiring',
  'no-expiry',
  'not-rotated',
  'rotation-overdue',
  'rotation-stuck',
  'plaintext-in-production',
  'shared-value',
  'shared-across-environments',
  'format-mismatch',
  'target-mismatch',
  'weak-permissions',
  'foreign-owner',
  'uncovered-binding',
  'idle-agent',
  // scan
  'credential',
  'known-value',
  'skipped',
  'unreadable',
] as const
export type FindingCode = (typeof FINDING_CODES)[number]

/** SARIF's own levels. `note` never makes `--check` fail. */
export type Severity = 'error' | 'warning' | 'note'

/** Where it is; at least one of the fields. */
export interface Place {
  /** Absolute. */
  file?: string
  /** From 1. */
  line?: number
  column?: number
  /** In a config: `agents.a.tool-bindings.t`. */
  at?: string
  /** A provider as the config names it. */
  provider?: string
}

export interface Finding {
  code: FindingCode
  severity: Severity
  /** One lower-case sentence without a full stop. */
  message: string
  /** What to do, one sentence. */
  hint: string
  places: readonly Place[]
  ref?: string
  agent?: string
  tool?: string
  envVar?: string
  environment?: string
  /**
   * Ids of targets that fit, or of kinds that no service has for itself (`private-key`); more than one
   * where a form is shared.
   */
  targets?: readonly string[]
  /** Of the value, under this installation's own key: for an allow-list, never for anybody else. */
  fingerprint?: string
  /** The ref's `note`, for the article's parenthesis. */
  note?: string
}
