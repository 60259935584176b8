/**
 * The words that control and a rotator exchange, one JSON object a line. Types and closed lists only: read
 * in both wings, and nothing in them can carry a value.
 *
 * control → rotator: the `order`, then one `do` at a time. End of file: wipe and exit.
 * rotator → control: one `did` for each `do`.
 * A new value that a person brings comes in on the rotator's fd 4, which control hands on and never reads.
 */
import type { Location } from '../../plan/types.ts'
import type { Answer } from '../../rotation/answers.ts'
import type { Action, Rotation } from '../../rotation/types.ts'
import type { KeptPlaces } from '../sheet.ts'
import type { Call } from '../verify/words.ts'

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

/** By which call a service is asked, as the catalogue and a trusted config say it. */
export type Asking = Pick<Call, 'recipe' | 'service' | 'baseUrl' | 'settings'>

/** One provider, and a place in it. */
export interface Place {
  provider: string
  type: string
  options: Readonly<Record<string, unknown>>
  at: Location
}

export interface RotationOrder {
  v: 1
  rotation: Pick<Rotation, 'id' | 'class'>
  driver: { type: string; options: Readonly<Record<string, unknown>> }
  /** Where the ref lies. */
  provider: string
  type: string
  options: Readonly<Record<string, unknown>>
  at: Location
  /** Those that a person gave up, of every ref: what is still staged of them is wiped with this one. */
  givenUp: readonly string[]
  /** The version that is replaced; what is current must still be it. */
  from: string
  /** Where last good values of it may be kept, which go with what is replaced. */
  kept?: KeptPlaces
  /** The store of what is between its steps: absolute paths. */
  staging: { path: string; identity: string }
  fingerprintKey: string
  gatewayPid?: number
  /** Where the credential lies by which the driver acts, and where its lease is kept if it has one. */
  admin?: Place & {
    leases?: { at: string; key: string }
    /** Calls that it may take to fetch it; left out where nobody counts them. */
    calls?: number
  }
  /** Of a driver that asks a service of the catalogue. */
  asking?: Asking
  /** There where a person is at hand to bring a new value: the gateway's own stdin, at a prompt on a terminal. */
  input?: {
    /** For the prompt. */
    ref: string
    /** Whether the terminal can be told to mark where a paste begins and ends. */
    pasteMarks: boolean
  }
}

/**
 * `open`: a creation was sent before, and what became of it is not known. `calls`: so many the store of the
 * ref may be asked for it; left out where nobody counts them.
 */
export type ToRotator = RotationOrder | { do: Outside; open?: true; calls?: number }

export type { Whose } from '../../rotation/answers.ts'

export interface Did extends Answer<Outside> {
  /** After `promote`: the version that is current now. */
  version?: string
  /** Of the new value, as soon as there is one. */
  fingerprint?: string
  /** After `promote`: of the old value. */
  replaced?: string
  /** A last good value of before is still kept for an outage. */
  undropped?: true
  /** Calls to the store of the ref, where they are counted. */
  spent?: number
  /** The service's name for the new one; of one that a lost answer had left behind, when it is ended. */
  id?: string
}
