/** From when a value's age counts, where its store does not say it. */
import { expect, test } from 'vitest'
import { beginRotation, openJournal, writeRotation } from '../../src/rotation/journal.ts'
import { giveBack, takeHold } from '../../src/rotation/lock.ts'
import { noteSeen, sinceOf } from '../../src/rotation/since.ts'
import { tempHome } from '../state/folder.ts'

const KEY = { config: '/c', environment: 'default', ref: 'key' }
const ONE = { fingerprint: 'hmac-sha256:1' }
const OTHER = { fingerprint: 'hmac-sha256:2' }
const day = (n: number): Date => new Date(Date.UTC(2026, 10, n))

function journal(): ReturnType<typeof openJournal> {
  return openJournal(tempHome())
}

test('what the store says counts', () => {
  const db = journal()
  noteSeen(db, KEY, ONE, day(9))
  const made = { ...ONE, createdAt: day(3).toISOString() }
  expect(sinceOf(db, KEY, made, day(10))).toEqual({ at: day(3), by: 'store' })
  expect(sinceOf(undefined, KEY, made, day(10))).toEqual({ at: day(3), by: 'store' })
})

test('where it says nothing, our own rotation that made this value current', () => {
  const db = journal()
  const hold = takeHold(db, KEY, { pid: 1, started: '1' }, () => false)
  if ('heldBy' in hold) throw new Error('held')
  const about = { class: 'issued', driver: 'exec', place: '', from: '1' } as const
  const begun = beginRotation(db, hold, about, day(4))
  writeRotation(db, hold, { ...begun, step: 'staged' }, day(4), ONE)
  writeRotation(db, hold, { ...begun, step: 'promoted' }, day(5), { version: '2' })
  giveBack(db, hold)
  expect(sinceOf(db, KEY, ONE, day(10))).toEqual({ at: day(5), by: 'rotation' })
  // Somebody else has changed it since.
  expect(sinceOf(db, KEY, OTHER, day(10))).toBeUndefined()
  expect(sinceOf(db, { ...KEY, environment: 'staging' }, ONE, day(10))).toBeUndefined()
})

test('else when it was seen first, which is written once for a value', () => {
  const db = journal()
  expect(sinceOf(db, KEY, ONE, day(1))).toBeUndefined()
  expect(noteSeen(db, KEY, ONE, day(1))).toEqual({ at: day(1), by: 'seen' })
  expect(noteSeen(db, KEY, ONE, day(6))).toEqual({ at: day(1), by: 'seen' })
  expect(sinceOf(db, KEY, ONE, day(7))).toEqual({ at: day(1), by: 'seen' })
  expect(sinceOf(db, KEY, OTHER, day(7))).toBeUndefined()
  noteSeen(db, KEY, OTHER, day(8))
  expect(sinceOf(db, KEY, OTHER, day(9))).toEqual({ at: day(8), by: 'seen' })
})

test('a moment that lies ahead of the clock is believed of nobody, so that an age begins', () => {
  const db = journal()
  noteSeen(db, KEY, ONE, day(20))
  const made = { ...ONE, createdAt: day(25).toISOString() }
  expect(sinceOf(db, KEY, made, day(2))).toBeUndefined()
  expect(noteSeen(db, KEY, made, day(2))).toEqual({ at: day(2), by: 'seen' })
  expect(sinceOf(db, KEY, made, day(3))).toEqual({ at: day(2), by: 'seen' })
})
