/**
 * Credentials of ours that live at their service and that no rotation ends any more: one that was given up
 * as it stood has left it, or nobody but a person can end it.
 */
import type { DatabaseSync } from 'node:sqlite'

/** Beside the ledger, whose states are closed; made on use: a journal of an earlier version does not have it. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS left_alive (
  rotation TEXT NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (rotation, role)
) STRICT;
`

/** Part of the transaction that writes the ledger's row of it. */
export function enterLeft(db: DatabaseSync, rotation: string, role: string, left: boolean): void {
  db.exec(SCHEMA)
  const words = left
    ? 'INSERT OR IGNORE INTO left_alive VALUES (?, ?)'
    : 'DELETE FROM left_alive WHERE rotation = ? AND role = ?'
  db.prepare(words).run(rotation, role)
}

/** @returns SQL for the state of a row `l` of the ledger, as who only looks can ask it too */
export function stateColumn(db: DatabaseSync): string {
  const there = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'left_alive'`).get()
  if (there === undefined) return 'l.state'
  return `CASE WHEN EXISTS (SELECT 1 FROM left_alive a WHERE a.rotation = l.rotation AND a.role = l.role)
    THEN 'left' ELSE l.state END`
}
