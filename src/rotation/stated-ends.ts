/**
 * Ends that a config states are said of the value that was there then. Once a rotation has replaced it, the
 * same end says nothing of the new one: without this it would be due again at once, and for ever.
 */
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from '../state/db.ts'
import type { RefKey } from './types.ts'

/** Made on use: a journal of an earlier version does not have it. */
const SCHEMA =
  'CREATE TABLE IF NOT EXISTS stated_ends (rotation TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT'

/** What the config states when a rotation begins. @param at RFC 3339. @throws STATE_UNAVAILABLE */
export function keepStatedEnd(db: DatabaseSync, rotation: string, at: string): void {
  guarded(db, () => {
    db.exec(SCHEMA)
    db.prepare('INSERT OR REPLACE INTO stated_ends VALUES (?, ?)').run(rotation, at)
  })
}

/**
 * Whether the value with this fingerprint was made by a rotation of ours that has replaced the one of which
 * this end is said.
 *
 * @param db the journal; `undefined` where nothing was ever rotated
 * @param fingerprint left out: whether any rotation has replaced one of which it is said
 * @throws STATE_UNAVAILABLE
 */
export function isEndOfBefore(
  db: DatabaseSync | undefined,
  { config, environment, ref }: RefKey,
  fingerprint: string | undefined,
  at: string,
): boolean {
  if (db === undefined) return false
  return guarded(db, () => {
    const known = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'stated_ends'`).get()
    if (known === undefined) return false
    const row = db
      .prepare(
        `SELECT 1 FROM stated_ends s
         JOIN rotations r ON r.id = s.rotation
         JOIN ledger l ON l.rotation = r.id AND l.role = 'new'
         WHERE r.config = ? AND r.environment = ? AND r.ref = ?
           AND l.fingerprint = coalesce(?, l.fingerprint) AND s.at = ?`,
      )
      .get(config, environment, ref, fingerprint ?? null, at)
    return row !== undefined
  })
}
