/**
 * What a provider is: one file, one `Provider`, checked by `test/values/providers/conformance.ts`.
 *
 * - One batch call. Every item gets exactly one outcome, in order. Throwing is a bug.
 * - Three outcomes that are never merged: a value; *not there* or *not allowed* (final); *could not
 *   ask* (`unavailable`, the only one that lets a chain go on).
 * - Optional methods are the capabilities.
 * - A `Buffer` in an outcome belongs to the caller, who wipes it.
 */
import type { Code } from '../../errors.ts'
import type { Stage } from '../../gateway/keep/words.ts'
import type { Location } from '../../plan/types.ts'
import type { FailureReason as Reason, FetchWarning } from '../../policy/reasons.ts'

export type { Location, Reason }

/** A JSON Schema object, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Pure data and one pure function; `scripts/generate.ts` writes the data to where config reads it. */
export interface ProviderSpec {
  type: string
  /** One sentence for docs/configuration.md. */
  summary: string
  /** What a config may say: `type: object`, `additionalProperties: false`. */
  options: JsonSchema
  /** Names of the gateway's variables that this provider may see, for these locations. */
  env(options: Readonly<Record<string, unknown>>, locations: readonly Location[]): readonly string[]
}

export interface Context {
  /** The provider's name in the config. */
  name: string
  /** Aborts at the deadline of the whole start. */
  signal: AbortSignal
  now(): Date
  /** Takes `calls` from this provider's budget; false when it is used up. */
  spend(calls: number): boolean
  /** The variables that `spec.env` named and that exist, as bytes. Wiped by the resolver. */
  env: ReadonlyMap<string, Buffer>
}

export interface Provider {
  spec: ProviderSpec
  open(options: Readonly<Record<string, unknown>>, ctx: Context): Promise<Session>
}

export interface PutOptions {
  /** `absent`, `any`, or the version that must still be there. */
  expect: string
  /** An id of the operation, so that a repeat can be told from a second one. */
  operation: string
  stage?: 'pending' | 'current'
}

export interface Session {
  get(items: readonly Location[]): Promise<readonly Outcome[]>
  /** Names and metadata, never values. Throws `SecretRefError` where it cannot list. */
  list?(prefix: string): AsyncIterable<{ at: Location; meta: Meta }>
  put?(at: Location, value: Buffer, o: PutOptions): Promise<PutOutcome>
  promote?(at: Location, from: string, to: string): Promise<PutOutcome>
  /** Newest last; metadata alone. */
  history?(at: Location): Promise<History | Failure>
  /** All versions of it, where `expect` is the current one. */
  remove?(at: Location, expect: string): Promise<PutOutcome>
  /** Whatever else the lease hangs on is kept alive with it; `seconds` is when the first of them ends. */
  renew?(lease: string, seconds: number): Promise<LeaseOutcome>
  /** `ok` once the credential no longer works; `gone` where there is no such lease any more. */
  revoke?(lease: string): Promise<LeaseOutcome>
  close(): Promise<void>
}

export interface Meta {
  /** `[A-Za-z0-9._:-]{1,128}` */
  version?: string
  createdAt?: Date
  expiresAt?: Date
  warnings?: readonly Warning[]
}

/** Something to tell the user about a value that was delivered all the same. */
export interface Warning {
  code: FetchWarning
  /** A file's path, known from the config; never anything from inside it. */
  place?: string
}

export interface History {
  kind: 'history'
  versions: readonly (Meta & { version: string; stages: readonly Stage[] })[]
}

export interface Lease {
  /** A secret, and opaque: what `renew` and `revoke` of any session of this provider need. 1 to 32,768 characters. */
  id: string
  /** From now on; the shortest of what the value hangs on. */
  seconds: number
  renewable: boolean
}

export type Failure =
  | { kind: 'absent' | 'denied' | 'malformed'; code: Code; place?: string; reason?: Reason }
  | { kind: 'unavailable'; code: Code; place?: string; reason?: Reason; retryAfterMs?: number }

export type Outcome = { kind: 'value'; value: Buffer; meta: Meta; lease?: Lease } | Failure
/**
 * `unknown`: it was sent and no answer came. `at`: where it lies now, in full, where the location that
 * was asked for left that to the provider.
 */
export type PutOutcome =
  | { kind: 'written'; version: string; at?: Location }
  | { kind: 'conflict' }
  | { kind: 'unknown' }
  | Failure
export type LeaseOutcome = { kind: 'ok'; seconds?: number } | { kind: 'gone' } | Failure
