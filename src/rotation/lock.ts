/**
 * Who works on a ref holds its lock, with a number that grows with every holder (a fence). Whatever is
 * written names its number; one that has lost the lock, and does not know it yet, is refused.
 */
import type { DatabaseSync } from 'node:sqlite'
import { SecretRefError } from '../errors.ts'
import { guarded, inTransaction } from '../state/db.ts'
import type { RefKey } from './types.ts'

export const LOCK_SCHEMA = `
CREATE TABLE locks (
  config TEXT NOT NULL,
  environment TEXT NOT NULL,
  ref TEXT NOT NULL,
  fence INTEGER NOT NULL,
  pid INTEGER,
  started TEXT,
  PRIMARY KEY (config, environment, ref)
) STRICT;
`

export interface Holder {
  pid: number
  /** When that process began, by which a pid that was given away is told. */
  started: string | undefined
}

/** The right to work on one ref, for as long as nobody else has taken it. */
export interface Hold extends RefKey {
  fence: number
  /** That of the place that it lies in, which other refs may name too: without it nothing is written either. */
  place?: Hold
}

/**
 * Takes the lock of a ref where nobody alive holds it.
 *
 * @returns the hold, or the pid of who has it
 * @throws STATE_UNAVAILABLE
 */
export function takeHold(
  db: DatabaseSync,
  { config, environment, ref }: RefKey,
  self: Holder,
  alive: (holder: Holder) => boolean,
): Hold | { heldBy: number } {
  return inTransaction(db, () => {
    const row = db
      .prepare('SELECT * FROM locks WHERE config = ? AND environment = ? AND ref = ?')
      .get(config, environment, ref)
    const { pid, started } = row ?? {}
    const since = typeof started === 'string' ? started : undefined
    if (typeof pid === 'number' && alive({ pid, started: since })) return { heldBy: pid }
    const fence = Number(row?.['fence'] ?? 0) + 1
    db.prepare('INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?, ?, ?)').run(
      config,
      environment,
      ref,
      fence,
      self.pid,
      self.started ?? null,
    )
    return { config, environment, ref, fence }
  })
}

/** Gives it back; one that was lost already is somebody else's, and stays so. @throws STATE_UNAVAILABLE */
export function giveBack(db: DatabaseSync, { config, environment, ref, fence }: Hold): void {
  guarded(db, () =>
    db
      .prepare(
        `UPDATE locks SET pid = NULL, started = NULL
         WHERE config = ? AND environment = ? AND ref = ? AND fence = ?`,
      )
      .run(config, environment, ref, fence),
  )
}

/** @throws ROTATION_FENCED where it has been lost; STATE_UNAVAILABLE */
export function requireHold(db: DatabaseSync, hold: Hold): void {
  const { ref, place } = hold
  const held = guarded(db, () => isHeld(db, hold) && (place === undefined || isHeld(db, place)))
  if (held) return
  throw new SecretRefError('ROTATION_FENCED', `the rotation of ${ref} was taken over`, {
    scope: 'ref',
    hint: 'another process goes on with it; `secretref secrets rotation status` shows it',
  })
}

function isHeld(db: DatabaseSync, { config, environment, ref, fence }: Hold): boolean {
  const row = db
    .prepare('SELECT fence FROM locks WHERE config = ? AND environment = ? AND ref = ?')
    .get(config, environment, ref)
  return row?.['fence'] === fence
}
