/**
 * A channel that is busy, or does not answer, is left alone for a while, whichever alert it was and whoever
 * sends: the next process would only be told the same, and asking again is what it asked us not to do.
 */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../state/db.ts'

/** Files of the first version lack it, so it is made on opening. */
export const HOLDS = `
CREATE TABLE IF NOT EXISTS holds (
  config TEXT NOT NULL,
  environment TEXT NOT NULL,
  channel TEXT NOT NULL,
  failures INTEGER NOT NULL,
  until TEXT NOT NULL,
  PRIMARY KEY (config, environment, channel)
) STRICT`

/** Of a channel that says it is busy: whichever environment sends. No environment has an empty name. */
const ALL = ''
const FIRST_PAUSE_MS = 5_000
/** Without a wish of its own it is asked so often at least, so that nobody waits an hour when it is back. */
const MOST_PAUSE_MS = 5 * 60_000
/** Nobody may ask for more; a time beyond it was written before the clock was set back, and does not count. */
const MOST_ASKED_MS = 3_600_000

interface Way {
  config: string
  environment: string
  channel: string
}

/**
 * @param why `busy`: it takes no more, from anybody; else the one server of this environment is down.
 *   `after`: milliseconds that it asked for
 * @throws STATE_UNAVAILABLE
 */
export function holdBack(
  db: DatabaseSync,
  { config, environment, channel }: Way,
  why: { busy: boolean; after?: number | undefined },
  now: Date,
): void {
  const whose = why.busy ? ALL : environment
  inTransaction(db, () => {
    const known = db
      .prepare('SELECT * FROM holds WHERE config = ? AND environment = ? AND channel = ?')
      .get(config, whose, channel)
    const failures = Number(known?.['failures'] ?? 0) + 1
    const pause = Math.min(MOST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10))
    const ms = Math.min(MOST_ASKED_MS, Math.max(pause, why.after ?? 0))
    const until = new Date(now.getTime() + ms).toISOString()
    // Two that were sent at once may be told different times: the later one counts.
    const before = String(known?.['until'] ?? '')
    const counts = before > until && before <= heldAt(now)[1]
    db.prepare('INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?)').run(
      config,
      whose,
      channel,
      failures,
      counts ? before : until,
    )
  })
}

/** It has taken one. Inside a transaction. */
export function letGo(db: DatabaseSync, { config, environment, channel }: Way): void {
  db.prepare('DELETE FROM holds WHERE config = ? AND channel = ? AND environment IN (?, ?)').run(
    config,
    channel,
    environment,
    ALL,
  )
}

/** A condition on `a` (alerts) and `d` (deliveries), for the two values of `heldAt`. */
export const NOT_HELD = `NOT EXISTS (SELECT 1 FROM holds h WHERE h.config = a.config
  AND h.channel = d.channel AND h.environment IN ('${ALL}', a.environment)
  AND h.until > ? AND h.until <= ?)`

/** Until when a delivery of `d` and `a` is held back; null where it is not. For the values of `heldAt`. */
export const UNTIL = `(SELECT max(h.until) FROM holds h WHERE h.config = a.config
  AND h.channel = d.channel AND h.environment IN ('${ALL}', a.environment)
  AND h.until > ? AND h.until <= ?)`

export function heldAt(now: Date): [string, string] {
  return [now.toISOString(), new Date(now.getTime() + MOST_ASKED_MS).toISOString()]
}
