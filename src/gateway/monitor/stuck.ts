/**
 * Rotations that were left to a person. Whoever left one may have died before anybody was told: the journal
 * knows of it, whichever agents are bound to its ref, and each look tells of it again.
 */
import type { Alert } from '../../alerts/types.ts'
import { readJournal } from '../../rotation/journal.ts'
import { openRotationsOf, type Journalled } from '../../rotation/journalled.ts'
import { REASON_WORDS } from '../../rotation/reasons.ts'
import type { Gateway } from '../gateway.ts'
import { alertOfRotation, wordsOf } from '../rotate/tell.ts'

export type Stuck = Pick<Journalled, 'ref' | 'environment' | 'reason' | 'failures'>

/** @throws STATE_UNAVAILABLE */
export function stuckIn({ home, loaded }: Gateway, environment: string): Stuck[] {
  const db = readJournal(home)
  if (db === undefined) return []
  try {
    return openRotationsOf(db, loaded.path)
      .filter((one) => one.step === 'stuck' && one.environment === environment)
      .map(({ ref, reason, failures }) =>
        reason === undefined
          ? { ref, environment, failures }
          : { ref, environment, failures, reason },
      )
  } finally {
    db.close()
  }
}

/** The same alert as the one that the rotation itself raises: who was told within the hour is not again. */
export function stuckAlert(stuck: Stuck, at: Date): Alert[] {
  const { reason } = stuck
  const why = reason && { message: REASON_WORDS[reason], hint: '' }
  const words = wordsOf(stuck, 'stuck', why)
  return words === undefined ? [] : [alertOfRotation(words, { ...stuck, at })]
}
