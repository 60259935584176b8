/** What is on the disk of rotations, for those who only look: nothing is made by it. */
import type { Home } from '../state/home.ts'
import { answerOf, type Answer } from './answers.ts'
import { readJournal } from './journal.ts'
import { openRotationsOf, type Journalled } from './journalled.ts'
import type { RefKey } from './types.ts'
import { lastRotationsOf, type LastRotation } from './ledger.ts'

export interface KnownRotation {
  /** One that is not over, or waits for a person. */
  open?: Journalled
  /** Its last answer, where that took it no further. */
  answer?: Answer
  last?: LastRotation
}

/** By ref, of one environment. @throws STATE_UNAVAILABLE */
export function knownRotations(
  home: Home,
  key: Omit<RefKey, 'ref'>,
): ReadonlyMap<string, KnownRotation> {
  const db = readJournal(home)
  if (db === undefined) return new Map()
  try {
    const known = new Map<string, KnownRotation>()
    for (const [ref, last] of lastRotationsOf(db, key)) known.set(ref, { last })
    for (const open of openRotationsOf(db, key.config)) {
      if (open.environment === key.environment) {
        const answer = answerOf(db, open.id)
        const last = known.get(open.ref)
        known.set(open.ref, { ...last, open, ...(answer === undefined ? {} : { answer }) })
      }
    }
    return known
  } finally {
    db.close()
  }
}
