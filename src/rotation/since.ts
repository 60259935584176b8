/**
 * Since when a ref has the value that it has, for a schedule that goes by age: many stores do not say it.
 * Then it counts from our own rotation that made this value current, else from when a schedule first saw
 * it, which is written down once. A moment that lies ahead of the clock is believed of nobody.
 */
import type { DatabaseSync } from 'node:sqlite'
import { guarded, inTransaction } from '../state/db.ts'
import type { RefKey } from './types.ts'

export interface Since {
  at: Date
  /** Who says so. */
  by: 'store' | 'rotation' | 'seen'
}

/** Made on use: a journal of an earlier version does not have it. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS seen (
  config TEXT NOT NULL,
  environment TEXT NOT NULL,
  ref TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (config, environment, ref)
) STRICT;
`

/** A value, as its store describes it. */
export interface Described {
  fingerprint: string
  /** RFC 3339. */
  createdAt?: string
}

/**
 * @param db the journal; `undefined` where nothing was ever rotated
 * @throws STATE_UNAVAILABLE
 */
export function sinceOf(
  db: DatabaseSync | undefined,
  key: RefKey,
  { fingerprint, createdAt }: Described,
  now: Date,
): Since | undefined {
  const stated = createdAt === undefined ? undefined : new Date(createdAt)
  if (stated !== undefined && stated <= now) return { at: stated, by: 'store' }
  if (db === undefined) return undefined
  return guarded(
    db,
    () => promotedAt(db, key, fingerprint, now) ?? seenAt(db, key, fingerprint, now),
  )
}

/** Durable when it returns; of a value that was seen before, that stays. @throws STATE_UNAVAILABLE */
export function noteSeen(
  db: DatabaseSync,
  key: RefKey,
  { fingerprint }: Described,
  now: Date,
): Since {
  return inTransaction(db, () => {
    db.exec(SCHEMA)
    const before = seenAt(db, key, fingerprint, now)
    if (before !== undefined) return before
    const { config, environment, ref } = key
    db.prepare('INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)').run(
      config,
      environment,
      ref,
      fingerprint,
      now.toISOString(),
    )
    return { at: now, by: 'seen' }
  })
}

function promotedAt(
  db: DatabaseSync,
  { config, environment, ref }: RefKey,
  fingerprint: string,
  now: Date,
): Since | undefined {
  const row = db
    .prepare(
      `SELECT max(r.promoted_at) AS at FROM ledger l JOIN rotations r ON r.id = l.rotation
       WHERE r.config = ? AND r.environment = ? AND r.ref = ? AND l.role = 'new'
         AND l.fingerprint = ? AND r.promoted_at <= ?`,
    )
    .get(config, environment, ref, fingerprint, now.toISOString())
  const at = row?.['at']
  return typeof at === 'string' ? { at: new Date(at), by: 'rotation' } : undefined
}

function seenAt(
  db: DatabaseSync,
  { config, environment, ref }: RefKey,
  fingerprint: string,
  now: Date,
): Since | undefined {
  if (db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'seen'`).get() === undefined) {
    return undefined
  }
  const row = db
    .prepare(
      `SELECT at FROM seen WHERE config = ? AND environment = ? AND ref = ? AND fingerprint = ?
         AND at <= ?`,
    )
    .get(config, environment, ref, fingerprint, now.toISOString())
  const at = row?.['at']
  return typeof at === 'string' ? { at: new Date(at), by: 'seen' } : undefined
}
