/**
 * What still waits for its channel, why, and until when: for whoever sends, and ends while something is
 * left.
 */
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from '../state/db.ts'
import type { Way } from './fold.ts'
import { heldAt, UNTIL } from './holds.ts'

/** Why a channel took nothing when it was last tried. Files of the first version lack it, so it is made on opening. */
export const TROUBLES = `
CREATE TABLE IF NOT EXISTS troubles (
  config TEXT NOT NULL,
  environment TEXT NOT NULL,
  channel TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (config, environment, channel)
) STRICT`

/** @param reason one word, as it is on record. @throws STATE_UNAVAILABLE */
export function noteTrouble(
  db: DatabaseSync,
  { config, environment, channel }: Way,
  reason: string,
): void {
  guarded(db, () =>
    db
      .prepare('INSERT OR REPLACE INTO troubles VALUES (?, ?, ?, ?)')
      .run(config, environment, channel, reason),
  )
}

/** It has taken one. Inside a transaction. */
export function forgetTrouble(db: DatabaseSync, { config, environment, channel }: Way): void {
  db.prepare('DELETE FROM troubles WHERE config = ? AND environment = ? AND channel = ?').run(
    config,
    environment,
    channel,
  )
}

export interface Waiting extends Way {
  /** Alerts that are not sent, and are not being sent. */
  count: number
  /** When the first of them may be sent: its own time, and its channel's. */
  from: Date
  /** Left out where nobody has tried. */
  reason?: string
}

/** @throws STATE_UNAVAILABLE */
export function waiting(db: DatabaseSync, config: string, now: Date): Waiting[] {
  const rows = guarded(db, () =>
    db
      .prepare(
        `SELECT a.environment, d.channel, count(*) AS n,
           min(max(d.not_before, coalesce(${UNTIL}, ''))) AS at,
           (SELECT t.reason FROM troubles t WHERE t.config = a.config
              AND t.environment = a.environment AND t.channel = d.channel) AS reason
         FROM deliveries d JOIN alerts a ON a.id = d.alert
         WHERE a.config = ? AND d.state = 'waiting'
         GROUP BY a.environment, d.channel ORDER BY a.environment, d.channel`,
      )
      .all(...heldAt(now), config),
  )
  return rows.map((row) => {
    const one: Waiting = {
      config,
      environment: String(row['environment']),
      channel: String(row['channel']),
      count: Number(row['n']),
      from: new Date(String(row['at'])),
    }
    if (typeof row['reason'] === 'string') one.reason = row['reason']
    return one
  })
}

/** So many tries are hurried; those after them are spread over a day, whoever asks. */
const MOST_HURRIED = 25

/**
 * Somebody asks for all to be tried that may be: what was the matter may be mended. A channel that is to be
 * left alone still is.
 *
 * @throws STATE_UNAVAILABLE
 */
export function hurry(db: DatabaseSync, config: string, now: Date): void {
  guarded(db, () =>
    db
      .prepare(
        `UPDATE deliveries SET not_before = ?1 WHERE state = 'waiting' AND not_before > ?1
           AND attempts < ?2 AND alert IN (SELECT id FROM alerts WHERE config = ?3)`,
      )
      .run(now.toISOString(), MOST_HURRIED, config),
  )
}
