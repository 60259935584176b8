/**
 * The words that control and the verifier exchange, one JSON object a line. Types and closed lists only:
 * this file is read in both wings, and nothing in it can carry a value.
 *
 * control → verifier (its fd 0): the order, then `ask` with the calls that may be made. End of file means:
 * stop, nobody waits any more; before `ask`: nothing is sent to anybody.
 * verifier → control (its fd 3): `fetched` as a resolver says it, then, after `ask`, `checked`.
 */
import type { Service } from '../../targets/another.ts'
import type { Verdict, Verify } from '../../targets/types.ts'
import type { Sheet } from '../sheet.ts'

/** For one call, from the look-up of the name to the last byte that is read. */
export const CALL_TIMEOUT_MS = 10_000
/** For all calls together, however many there are. */
export const CALLS_TIMEOUT_MS = 600_000
/** Of a service's answer; what is longer is not read on. */
export const MAX_ANSWER_BYTES = 64 * 1024

export interface Order {
  v: 1
  sheet: Sheet
  calls: readonly Call[]
  /** How many services are asked at once. */
  concurrency: number
  /** For all calls, from `ask` on. */
  deadlineMs: number
}

/** Places in the order, each once. The values of no other call are sent. */
export interface Ask {
  type: 'ask'
  calls: readonly number[]
}

export interface Call {
  /** The credential's place on the sheet. */
  item: number
  recipe: Verify
  /** A value that is plainly of another one is not shown to it. */
  service: Service
  /** From a trusted config; replaces scheme, host and port of the recipe. */
  baseUrl?: string
  /** The names in the recipe's `{NAME}`, and where on the sheet their values are. */
  companions: Readonly<Record<string, number>>
  /** Companions that are no secret, as the config states them. */
  settings: Readonly<Record<string, string>>
}

/** Why a service's answer does not settle it, or why nobody was asked. */
export const UNSETTLED = [
  'ambiguous',
  'answer-too-large',
  'bad-answer',
  'companion-missing',
  'not-sendable',
  'other-host',
  'other-target',
  'out-of-time',
  'rate-limited',
  'redirect',
  'server-error',
  'unexpected-answer',
] as const
/** Why a service could not be reached. */
export const UNREACHED = ['connection', 'dns', 'refused', 'timeout', 'tls'] as const
export type Unsettled = (typeof UNSETTLED)[number]
export type Unreached = (typeof UNREACHED)[number]

export interface Checked {
  verdict: Verdict
  /** There with `cannot-tell` and `unreachable`. */
  reason?: Unsettled | Unreached
  /** HTTP's. */
  status?: number
  /** What the value or the answer says of its end, RFC 3339, UTC, milliseconds. */
  expiresAt?: string
  ms: number
}

export type FromVerifier =
  /** One for each call that was asked for, in that order. */
  { type: 'checked'; calls: readonly Checked[] }
