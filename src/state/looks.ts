/**
 * When each ref was last looked at by the watch over ends, where one look did not come to all of them: the
 * next one begins with those that have waited longest.
 */
import type { DatabaseSync } from 'node:sqlite'
import { guarded, inTransaction } from './db.ts'

interface Key {
  /** Absolute path of the config. */
  config: string
  environment: string
}

/** Made by the first look that did not come to its end. */
const TABLE = `
CREATE TABLE IF NOT EXISTS looks (
  config TEXT NOT NULL,
  environment TEXT NOT NULL,
  ref TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (config, environment, ref)
) STRICT`

/** @returns by ref, in milliseconds; nothing of one that no look has come to. @throws STATE_UNAVAILABLE */
export function lastLooks(db: DatabaseSync, { config, environment }: Key): Map<string, number> {
  return guarded(db, () => {
    const there = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'looks'").get()
    if (there === undefined) return new Map()
    const rows = db
      .prepare('SELECT ref, at FROM looks WHERE config = ? AND environment = ?')
      .all(config, environment)
    return new Map(rows.map((row) => [String(row['ref']), Number(row['at'])]))
  })
}

/** In place of what was known: a ref that is gone is forgotten. @throws STATE_UNAVAILABLE */
export function keepLooks(
  db: DatabaseSync,
  { config, environment }: Key,
  looks: ReadonlyMap<string, number>,
): void {
  inTransaction(db, () => {
    db.exec(TABLE)
    db.prepare('DELETE FROM looks WHERE config = ? AND environment = ?').run(config, environment)
    const insert = db.prepare('INSERT INTO looks VALUES (?, ?, ?, ?)')
    for (const [ref, at] of looks) insert.run(config, environment, ref, at)
  })
}
