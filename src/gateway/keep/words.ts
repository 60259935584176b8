/**
 * The words that control and the keeper exchange, one JSON line each way. Types and closed lists only:
 * read in both wings, and nothing in it can carry a value.
 */
import type { Code } from '../../errors.ts'
import type { Location } from '../../plan/types.ts'
import type { KeptPlaces } from '../sheet.ts'

export const STAGES = ['current', 'previous', 'pending'] as const
export type Stage = (typeof STAGES)[number]

export interface KeepOrder {
  v: 1
  provider: string
  type: string
  options: Readonly<Record<string, unknown>>
  at: Location
  /** Where last good values of this place may be kept, which go with a change of it. */
  kept?: KeptPlaces
  /** How many calls may be made; left out: as many as it takes. */
  calls?: number
  /** Whose variables the provider may see, where there is a /proc to read them from. */
  gatewayPid?: number
  /** `to`: a version; left out: the previous one. */
  action: { kind: 'history' } | { kind: 'rollback'; to?: string } | { kind: 'remove' }
}

export interface KeptVersion {
  version: string
  stages: readonly Stage[]
  createdAt?: string
  expiresAt?: string
}

/** `nothing`: there is no version to go back to; `unsupported`: this kind of provider keeps none. */
export const KEEP_FAULTS = ['store', 'conflict', 'unknown', 'nothing', 'unsupported'] as const
export type KeepFault = (typeof KEEP_FAULTS)[number]

/** `to`: what is current now; `of`: where that is a new version, the one whose value it has. `undropped`: a last good value of before is still kept. */
export type Kept = {
  /** Calls made. */
  spent?: number
} & (
  | { type: 'history'; versions: readonly KeptVersion[] }
  | { type: 'changed'; from?: string; to?: string; of?: string; undropped?: true }
  | { type: 'failed'; what: KeepFault; code: Code; reason?: string; place?: string }
)
