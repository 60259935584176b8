import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openOutbox } from '../../src/alerts/db.ts'
import {
  A_MINUTE,
  due,
  freeOfTheDead,
  raise,
  take,
  wasNotSent,
  wasSent,
  type Delivery,
  type Holder,
  type Way,
} from '../../src/alerts/outbox.ts'
import type { Alert } from '../../src/alerts/types.ts'
import { tempHome } from '../state/folder.ts'

const NOW = new Date('2026-11-25T12:00:00Z')
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)
const CONFIG = '/home/me/secretref.json'
const way = (channel: string): Way => ({ config: CONFIG, environment: 'production', channel })
const HOLDER: Holder = { self: '1 1', isAlive: () => true }
const ALERT: Alert = {
  event: 'credential.expiring',
  severity: 'warning',
  text: 'stripe-api-key ends in 5 days',
  hint: 'rotate it',
  environment: 'production',
  ref: 'stripe-api-key',
  key: 'expiring stripe-api-key',
  at: NOW,
}

function open(home = tempHome()): DatabaseSync {
  const db = openOutbox(home)
  onTestFinished(() => {
    if (db.isOpen) db.close()
  })
  return db
}

function only(deliveries: Delivery[]): Delivery {
  const [one, ...more] = deliveries
  if (one === undefined || more.length > 0) throw new Error(`${deliveries.length} deliveries`)
  return one
}

describe('an alert', () => {
  test('is there until its channel has taken it, for whoever opens the file next', () => {
    const home = tempHome()
    expect(raise(open(home), CONFIG, ALERT, ['slack', 'webhook'])).toBe('raised')
    const db = open(home)
    const delivery = only(take(db, way('slack'), HOLDER, NOW))
    expect(delivery).toMatchObject({ channel: 'slack', attempts: 0, count: 1, alert: ALERT })
    wasSent(db, way('slack'), delivery, NOW)
    expect(take(db, way('slack'), HOLDER, later(3600))).toEqual([])
    expect(take(db, way('webhook'), HOLDER, later(3600))).toHaveLength(1)
  })

  test('of the same trouble is one for an hour; what was only counted is told with the next', () => {
    const db = open()
    raise(db, CONFIG, ALERT, ['slack'])
    expect(raise(db, CONFIG, { ...ALERT, at: later(10) }, ['slack'])).toBe('told')
    const first = only(take(db, way('slack'), HOLDER, later(10)))
    expect(first.count).toBe(2)
    wasSent(db, way('slack'), first, later(10))
    expect(raise(db, CONFIG, { ...ALERT, at: later(3599) }, ['slack'])).toBe('told')
    expect(take(db, way('slack'), HOLDER, later(3599))).toEqual([])
    expect(raise(db, CONFIG, { ...ALERT, at: later(3601) }, ['slack'])).toBe('raised')
    expect(only(take(db, way('slack'), HOLDER, later(3601))).count).toBe(2)
    expect(raise(db, CONFIG, { ...ALERT, key: 'another', at: NOW }, ['slack'])).toBe('raised')
  })

  test('that still waits is only counted, however late; a channel it was not meant for gets it', () => {
    const db = open()
    raise(db, CONFIG, ALERT, ['slack'])
    expect(raise(db, CONFIG, { ...ALERT, at: later(9000) }, ['webhook'])).toBe('told')
    expect(only(take(db, way('slack'), HOLDER, later(9000))).count).toBe(2)
    expect(only(take(db, way('webhook'), HOLDER, later(9000))).count).toBe(2)
  })

  test('that somebody is sending is nobody else’s for a minute: then he has died', () => {
    const db = open()
    raise(db, CONFIG, ALERT, ['slack'])
    expect(take(db, way('slack'), HOLDER, NOW)).toHaveLength(1)
    expect(take(db, way('slack'), HOLDER, later(59))).toEqual([])
    expect(take(db, way('slack'), HOLDER, later(61))).toHaveLength(1)
  })

  test('whose sender was killed is anybody’s again at once; of one that lives it is not', () => {
    const db = open()
    raise(db, CONFIG, ALERT, ['slack'])
    take(db, way('slack'), HOLDER, NOW)
    freeOfTheDead(db, HOLDER, later(1))
    expect(take(db, way('slack'), HOLDER, later(1))).toEqual([])
    freeOfTheDead(db, { ...HOLDER, isAlive: (holder) => holder !== '1 1' }, later(1))
    expect(take(db, way('slack'), HOLDER, later(1))).toHaveLength(1)
  })

  test('of one config or environment is no other’s', () => {
    const db = open()
    raise(db, CONFIG, ALERT, ['slack'])
    expect(take(db, { ...way('slack'), config: '/other.json' }, HOLDER, NOW)).toEqual([])
    expect(take(db, { ...way('slack'), environment: 'staging' }, HOLDER, NOW)).toEqual([])
    expect(due(db, '/other.json', NOW)).toEqual([])
    expect(due(db, CONFIG, NOW)).toEqual([way('slack')])
    expect(raise(db, '/other.json', ALERT, ['slack'])).toBe('raised')
  })

  test('that is not taken is tried later and later, or as late as the channel says', () => {
    const db = open()
    raise(db, CONFIG, ALERT, ['slack'])
    wasNotSent(db, only(take(db, way('slack'), HOLDER, NOW)), { final: false }, NOW)
    expect(take(db, way('slack'), HOLDER, later(4))).toEqual([])
    const second = only(take(db, way('slack'), HOLDER, later(5)))
    wasNotSent(db, second, { final: false, after: 600_000 }, later(5))
    expect(take(db, way('slack'), HOLDER, later(604))).toEqual([])
    expect(take(db, way('slack'), HOLDER, later(605))).toHaveLength(1)
  })

  test('that waits for its channel is due as soon as that takes another one', () => {
    const db = open()
    raise(db, CONFIG, ALERT, ['slack', 'webhook'])
    for (const channel of ['slack', 'webhook']) {
      const failed = only(take(db, way(channel), HOLDER, NOW))
      wasNotSent(db, failed, { final: false, after: 3_600_000 }, NOW)
    }
    raise(db, CONFIG, { ...ALERT, key: 'another', at: later(60) }, ['slack'])
    wasSent(db, way('slack'), only(take(db, way('slack'), HOLDER, later(60))), later(60))
    expect(only(take(db, way('slack'), HOLDER, later(60))).alert.key).toBe(ALERT.key)
    expect(take(db, way('webhook'), HOLDER, later(60))).toEqual([])
  })

  test('is given up in the end, or at once where the channel says no for good', () => {
    const db = open()
    raise(db, CONFIG, ALERT, ['slack'])
    const delivery = only(take(db, way('slack'), HOLDER, NOW))
    expect(wasNotSent(db, { ...delivery, attempts: 48 }, { final: false }, NOW)).toBe('waiting')
    expect(wasNotSent(db, { ...delivery, attempts: 49 }, { final: false }, NOW)).toBe('given-up')
    expect(take(db, way('slack'), HOLDER, later(1_000_000))).toEqual([])
    raise(db, CONFIG, { ...ALERT, key: 'another' }, ['slack'])
    const other = only(take(db, way('slack'), HOLDER, later(10)))
    expect(wasNotSent(db, other, { final: true }, NOW)).toBe('given-up')
  })
})

test('a channel gets so many a minute: the gravest, and one that counts the rest', () => {
  const db = open()
  for (let i = 0; i < A_MINUTE + 5; i += 1) raise(db, CONFIG, { ...ALERT, key: `k${i}` }, ['slack'])
  raise(db, CONFIG, { ...ALERT, key: 'grave', severity: 'critical' }, ['slack'])
  const first = take(db, way('slack'), HOLDER, NOW)
  expect(first).toHaveLength(A_MINUTE)
  expect(first[0]?.alert.key).toBe('grave')
  const folded = first.find(({ alert }) => alert.event === 'alert.folded')
  expect(folded?.alert.text).toBe('7 more alerts are not sent one by one: 7 credential.expiring')
  // Nobody else is let while they are on their way, nor for a minute after.
  raise(db, CONFIG, { ...ALERT, key: 'later' }, ['slack'])
  expect(take(db, way('slack'), HOLDER, NOW)).toEqual([])
  for (const delivery of first) wasSent(db, way('slack'), delivery, NOW)
  expect(take(db, way('slack'), HOLDER, later(30))).toEqual([])
  expect(take(db, way('slack'), HOLDER, later(61))).toHaveLength(1)
})

test('of a flood that is not sent either, nothing is lost from the count', () => {
  const db = open()
  let now = 0
  for (let round = 0; round < 4; round += 1) {
    for (let i = 0; i < 100; i += 1) {
      raise(db, CONFIG, { ...ALERT, key: `${round} ${i}` }, ['slack'])
    }
    for (const one of take(db, way('slack'), HOLDER, later(now))) {
      wasNotSent(db, one, { final: false }, later(now))
    }
    now += 3600
  }
  const left = take(db, way('slack'), HOLDER, later(now + 3600))
  expect(left.find(({ alert }) => alert.event === 'alert.folded')?.alert.text).toBe(
    '381 more alerts are not sent one by one: 100 credential.expiring, 281 counted before',
  )
  const counts = left.map(({ alert, count }) => (alert.event === 'alert.folded' ? count : 1))
  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(400)
})
