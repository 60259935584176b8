/** When the new value of a rotation became current, so that it can be told how long ago that is. */
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from '../state/db.ts'
import type { Moment } from '../state/moment.ts'

/** Made on use: a journal of an earlier version does not have it. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS marks (
  rotation TEXT PRIMARY KEY,
  at TEXT NOT NULL,
  boot TEXT,
  up INTEGER
) STRICT;
`

/** @param id of the rotation. @throws STATE_UNAVAILABLE */
export function markPromoted(db: DatabaseSync, id: string, { at, boot, up }: Moment): void {
  guarded(db, () => {
    db.exec(SCHEMA)
    db.prepare('INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)').run(
      id,
      at.toISOString(),
      boot ?? null,
      up ?? null,
    )
  })
}

/** @returns `undefined` where it was not marked, as by an earlier version. @throws STATE_UNAVAILABLE */
export function promotionOf(db: DatabaseSync, id: string): Moment | undefined {
  return guarded(db, () => {
    const there = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'marks'`).get()
    if (there === undefined) return undefined
    const row = db.prepare('SELECT at, boot, up FROM marks WHERE rotation = ?').get(id)
    if (row === undefined) return undefined
    const { at, boot, up } = row
    return {
      at: new Date(String(at)),
      ...(typeof boot === 'string' && typeof up === 'number' ? { boot, up } : {}),
    }
  })
}

const TOLD = 'CREATE TABLE IF NOT EXISTS told (rotation TEXT PRIMARY KEY) STRICT'

/** Whether it was told that nobody can go on with this rotation. @throws STATE_UNAVAILABLE */
export function isTold(db: DatabaseSync, id: string): boolean {
  return guarded(db, () => {
    db.exec(TOLD)
    return db.prepare('SELECT 1 FROM told WHERE rotation = ?').get(id) !== undefined
  })
}

/** @throws STATE_UNAVAILABLE */
export function markTold(db: DatabaseSync, id: string): void {
  guarded(db, () => db.prepare('INSERT OR IGNORE INTO told VALUES (?)').run(id))
}

/**
 * Of all others of this config it is told again, should it come to that. What was told of another config's
 * is for its own gateway to say.
 *
 * @throws STATE_UNAVAILABLE
 */
export function keepTold(db: DatabaseSync, config: string, ids: readonly string[]): void {
  guarded(db, () => {
    db.exec(TOLD)
    db.prepare(
      `DELETE FROM told WHERE rotation IN (SELECT id FROM rotations WHERE config = ?)
        AND rotation NOT IN (SELECT value FROM json_each(?))`,
    ).run(config, JSON.stringify(ids))
  })
}
