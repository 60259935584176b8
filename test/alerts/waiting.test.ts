/** What still waits: how much of it, until when, why; and what hurries it. */
import type { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openOutbox } from '../../src/alerts/db.ts'
import { holdBack } from '../../src/alerts/holds.ts'
import {
  due,
  raise,
  take,
  wasNotSent,
  wasSent,
  type Delivery,
  type Holder,
  type Way,
} from '../../src/alerts/outbox.ts'
import { hurry, noteTrouble, waiting } from '../../src/alerts/waiting.ts'
import { tempHome } from '../state/folder.ts'

const NOW = new Date('2026-11-25T12:00:00Z')
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)
const HOLDER: Holder = { self: '1 1', isAlive: () => true }
const WAY: Way = { config: '/c.json', environment: 'production', channel: 'webhook:siem' }

function open(): DatabaseSync {
  const db = openOutbox(tempHome())
  onTestFinished(() => db.close())
  return db
}

function raiseIn(db: DatabaseSync, { config, environment, channel }: Way, key: string): void {
  const about = { event: 'grant.denied', severity: 'critical', text: 't' } as const
  raise(db, config, { ...about, environment, key, at: NOW }, [channel])
}

function takeOne(db: DatabaseSync, at: Date): Delivery {
  const [first] = take(db, WAY, HOLDER, at)
  if (first === undefined) throw new Error('it is due')
  return first
}

test('of each channel: how many, when at the earliest, and why; nothing once it is sent or another config’s', () => {
  const db = open()
  expect(waiting(db, WAY.config, NOW)).toEqual([])
  raiseIn(db, WAY, 'a')
  raiseIn(db, { ...WAY, config: '/another.json' }, 'a')
  expect(waiting(db, WAY.config, NOW)).toEqual([{ ...WAY, count: 1, from: NOW }])
  wasNotSent(db, takeOne(db, NOW), { final: false }, NOW)
  noteTrouble(db, WAY, 'server')
  expect(waiting(db, WAY.config, NOW)).toEqual([
    { ...WAY, count: 1, from: later(5), reason: 'server' },
  ])
  holdBack(db, WAY, { busy: true, after: 60_000 }, NOW)
  raiseIn(db, WAY, 'b')
  raiseIn(db, { ...WAY, environment: 'staging' }, 'a')
  expect(waiting(db, WAY.config, NOW)).toEqual([
    { ...WAY, count: 2, from: later(60), reason: 'server' },
    // Busy is busy for all; why, was not found out here.
    { ...WAY, environment: 'staging', count: 1, from: later(60) },
  ])
  wasSent(db, WAY, takeOne(db, later(61)), later(61))
  expect(waiting(db, WAY.config, later(61)).map(({ reason }) => reason)).toEqual([undefined])
})

test('hurried: what waits by itself is due, what its channel holds back is not, and half of all tries only', () => {
  const db = open()
  raiseIn(db, WAY, 'a')
  wasNotSent(db, takeOne(db, NOW), { final: false, after: 600_000 }, NOW)
  expect(due(db, WAY.config, later(1))).toEqual([])
  hurry(db, '/another.json', later(1))
  expect(due(db, WAY.config, later(1))).toEqual([])
  hurry(db, WAY.config, later(1))
  expect(due(db, WAY.config, later(1))).toEqual([WAY])
  holdBack(db, WAY, { busy: true, after: 60_000 }, later(1))
  hurry(db, WAY.config, later(2))
  expect(due(db, WAY.config, later(2))).toEqual([])
  let tries = 1
  let at = later(62)
  for (;;) {
    hurry(db, WAY.config, at)
    if (due(db, WAY.config, at).length === 0) break
    wasNotSent(db, takeOne(db, at), { final: false }, at)
    tries += 1
    at = new Date(at.getTime() + 1000)
  }
  expect(tries).toBe(25)
})
