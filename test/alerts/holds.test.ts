/** A channel that asked to be left alone is, by everybody and for every alert; and for no longer than that. */
import type { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openOutbox } from '../../src/alerts/db.ts'
import { holdBack } from '../../src/alerts/holds.ts'
import { due, raise, take, wasSent, type Holder, type Way } from '../../src/alerts/outbox.ts'
import type { Home } from '../../src/state/home.ts'
import { tempHome } from '../state/folder.ts'

const NOW = new Date('2026-11-25T12:00:00Z')
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)
const HOLDER: Holder = { self: '1 1', isAlive: () => true }
const way = (environment: string, channel = 'slack'): Way => ({
  config: '/c.json',
  environment,
  channel,
})

function open(home: Home): DatabaseSync {
  const db = openOutbox(home)
  onTestFinished(() => db.close())
  return db
}

function raiseAt(db: DatabaseSync, { config, environment, channel }: Way, key: string): void {
  const about = { event: 'grant.denied', severity: 'critical', text: 't' } as const
  raise(db, config, { ...about, environment, key, at: NOW }, [channel])
}

const isDue = (db: DatabaseSync, one: Way, at: Date): boolean => {
  const listed = due(db, one.config, at).some(
    ({ environment, channel }) => environment === one.environment && channel === one.channel,
  )
  const taken = take(db, one, HOLDER, at).length > 0
  if (taken) db.exec("UPDATE deliveries SET state = 'waiting', not_before = '2026-01-01'")
  expect(taken).toBe(listed)
  return taken
}

test('one that is busy gets nothing as long as it asked for, not a new alert, from no environment and no process', () => {
  const home = tempHome()
  const first = open(home)
  raiseAt(first, way('staging'), 'a')
  holdBack(first, way('staging'), { busy: true, after: 600_000 }, NOW)
  const second = open(home)
  raiseAt(second, way('production'), 'b')
  raiseAt(second, way('production', 'webhook:own'), 'c')
  for (const environment of ['staging', 'production']) {
    expect(isDue(second, way(environment), later(599))).toBe(false)
    expect(isDue(second, way(environment), later(601))).toBe(true)
  }
  expect(isDue(second, way('production', 'webhook:own'), NOW)).toBe(true)
})

test('of two answers that come at once the longer wait counts', () => {
  const db = open(tempHome())
  raiseAt(db, way('production'), 'a')
  holdBack(db, way('production'), { busy: true, after: 600_000 }, NOW)
  holdBack(db, way('production'), { busy: true, after: 30_000 }, NOW)
  expect(isDue(db, way('production'), later(599))).toBe(false)
  expect(isDue(db, way('production'), later(601))).toBe(true)
})

test('one whose server is down holds up its own environment, longer each time, five minutes at most', () => {
  const db = open(tempHome())
  raiseAt(db, way('staging'), 'a')
  raiseAt(db, way('production'), 'b')
  for (const seconds of [5, 10, 20, 40, 80, 160, 300, 300]) {
    holdBack(db, way('staging'), { busy: false }, NOW)
    expect(isDue(db, way('staging'), later(seconds - 1))).toBe(false)
    expect(isDue(db, way('staging'), later(seconds + 1))).toBe(true)
    expect(isDue(db, way('production'), NOW)).toBe(true)
  }
})

test('one that has taken an alert is free at once, and begins anew', () => {
  const db = open(tempHome())
  raiseAt(db, way('production'), 'a')
  for (let i = 0; i < 6; i += 1) holdBack(db, way('production'), { busy: true }, NOW)
  const [delivery] = take(db, way('production'), HOLDER, later(301))
  if (delivery === undefined) throw new Error('it is due')
  wasSent(db, way('production'), delivery, later(301))
  raiseAt(db, way('production'), 'b')
  expect(isDue(db, way('production'), later(301))).toBe(true)
  holdBack(db, way('production'), { busy: true }, later(301))
  expect(isDue(db, way('production'), later(307))).toBe(true)
})

test('a clock that is set back, or a channel that asks for a year, holds nothing up for longer than an hour', () => {
  const db = open(tempHome())
  raiseAt(db, way('production'), 'a')
  holdBack(db, way('production'), { busy: true, after: 365 * 86_400_000 }, NOW)
  expect(isDue(db, way('production'), later(3599))).toBe(false)
  expect(isDue(db, way('production'), later(3601))).toBe(true)
  holdBack(db, way('production'), { busy: true, after: 3_600_000 }, later(86_400))
  expect(isDue(db, way('production'), NOW)).toBe(true)
})
