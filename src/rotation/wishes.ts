/**
 * That the old value of a rotation is to end at once, whoever holds it: somebody fears that it leaked, and
 * whoever goes on with the rotation has to know.
 */
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from '../state/db.ts'
import type { Journalled } from './journalled.ts'

/** Made on use: a journal of an earlier version does not have it. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS wishes (
  rotation TEXT NOT NULL,
  version TEXT NOT NULL,
  PRIMARY KEY (rotation, version)
) STRICT;
`

/** What is said of: the version that a rotation replaces. One that begins anew may replace another one. */
type Of = Pick<Journalled, 'id' | 'from'>

/** Durable when it returns. @throws STATE_UNAVAILABLE */
export function wishEnd(db: DatabaseSync, { id, from }: Of): void {
  guarded(db, () => {
    db.exec(SCHEMA)
    db.prepare('INSERT OR IGNORE INTO wishes VALUES (?, ?)').run(id, from)
  })
}

/** Makes nothing: who only looks may ask it too. @throws STATE_UNAVAILABLE */
export function isEndWished(db: DatabaseSync, { id, from }: Of): boolean {
  return guarded(db, () => {
    if (!isThere(db)) return false
    const row = db.prepare('SELECT 1 FROM wishes WHERE rotation = ? AND version = ?').get(id, from)
    return row !== undefined
  })
}

/** Ids of rotations whose old value was to end at once. Makes nothing. @throws STATE_UNAVAILABLE */
export function endWished(db: DatabaseSync): string[] {
  return guarded(db, () => {
    if (!isThere(db)) return []
    const rows = db.prepare('SELECT DISTINCT rotation FROM wishes').all()
    return rows.map((row) => String(row['rotation']))
  })
}

function isThere(db: DatabaseSync): boolean {
  return db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'wishes'`).get() !== undefined
}
