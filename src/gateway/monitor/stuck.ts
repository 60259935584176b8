/**
 * Rotations that were left to a person, and those that the config has cut off. Whoever left one may have died
 * before anybody was told: the journal knows of it, whichever agents are bound to its ref, and each look tells
 * of it again.
 */
import type { Alert } from '../../alerts/types.ts'
import { readJournal } from '../../rotation/journal.ts'
import { openRotationsOf, type Journalled } from '../../rotation/journalled.ts'
import { stoppedBy, whyInWords } from '../../rotation/reasons.ts'
import type { Gateway } from '../gateway.ts'
import { answeredOf, type Answered } from '../rotate/answered.ts'
import { cutOffIn, goneInWords, goneWords, type Gone } from '../rotate/gone.ts'
import { alertOfRotation, wordsOf } from '../rotate/tell.ts'

export interface Stuck extends Pick<Journalled, 'ref' | 'environment' | 'reason' | 'failures'> {
  /** In words. */
  why?: string
  /** Of one that the config has cut off: what a person does. */
  hint?: string
}

/** @throws STATE_UNAVAILABLE */
export function stuckIn(gateway: Gateway, environment: string): Stuck[] {
  const db = readJournal(gateway.home)
  if (db === undefined) return []
  try {
    const gone = cutOffIn(gateway, db)
    const stuck = openRotationsOf(db, gateway.loaded.path).filter(
      (one) => one.environment === environment && (one.step === 'stuck' || gone.has(one.id)),
    )
    const answered = answeredOf(gateway, db, stuck)
    return stuck.map((one) => stuckOf(one, answered.get(one.id), gone.get(one.id)))
  } finally {
    db.close()
  }
}

function stuckOf(one: Journalled, answered: Answered | undefined, gone: Gone | undefined): Stuck {
  const { ref, environment, failures } = one
  const reason = stoppedBy(one)
  const about = { ref, environment, failures, ...(reason && { reason }) }
  const why = one.step === 'stuck' ? whyInWords(reason, answered?.why?.message) : undefined
  if (gone === undefined) return { ...about, ...(why && { why }) }
  const { message, hint } = goneInWords(gone)
  return { ...about, why: why === undefined ? message : `${why}, and ${message}`, hint }
}

/** The same alert as the one that the rotation itself raises: who was told within the hour is not again. */
export function stuckAlert(stuck: Stuck, at: Date): Alert[] {
  const { why, hint } = stuck
  const words =
    why !== undefined && hint !== undefined
      ? goneWords(stuck.ref, { message: why, hint })
      : wordsOf(stuck, 'stuck', why === undefined ? undefined : { message: why, hint: '' })
  return words === undefined ? [] : [alertOfRotation(words, { ...stuck, at })]
}
