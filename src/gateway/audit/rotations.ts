/** Which rotations are under way, or wait for a person. */
import type { RotationFact } from '../../findings/judge/facts.ts'
import type { Finding } from '../../findings/types.ts'
import { readJournal } from '../../rotation/journal.ts'
import { openRotationsOf, type Journalled } from '../../rotation/journalled.ts'
import type { Home } from '../../state/home.ts'
import { notLookedAt } from './search.ts'

/** @param path of the config. A journal that cannot be read is a note */
export function rotationFacts(
  path: string,
  environments: readonly string[],
  home: Home,
): { rotations: RotationFact[]; notes: Finding[] } {
  try {
    const db = readJournal(home)
    if (db === undefined) return { rotations: [], notes: [] }
    try {
      const rotations = openRotationsOf(db, path)
        .filter(({ environment }) => environments.includes(environment))
        .map(factOf)
      return { rotations, notes: [] }
    } finally {
      db.close()
    }
  } catch (error) {
    return { rotations: [], notes: [notLookedAt(error, [home.rotations], 'run: secretref doctor')] }
  }
}

function factOf({ ref, environment, step, reason, failures, updatedAt }: Journalled): RotationFact {
  const about = { ref, environment, step, failures, since: updatedAt }
  return reason === undefined ? about : { ...about, reason }
}
