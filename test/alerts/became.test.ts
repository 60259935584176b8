/** What is said of an alert on each of its channels, after somebody tried to send it. */
import { expect, onTestFinished, test } from 'vitest'
import { becameOf } from '../../src/alerts/became.ts'
import { openOutbox } from '../../src/alerts/db.ts'
import { raise, take, wasNotSent, wasSent } from '../../src/alerts/outbox.ts'
import type { Alert } from '../../src/alerts/types.ts'
import { tempHome } from '../state/folder.ts'

const NOW = new Date('2026-11-25T12:00:00Z')
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)
const CONFIG = '/home/me/secretref.json'
const ALERT: Alert = {
  event: 'credential.expiring',
  severity: 'warning',
  text: 'api-key ends in 5 days',
  environment: 'default',
  ref: 'api-key',
  key: 'expiring api-key',
  at: NOW,
}

test('sent now, sent before and only counted, not sent yet, given up: each channel by itself', () => {
  const db = openOutbox(tempHome())
  onTestFinished(() => db.close())
  const became = (since: Date): object => Object.fromEntries(becameOf(db, CONFIG, ALERT, since))
  expect(became(NOW)).toEqual({})
  raise(db, CONFIG, ALERT, ['a', 'b', 'c'])
  expect(became(NOW)).toEqual({ a: 'waiting', b: 'waiting', c: 'waiting' })
  for (const channel of ['a', 'b']) {
    const way = { config: CONFIG, environment: 'default', channel }
    const [delivery] = take(db, way, { self: '1 1', isAlive: () => true }, NOW)
    if (delivery === undefined) throw new Error('it is due')
    if (channel === 'a') wasSent(db, way, delivery, later(1))
    else wasNotSent(db, delivery, { final: true }, later(1))
  }
  expect(became(NOW)).toEqual({ a: 'sent', b: 'given-up', c: 'waiting' })
  raise(db, CONFIG, { ...ALERT, at: later(60) }, ['a'])
  expect(became(later(60))).toEqual({ a: 'counted', b: 'given-up', c: 'waiting' })
  expect(Object.fromEntries(becameOf(db, CONFIG, { ...ALERT, key: 'other' }, NOW))).toEqual({})
})
