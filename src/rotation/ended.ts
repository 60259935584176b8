/** Which versions of a ref hold a credential that its service does not take any more, by our own doing. */
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from '../state/db.ts'
import type { RefKey } from './types.ts'
import { rotationsIn } from './places.ts'

/** A value of its driver is nobody's to end: no service was told of it. */
const OF_NOBODY = 'generate'

/**
 * @param place of the ref now, as the journal names places: versions of another store are other ones
 * @param name of that place, which other environments and configs may name too: what they ended there is
 *   ended
 * @returns by version, when it was ended last
 * @throws STATE_UNAVAILABLE
 */
export function endedVersionsOf(
  db: DatabaseSync,
  { config, environment, ref }: RefKey,
  place: string,
  name: string,
): Map<string, Date> {
  const rows = guarded(db, () =>
    db
      .prepare(
        `SELECT l.version, max(l.updated_at) AS at FROM ledger l JOIN rotations r ON r.id = l.rotation
         WHERE (r.config = ? AND r.environment = ? AND r.ref = ? AND r.place = ?
             OR r.id IN (SELECT value FROM json_each(?)))
           AND r.driver <> ? AND l.state = 'ended' AND l.version IS NOT NULL
         GROUP BY l.version`,
      )
      .all(config, environment, ref, place, JSON.stringify(rotationsIn(db, name)), OF_NOBODY),
  )
  return new Map(rows.map(({ version, at }) => [String(version), new Date(String(at))]))
}
