/** What is on the disk of rotations, for those who only look: nothing is made by it. */
import type { Home } from '../state/home.ts'
import { openRotationsOf, readJournal, type Journalled, type RefKey } from './journal.ts'
import { lastRotationsOf, type LastRotation } from './ledger.ts'

export interface KnownRotation {
  /** One that is not over, or waits for a person. */
  open?: Journalled
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
        known.set(open.ref, { ...known.get(open.ref), open })
      }
    }
    return known
  } finally {
    db.close()
  }
}
