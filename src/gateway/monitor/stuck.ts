/**
 * Rotations that were left to a person. Whoever left one may have died before anybody was told: the journal
 * knows of it, whichever agents are bound to its ref, and each look tells of it again.
 */
import type { Alert } from '../../alerts/types.ts'
import { readJournal } from '../../rotation/journal.ts'
import { openRotationsOf, type Journalled } from '../../rotation/journalled.ts'
import { stoppedBy, whyInWords } from '../../rotation/reasons.ts'
import type { Gateway } from '../gateway.ts'
import { answeredOf, type Answered } from '../rotate/answered.ts'
import { alertOfRotation, wordsOf } from '../rotate/tell.ts'

export interface Stuck extends Pick<Journalled, 'ref' | 'environment' | 'reason' | 'failures'> {
  /** In words. */
  why?: string
}

/** @throws STATE_UNAVAILABLE */
export function stuckIn(gateway: Gateway, environment: string): Stuck[] {
  const db = readJournal(gateway.home)
  if (db === undefined) return []
  try {
    const stuck = openRotationsOf(db, gateway.loaded.path).filter(
      (one) => one.step === 'stuck' && one.environment === environment,
    )
    const answered = answeredOf(gateway, db, stuck)
    return stuck.map((one) => stuckOf(one, answered.get(one.id)))
  } finally {
    db.close()
  }
}

function stuckOf(one: Journalled, answered: Answered | undefined): Stuck {
  const { ref, environment, failures } = one
  const reason = stoppedBy(one)
  const why = whyInWords(reason, answered?.why?.message)
  return { ref, environment, failures, ...(reason && { reason }), ...(why && { why }) }
}

/** The same alert as the one that the rotation itself raises: who was told within the hour is not again. */
export function stuckAlert(stuck: Stuck, at: Date): Alert[] {
  const { why } = stuck
  const words = wordsOf(stuck, 'stuck', why === undefined ? undefined : { message: why, hint: '' })
  return words === undefined ? [] : [alertOfRotation(words, { ...stuck, at })]
}
