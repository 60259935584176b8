/** Which rotations are under way, wait for a person, or are cut off by the config. */
import type { RotationFact } from '../../findings/judge/facts.ts'
import type { Finding } from '../../findings/types.ts'
import { readJournal } from '../../rotation/journal.ts'
import { openRotationsOf, type Journalled } from '../../rotation/journalled.ts'
import { stoppedBy } from '../../rotation/reasons.ts'
import type { Home } from '../../state/home.ts'
import { answeredOf, type Answered } from '../rotate/answered.ts'
import { cutOffIn, goneInWords, type Gone, type Where } from '../rotate/gone.ts'
import { notLookedAt } from './search.ts'

/** A journal that cannot be read is a note. */
export function rotationFacts(
  where: Where,
  environments: readonly string[],
  home: Home,
): { rotations: RotationFact[]; notes: Finding[] } {
  try {
    const db = readJournal(home)
    if (db === undefined) return { rotations: [], notes: [] }
    try {
      const open = openRotationsOf(db, where.loaded.path).filter(({ environment }) =>
        environments.includes(environment),
      )
      const answered = answeredOf(where, db, open)
      const gone = cutOffIn(where, db)
      return {
        rotations: open.map((one) => factOf(one, answered.get(one.id), gone.get(one.id))),
        notes: [],
      }
    } finally {
      db.close()
    }
  } catch (error) {
    return { rotations: [], notes: [notLookedAt(error, [home.rotations], 'run: secretref doctor')] }
  }
}

function factOf(
  one: Journalled,
  answered: Answered | undefined,
  gone: Gone | undefined,
): RotationFact {
  const { ref, environment, step, failures, updatedAt } = one
  const reason = stoppedBy(one)
  const met = answered?.why?.message
  return {
    ref,
    environment,
    step,
    failures,
    since: updatedAt,
    ...(reason && { reason }),
    ...(met === undefined ? {} : { met }),
    ...(gone === undefined ? {} : { cutOff: goneInWords(gone) }),
  }
}
