/**
 * Which versions of a ref hold a credential that its service does not take any more, by our own doing, and
 * which one that lives on there until a person ends it.
 */
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from '../state/db.ts'
import { stateColumn } from './left.ts'
import { rotationsIn } from './places.ts'
import { endWished } from './wishes.ts'
import type { RefKey } from './types.ts'

/** A value of its driver is nobody's to end: no service was told of it. One that leaked is not wanted back. */
const OF_NOBODY = 'generate'

export interface Fates {
  /** By version: when it was ended last. */
  ended: ReadonlyMap<string, Date>
  /** By version: since when it is left to a person; what was ended since is not in it. */
  left: ReadonlyMap<string, Date>
}

/**
 * @param place of the ref now, as the journal names places: versions of another store are other ones
 * @param name of that place, which other environments and configs may name too: what they ended there is
 *   ended
 * @throws STATE_UNAVAILABLE
 */
export function fatesOf(
  db: DatabaseSync,
  { config, environment, ref }: RefKey,
  place: string,
  name: string,
): Fates {
  const rows = guarded(db, () =>
    db
      .prepare(
        `SELECT l.version, ${stateColumn(db)} AS state, max(l.updated_at) AS at
         FROM ledger l JOIN rotations r ON r.id = l.rotation
         WHERE (r.config = ? AND r.environment = ? AND r.ref = ? AND r.place = ?
             OR r.id IN (SELECT value FROM json_each(?)))
           AND (r.driver <> ? OR r.id IN (SELECT value FROM json_each(?)))
           AND l.version IS NOT NULL
         GROUP BY 1, 2`,
      )
      .all(
        config,
        environment,
        ref,
        place,
        JSON.stringify(rotationsIn(db, name)),
        OF_NOBODY,
        JSON.stringify(endWished(db)),
      ),
  )
  const inState = (state: string): Map<string, Date> =>
    new Map(
      rows
        .filter((row) => row['state'] === state)
        .map(({ version, at }) => [String(version), new Date(String(at))]),
    )
  const ended = inState('ended')
  const left = inState('left')
  for (const version of [...ended.keys(), ...inState('current').keys()]) left.delete(version)
  return { ended, left }
}
