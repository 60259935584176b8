/**
 * `alerts.db`: alerts that are to be sent. One is there before anybody tries to send it, and stays until a
 * channel has taken it or was given up on; whoever comes next, another process too, goes on.
 *
 * The same trouble within an hour is one alert with a count. A channel takes so many a minute; what is
 * over that is one alert that counts it.
 */
import { randomUUID } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { guarded, inTransaction } from '../state/db.ts'
import { damaged } from '../state/failures.ts'
import { alertIn } from './aside.ts'
import { DUE, dueOn, fold, type Way } from './fold.ts'
import { heldAt, letGo, NOT_HELD } from './holds.ts'
import type { Alert } from './types.ts'
import { forgetTrouble } from './waiting.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** Two days of trying, with an hour between the last ones. */
const MOST_ATTEMPTS = 50
const FIRST_PAUSE_MS = 5_000
/** How long a sender may be at it before another one may take it over. */
const TAKEN_MS = 60_000
/** What was sent or given up is kept for so long. */
const KEPT_MS = 30 * 24 * HOUR_MS

export const A_MINUTE = 20

export interface Delivery {
  id: string
  channel: string
  attempts: number
  alert: Alert
  count: number
}

/**
 * Durable when it returns.
 *
 * @param config path of the config that says where its channels are: no other may send it
 * @returns `told` where the same was raised within the hour, or still waits to be sent: then it is only
 *   counted, and sent to channels that it was not meant for yet
 * @throws STATE_UNAVAILABLE
 */
export function raise(
  db: DatabaseSync,
  config: string,
  alert: Alert,
  channels: readonly string[],
): 'raised' | 'told' {
  return inTransaction(db, () => {
    const since = new Date(alert.at.getTime() - HOUR_MS).toISOString()
    const known = db
      .prepare(
        `SELECT id, at, count, told, EXISTS (SELECT 1 FROM deliveries
           WHERE alert = id AND state IN ('waiting', 'taken')) AS waits
         FROM alerts WHERE config = ? AND environment = ? AND key = ? ORDER BY at DESC LIMIT 1`,
      )
      .get(config, alert.environment, alert.key)
    const when = alert.at.toISOString()
    const insert = db.prepare(
      "INSERT OR IGNORE INTO deliveries VALUES (?, ?, 'waiting', 0, ?, NULL, NULL)",
    )
    if (known !== undefined && (known['waits'] === 1 || String(known['at']) > since)) {
      const same = String(known['id'])
      db.prepare('UPDATE alerts SET count = count + 1 WHERE id = ?').run(same)
      for (const channel of channels) insert.run(same, channel, when)
      return 'told'
    }
    forgetOld(db, alert.at)
    // What came after the last message and was only counted is counted in this one.
    const untold = known === undefined ? 0 : Number(known['count']) - Number(known['told'])
    const id = randomUUID()
    const { key, event, severity, text, hint, environment, agent, ref } = alert
    db.prepare('INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)').run(
      id,
      config,
      key,
      event,
      severity,
      text,
      hint ?? null,
      environment,
      agent ?? null,
      ref ?? null,
      when,
      1 + untold,
    )
    for (const channel of channels) insert.run(id, channel, when)
    return 'raised'
  })
}

function forgetOld(db: DatabaseSync, now: Date): void {
  const old = new Date(now.getTime() - KEPT_MS).toISOString()
  db.prepare(
    `DELETE FROM alerts WHERE at < ? AND NOT EXISTS (SELECT 1 FROM deliveries
       WHERE alert = alerts.id AND state IN ('waiting', 'taken'))`,
  ).run(old)
}

/** The process that is about to send, as one that lives can be told from one that has died. */
export interface Holder {
  self: string
  isAlive: (holder: string) => boolean
}

/**
 * What a process had taken that was killed is anybody's again, at once.
 *
 * @throws STATE_UNAVAILABLE
 */
export function freeOfTheDead(db: DatabaseSync, { isAlive }: Holder, now: Date): void {
  guarded(db, () => {
    const held = db.prepare("SELECT DISTINCT holder FROM deliveries WHERE state = 'taken'").all()
    const free = db.prepare(
      `UPDATE deliveries SET state = 'waiting', holder = NULL, not_before = ?
       WHERE state = 'taken' AND holder = ?`,
    )
    for (const { holder } of held) {
      if (!isAlive(String(holder))) free.run(now.toISOString(), String(holder))
    }
  })
}

export type { Way } from './fold.ts'

/**
 * Every way of one config on which something is due.
 *
 * @throws STATE_UNAVAILABLE
 */
export function due(db: DatabaseSync, config: string, now: Date): Way[] {
  const rows = guarded(db, () =>
    db
      .prepare(
        `SELECT DISTINCT a.environment, d.channel FROM deliveries d JOIN alerts a ON a.id = d.alert
         WHERE a.config = ? AND d.state IN ('waiting', 'taken') AND d.not_before <= ?
           AND ${NOT_HELD}
         ORDER BY a.environment, d.channel`,
      )
      .all(config, now.toISOString(), ...heldAt(now)),
  )
  return rows.map((row) => ({
    config,
    environment: String(row['environment']),
    channel: String(row['channel']),
  }))
}

/**
 * Takes what is to be sent now, the gravest first; nobody else gets it for a minute. What cannot be read
 * was set aside before.
 *
 * @throws STATE_UNAVAILABLE
 */
export function take(db: DatabaseSync, way: Way, { self }: Holder, now: Date): Delivery[] {
  const { config, channel } = way
  return inTransaction(db, () => {
    const lately = new Date(now.getTime() - MINUTE_MS).toISOString()
    const sent = db
      .prepare(
        `SELECT count(*) AS n FROM deliveries d JOIN alerts a ON a.id = d.alert
         WHERE a.config = ? AND d.channel = ?
           AND (d.sent_at > ? OR (d.state = 'taken' AND d.not_before > ?))`,
      )
      .get(config, channel, lately, now.toISOString())
    const left = A_MINUTE - Number(sent?.['n'])
    if (left <= 0) return []
    fold(db, way, left, now)
    const rows = db
      .prepare(`SELECT a.*, d.channel, d.attempts ${DUE} LIMIT ?`)
      .all(...dueOn(way, now), left)
    const until = new Date(now.getTime() + TAKEN_MS).toISOString()
    const hold = db.prepare(
      `UPDATE deliveries SET state = 'taken', not_before = ?, holder = ?
       WHERE alert = ? AND channel = ?`,
    )
    for (const row of rows) hold.run(until, self, String(row['id']), channel)
    return rows.map((row) => toDelivery(db, row))
  })
}

/**
 * The channel takes alerts: what waits for it to come back is due at once.
 *
 * @throws STATE_UNAVAILABLE
 */
export function wasSent(
  db: DatabaseSync,
  way: Way,
  { id, channel, count }: Delivery,
  now: Date,
): void {
  inTransaction(db, () => {
    letGo(db, way)
    forgetTrouble(db, way)
    db.prepare(
      `UPDATE deliveries SET state = 'sent', attempts = attempts + 1, sent_at = ?
       WHERE alert = ? AND channel = ?`,
    ).run(now.toISOString(), id, channel)
    db.prepare('UPDATE alerts SET told = max(told, ?) WHERE id = ?').run(count, id)
    db.prepare(
      `UPDATE deliveries SET not_before = min(not_before, ?1)
       WHERE channel = ?2 AND state = 'waiting' AND alert IN (
         SELECT id FROM alerts WHERE config = ?3 AND environment = ?4)`,
    ).run(now.toISOString(), channel, way.config, way.environment)
  })
}

/**
 * There was no time for it: it is anybody's again, and this was no try.
 *
 * @throws STATE_UNAVAILABLE
 */
export function wasLeft(db: DatabaseSync, { id, channel }: Delivery, now: Date): void {
  guarded(db, () =>
    db
      .prepare(
        `UPDATE deliveries SET state = 'waiting', holder = NULL, not_before = ?
         WHERE alert = ? AND channel = ? AND state = 'taken'`,
      )
      .run(now.toISOString(), id, channel),
  )
}

/**
 * Tried again later, twice as late each time, up to an hour.
 *
 * @param after milliseconds that the channel asked for
 * @returns `given-up` after fifty tries, or where it is `final`
 * @throws STATE_UNAVAILABLE
 */
export function wasNotSent(
  db: DatabaseSync,
  { id, channel, attempts }: Delivery,
  why: { final: boolean; after?: number },
  now: Date,
): 'waiting' | 'given-up' {
  const tries = attempts + 1
  const state = why.final || tries >= MOST_ATTEMPTS ? 'given-up' : 'waiting'
  const pause = Math.max(Math.min(HOUR_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)), why.after ?? 0)
  guarded(db, () =>
    db
      .prepare(
        `UPDATE deliveries SET state = ?, attempts = ?, not_before = ?
         WHERE alert = ? AND channel = ?`,
      )
      .run(state, tries, new Date(now.getTime() + pause).toISOString(), id, channel),
  )
  return state
}

function toDelivery(db: DatabaseSync, row: Record<string, SQLOutputValue>): Delivery {
  const alert = alertIn(row)
  if (alert === undefined) throw damaged(db.location() ?? 'alerts.db')
  return {
    id: String(row['id']),
    channel: String(row['channel']),
    attempts: Number(row['attempts']),
    count: Number(row['count']),
    alert,
  }
}
