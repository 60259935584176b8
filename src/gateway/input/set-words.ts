/**
 * The words that control and the setter exchange, one JSON line each way. Types only: this file is read
 * in both wings, and nothing in it can carry a value.
 *
 * control → setter (its fd 3): the instruction. End of file before the value is stored means: cancel.
 * setter → control (its fd 3): one report.
 * The value comes in on the setter's fd 0, which control hands on and never reads.
 */
import type { Code } from '../../errors.ts'
import type { Location } from '../../plan/types.ts'
import type { KeptPlaces } from '../sheet.ts'

export interface Instruction {
  v: 1
  /** For the prompt. */
  ref: string
  provider: string
  type: string
  options: Readonly<Record<string, unknown>>
  at: Location
  /** An id of this one write. */
  operation: string
  /** Absolute path of the key for fingerprints; made on first use, in the value wing. */
  fingerprintKey: string
  /** Where last good values of this place may be kept, which go with a change of it. */
  kept?: KeptPlaces
  /** How many calls may be made; left out: as many as it takes. */
  calls?: number
  /** Whose variables the provider may see, where there is a /proc to read them from. */
  gatewayPid?: number
  /** Whether the terminal can be told to mark where a paste begins and ends. */
  pasteMarks: boolean
  /** What the value is for: for each of its uses, ids of the targets that it may be a credential of. */
  expected: readonly (readonly string[])[]
}

/** Why what came on stdin is no value. */
export const INPUT_FAULTS = ['empty', 'too-large', 'many-lines', 'control', 'unreadable'] as const
export type InputFault = (typeof INPUT_FAULTS)[number]

export const STORED_WARNINGS = ['PLACEHOLDER_VALUE', 'NUL_BYTE'] as const
export type StoredWarning = (typeof STORED_WARNINGS)[number]

/** Signals that end a prompt. */
export const CANCELLING = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const
export type Cancelling = (typeof CANCELLING)[number]

export type Report = {
  /** Calls made. */
  spent?: number
} & (
  | {
      type: 'written'
      version?: string
      fingerprint: string
      warnings: readonly StoredWarning[]
      /** The file that holds it now, and the key in it. */
      place?: string
      field?: string
      /** Ids of the targets whose form the value has; left out where it has none of its own. */
      looksLike?: readonly string[]
      /** A last good value of before is still kept for an outage. */
      undropped?: true
      /** Of each use that is `expected` and that the value's form does not fit, the first id. */
      misfits?: readonly string[]
    }
  | { type: 'refused'; fault: InputFault }
  /** Nothing was stored; `unknown`: it was, perhaps not durably; `no-key`: no fingerprint can be made. */
  | {
      type: 'failed'
      what: 'store' | 'conflict' | 'unknown' | 'no-key'
      code: Code
      reason?: string
      place?: string
    }
  | { type: 'cancelled'; signal?: Cancelling }
)
