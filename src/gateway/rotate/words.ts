/**
 * The words that control and a rotator exchange, one JSON object a line. Types and closed lists only: read
 * in both wings, and nothing in them can carry a value.
 *
 * control → rotator: the `order`, then one `do` at a time. End of file: wipe and exit.
 * rotator → control: one `did` for each `do`.
 */
import type { Code } from '../../errors.ts'
import type { Location } from '../../plan/types.ts'
import type { Action, Result, Rotation } from '../../rotation/types.ts'

/** What the outside is touched for; the other actions are control's own. */
export const OUTSIDE = [
  'stage',
  'reconcile',
  'create',
  'set',
  'verify',
  'promote',
  'retire',
  'confirm',
  'discard',
] as const satisfies readonly Action[]
export type Outside = (typeof OUTSIDE)[number]

export interface RotationOrder {
  v: 1
  rotation: Pick<Rotation, 'id' | 'class'>
  driver: { type: string; options: Readonly<Record<string, unknown>> }
  /** Where the ref lies. */
  provider: string
  type: string
  options: Readonly<Record<string, unknown>>
  at: Location
  /** The version that is replaced; what is current must still be it. */
  from: string
  /** The store of what is between its steps: absolute paths. */
  staging: { path: string; identity: string }
  fingerprintKey: string
  gatewayPid?: number
}

export type ToRotator = RotationOrder | { do: Outside }

export interface Did {
  did: Outside
  result: Result
  code?: Code
  reason?: string
  /** After `promote`: the version that is current now. */
  version?: string
  /** Of the new value, as soon as there is one. */
  fingerprint?: string
  /** The service's name for the new one. */
  id?: string
}
