/**
 * How often each provider was asked in the last minute, over all starts and all gateways of one home:
 * in no 60 seconds do they ask more often than its budget says. Restarts begin no new minute.
 *
 * A start takes what it may need before it asks, and settles afterwards: what it asked counts from then,
 * the rest is given back. What a killed gateway had taken stays taken for a minute.
 */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from './db.ts'

const WINDOW_MS = 60_000

export interface BudgetKey {
  /** Absolute path of the config: two may both name a `vault`. */
  config: string
  provider: string
}

export interface Allotment {
  calls: number
  /** When it was taken, in milliseconds. */
  at: number
}

/** Made by whoever asks the first provider that has a budget. */
const TABLE = `
CREATE TABLE IF NOT EXISTS provider_calls (
  config TEXT NOT NULL,
  provider TEXT NOT NULL,
  at INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (config, provider, at)
) STRICT`

/**
 * @param most what the start may need at most; of what is left, where it depends on that
 * @returns as many of them as are left of this minute: it may be none
 * @throws STATE_UNAVAILABLE
 */
export function takeCalls(
  db: DatabaseSync,
  key: BudgetKey,
  {
    most,
    perMinute,
    now,
  }: { most: number | ((left: number) => number); perMinute: number; now: Date },
): Allotment {
  const at = now.getTime()
  return inTransaction(db, () => {
    db.exec(TABLE)
    forget(db, key, at)
    const { config, provider } = key
    const row = db
      .prepare('SELECT sum(calls) AS calls FROM provider_calls WHERE config = ? AND provider = ?')
      .get(config, provider)
    const left = Math.max(0, perMinute - Number(row?.['calls'] ?? 0))
    const calls = Math.min(typeof most === 'number' ? most : most(left), left)
    add(db, key, at, calls)
    return { calls, at }
  })
}

/**
 * What was taken is over: `spent` of it counts from now on.
 * @throws STATE_UNAVAILABLE
 */
export function settleCalls(
  db: DatabaseSync,
  key: BudgetKey,
  { calls, at }: Allotment,
  spent: number,
  now: Date,
): void {
  inTransaction(db, () => {
    const { config, provider } = key
    // Moved by a clock that was set back, it is not found: then it counts for its minute.
    db.prepare(
      'UPDATE provider_calls SET calls = calls - ? WHERE config = ? AND provider = ? AND at = ? AND calls >= ?',
    ).run(calls, config, provider, at, calls)
    add(db, key, now.getTime(), Math.min(spent, calls))
  })
}

/** Calls older than a minute; one from the future, where the clock was set back, is taken for one of now. */
function forget(db: DatabaseSync, { config, provider }: BudgetKey, at: number): void {
  const ahead = db
    .prepare(
      'SELECT sum(calls) AS calls FROM provider_calls WHERE config = ? AND provider = ? AND at > ?',
    )
    .get(config, provider, at)
  db.prepare(
    'DELETE FROM provider_calls WHERE config = ? AND provider = ? AND (at <= ? OR at > ?)',
  ).run(config, provider, at - WINDOW_MS, at)
  add(db, { config, provider }, at, Number(ahead?.['calls'] ?? 0))
}

function add(db: DatabaseSync, { config, provider }: BudgetKey, at: number, calls: number): void {
  if (calls === 0) return
  db.prepare(
    `INSERT INTO provider_calls (config, provider, at, calls) VALUES (?, ?, ?, ?)
     ON CONFLICT (config, provider, at) DO UPDATE SET calls = calls + excluded.calls`,
  ).run(config, provider, at, calls)
}
