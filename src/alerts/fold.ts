/**
 * A flood of different alerts (a store is down, and five thousand agents say so) would hold up a channel
 * for hours. Where more is due than it takes in a minute, the gravest are sent and one that counts the rest.
 */
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { heldAt, NOT_HELD } from './holds.ts'
import { FOLDED, SEVERITIES } from './types.ts'

/** What is due on a way, the gravest first; for the values of `dueOn`. */
export const DUE = `
  FROM deliveries d JOIN alerts a ON a.id = d.alert
  WHERE a.config = ? AND a.environment = ? AND d.channel = ?
    AND d.state IN ('waiting', 'taken') AND d.not_before <= ? AND ${NOT_HELD}
  ORDER BY a.severity = 'critical' DESC, a.severity = 'warning' DESC, a.at`

export function dueOn({ config, environment, channel }: Way, now: Date): string[] {
  return [config, environment, channel, now.toISOString(), ...heldAt(now)]
}

/** Where something may be sent now. */
export interface Way {
  config: string
  environment: string
  channel: string
}

/**
 * Inside a transaction.
 *
 * @param most alerts that may be due afterwards; at least one
 */
export function fold(db: DatabaseSync, way: Way, most: number, now: Date): void {
  const { config, environment, channel } = way
  const at = now.toISOString()
  const due = db.prepare(`SELECT a.id, a.event, a.severity, a.count ${DUE}`).all(...dueOn(way, now))
  if (due.length <= most) return
  const rest = due.slice(most - 1)
  const drop = db.prepare(
    "UPDATE deliveries SET state = 'folded', holder = NULL WHERE alert = ? AND channel = ?",
  )
  for (const { id } of rest) drop.run(String(id), channel)
  const numbers = new Map<string, number>()
  for (const { event, count } of rest) {
    const kind = String(event)
    // One that counts others already stands for them.
    numbers.set(kind, (numbers.get(kind) ?? 0) + (kind === FOLDED ? Number(count) : 1))
  }
  const number = [...numbers.values()].reduce((sum, one) => sum + one, 0)
  const before = numbers.get(FOLDED)
  const kinds = [...numbers]
    .filter(([kind]) => kind !== FOLDED)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, n]) => `${n} ${kind}`)
  if (before !== undefined) kinds.push(`${before} counted before`)
  const severity = SEVERITIES.findLast((one) => rest.some((row) => row['severity'] === one))
  const id = randomUUID()
  db.prepare(
    `INSERT INTO alerts (id, config, key, event, severity, text, hint, environment, at, count, told)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
  ).run(
    id,
    config,
    `${FOLDED} ${id}`,
    FOLDED,
    severity ?? 'warning',
    `${number} more alerts are not sent one by one: ${kinds.join(', ')}`,
    '`secretref log show --event alert.raised` lists them all',
    environment,
    at,
    number,
  )
  db.prepare(
    `INSERT INTO deliveries (alert, channel, state, attempts, not_before)
     VALUES (?, ?, 'waiting', 0, ?)`,
  ).run(id, channel, at)
}
