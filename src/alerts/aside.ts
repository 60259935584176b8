/**
 * Alerts that this version cannot read, as a newer one or a damaged disk has left them: each is given up by
 * itself, so that it holds up no other.
 */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { inTransaction } from '../state/db.ts'
import { DUE, dueOn, type Way } from './fold.ts'
import { ALERTS, FOLDED, SEVERITIES, type Alert, type AlertEvent } from './types.ts'

const EVENTS: readonly AlertEvent[] = [...ALERTS, FOLDED]

/** @returns `undefined` where it is none that this version knows */
export function alertIn(row: Record<string, SQLOutputValue>): Alert | undefined {
  const event = EVENTS.find((one) => one === row['event'])
  const severity = SEVERITIES.find((one) => one === row['severity'])
  const at = new Date(String(row['at']))
  if (event === undefined || severity === undefined || Number.isNaN(at.getTime())) return undefined
  const [hint, agent, ref] = [row['hint'], row['agent'], row['ref']]
  return {
    event,
    severity,
    text: String(row['text']),
    ...(typeof hint === 'string' && { hint }),
    environment: String(row['environment']),
    ...(typeof agent === 'string' && { agent }),
    ...(typeof ref === 'string' && { ref }),
    key: String(row['key']),
    at,
  }
}

/**
 * Gives up what is due and cannot be read.
 *
 * @returns how many
 * @throws STATE_UNAVAILABLE
 */
export function setAside(db: DatabaseSync, way: Way, now: Date): number {
  return inTransaction(db, () => {
    const unreadable = db
      .prepare(`SELECT a.* ${DUE}`)
      .all(...dueOn(way, now))
      .filter((row) => alertIn(row) === undefined)
    const giveUp = db.prepare(
      "UPDATE deliveries SET state = 'given-up', holder = NULL WHERE alert = ? AND channel = ?",
    )
    for (const row of unreadable) giveUp.run(String(row['id']), way.channel)
    return unreadable.length
  })
}
