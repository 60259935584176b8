/** What a provider answered, as metadata: all that policy learns of a value. Types, and one closed list. */
import type { Code } from '../errors.ts'

export interface FetchedValue {
  outcome: 'value'
  provider: string
  version?: string
  createdAt?: string
  expiresAt?: string
  fingerprint: string
  /** It was issued for this fetch and ends by itself: to fetch it again would issue another. */
  lease?: { seconds: number; renewable: boolean }
  /** Where the sheet asked for it: whether the value has the form of one of the targets named there. */
  form?: Form
  /** When it was read, where nobody could be asked now: the last good value. */
  stale?: string
  ms: number
  passed: readonly PassedStep[]
  warnings: readonly { code: string; place?: string }[]
}
export const FORMS = ['fits', 'unfit'] as const
export type Form = (typeof FORMS)[number]

export interface FetchedFailure {
  outcome: 'failure'
  kind: 'absent' | 'denied' | 'malformed' | 'unavailable'
  code: Code
  reason?: string
  /** What was kept of it for outages could not be removed. */
  undropped?: true
  place?: string
  provider: string
  ms: number
  passed: readonly PassedStep[]
}
/** A provider that was asked first and did not answer, or (opted in) did not have it. */
export interface PassedStep {
  provider: string
  code: Code
}
export type Fetched = FetchedValue | FetchedFailure
