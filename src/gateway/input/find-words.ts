/**
 * The words that control and the finder exchange, one JSON line each way. Types only: this file is read
 * in both wings, and nothing in it can carry a value.
 *
 * control → finder (its fd 3): the question. End of file before the answer means: cancel.
 * finder → control (its fd 3): one answer.
 * The value comes in on the finder's fd 0, which control hands on and never reads.
 */
import type { Code } from '../../errors.ts'
import type { Cancelling, InputFault } from './set-words.ts'

export interface Question {
  v: 1
  /** Absolute path of the key for fingerprints. */
  fingerprintKey: string
  /** Whether the terminal can be told to mark where a paste begins and ends. */
  pasteMarks: boolean
}

export type Answer =
  | { type: 'fingerprint'; fingerprint: string }
  | { type: 'refused'; fault: InputFault }
  /** The key cannot be used. */
  | { type: 'failed'; code: Code }
  | { type: 'cancelled'; signal?: Cancelling }
