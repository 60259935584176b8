/** Why a rotation stopped, in words. */
import type { RotationReason } from './types.ts'

export const REASON_WORDS: Readonly<Record<RotationReason, string>> = {
  refused: 'the service refused',
  unavailable: 'the service could not be asked',
  'current-changed': 'somebody else changed the value',
  'orphan-possible': 'a credential may live at the service that nobody knows',
  'not-undone': 'what was begun could not be undone',
  abandoned: 'given up',
  'rolled-back': 'the old value was wanted back',
}
