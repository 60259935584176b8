/** The fingerprints of values that agents have received: what `scan` looks for. */
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from './db.ts'

/** Of more, the newest count. */
const MOST = 10_000

/** Each with the ref it belongs to, the newest first. @throws STATE_UNAVAILABLE */
export function knownValues(db: DatabaseSync): { fingerprint: string; ref: string }[] {
  return guarded(db, () =>
    db
      .prepare(
        `SELECT fingerprint, ref FROM grants WHERE fingerprint IS NOT NULL
         GROUP BY fingerprint, ref ORDER BY max(at) DESC LIMIT ?`,
      )
      .all(MOST)
      .map((row) => ({ fingerprint: String(row['fingerprint']), ref: String(row['ref']) })),
  )
}
