/** One rotation in one place, whatever refs, environments and configs name it. */
import type { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { beginRotation, openJournal, writeRotation } from '../../src/rotation/journal.ts'
import { openRotationsOf, type Journalled } from '../../src/rotation/journalled.ts'
import { giveBack, takeHold, type Hold } from '../../src/rotation/lock.ts'
import {
  placeKey,
  placesOf,
  replacementIn,
  rotationsIn,
  underWayIn,
} from '../../src/rotation/places.ts'
import type { RefKey, Step } from '../../src/rotation/types.ts'
import { tempHome } from '../state/folder.ts'

/** A file that is there. */
const CONFIG = import.meta.filename
const ONE = { config: CONFIG, environment: 'default', ref: 'key' }
const STAGING = { ...ONE, environment: 'staging' }
const THERE = { ...ONE, config: '/other' }
const NOW = new Date('2026-11-25T00:00:00Z')
const ME = { pid: process.pid, started: '1' }

function journal(): DatabaseSync {
  const db = openJournal(tempHome())
  onTestFinished(() => db.close())
  return db
}

function take(db: DatabaseSync, key: RefKey): Hold {
  const taken = takeHold(db, key, ME, () => false)
  if ('heldBy' in taken) throw new Error('held')
  return taken
}

const inPlace = (db: DatabaseSync, key: RefKey, name = 'here'): Hold => ({
  ...take(db, key),
  place: take(db, placeKey(name)),
})

function begin(db: DatabaseSync, hold: Hold): Journalled {
  const place = `["store",${JSON.stringify(hold.place?.ref)}]`
  return beginRotation(db, hold, { class: 'issued', driver: 'exec', place, from: '7' }, NOW)
}

function at(db: DatabaseSync, hold: Hold, step: Step): Journalled {
  const begun = begin(db, hold)
  writeRotation(db, hold, { ...begun, step }, NOW)
  return begun
}

const busy = (message: RegExp, hint: unknown): unknown =>
  expect.objectContaining({ code: 'AGENT_BUSY', message: expect.stringMatching(message), hint })

test('while one is under way none of another environment or config begins there, nor is written down', () => {
  const db = journal()
  at(db, inPlace(db, ONE), 'distributed')
  expect(() => begin(db, inPlace(db, STAGING))).toThrow(
    busy(
      /^it lies where key in environment default does, whose rotation is not over \(distributed\)/,
      'that one goes on first: secretref secrets rotate --ref key --environment default',
    ),
  )
  expect(() => begin(db, inPlace(db, THERE))).toThrow(
    busy(
      /in environment default of \/.*places.test.ts does/,
      `that one goes on first: secretref secrets rotate --ref key --environment default --config ${CONFIG}`,
    ),
  )
  expect(() => begin(db, inPlace(db, { ...ONE, ref: 'other' }))).toThrow(
    busy(/^it lies/, expect.any(String)),
  )
  expect(openRotationsOf(db, CONFIG).map(({ environment }) => environment)).toEqual(['default'])
  expect(openRotationsOf(db, '/other')).toEqual([])
  expect(begin(db, inPlace(db, STAGING, 'elsewhere')).step).toBe('planned')
})

test('also none that was planned before; and whoever is stuck is told to be that', () => {
  const db = journal()
  const staging = inPlace(db, STAGING)
  begin(db, staging)
  at(db, inPlace(db, ONE), 'stuck')
  expect(() => begin(db, inPlace(db, STAGING))).toThrow(
    busy(
      /\(stuck\)/,
      'it waits for a person: secretref secrets rotation resume key --environment default',
    ),
  )
})

test('one whose config is not there any more is not passed over', () => {
  const db = journal()
  at(db, inPlace(db, THERE), 'distributed')
  expect(() => begin(db, inPlace(db, ONE))).toThrow(
    busy(
      /of \/other does/,
      expect.stringMatching(
        /^its config is not there: .* rotation abandon key --environment default --config \/other$/,
      ),
    ),
  )
})

test.each(['planned', 'done', 'abandoned'] as const)(
  'one that is %s is in nobody’s way',
  (step) => {
    const db = journal()
    const { id } = at(db, inPlace(db, ONE), step)
    expect(begin(db, inPlace(db, THERE)).step).toBe('planned')
    expect(replacementIn(db, 'here', '7')).toBe(step === 'done' ? id : undefined)
    expect(replacementIn(db, 'elsewhere', '7')).toBeUndefined()
  },
)

test('one that an earlier version began goes on, and is known to be there from then on', () => {
  const db = journal()
  const { place: _, ...before } = inPlace(db, ONE)
  const what = { class: 'issued', driver: 'exec', place: '["store","here"]', from: '7' } as const
  writeRotation(db, before, { ...beginRotation(db, before, what, NOW), step: 'staged' }, NOW)
  expect(begin(db, inPlace(db, ONE)).step).toBe('staged')
  expect(() => begin(db, inPlace(db, STAGING))).toThrow(busy(/./, expect.any(String)))
})

test('one whose place has another name by now is known by both from when it goes on', () => {
  const db = journal()
  const { id } = at(db, inPlace(db, ONE, 'before'), 'distributed')
  // Its config says the same; another version of ours, or another variable, names it otherwise.
  const place = '["store","before"]'
  const what = { class: 'issued', driver: 'exec', place, from: '7' } as const
  expect(beginRotation(db, inPlace(db, ONE, 'by now'), what, NOW).step).toBe('distributed')
  expect(placesOf(db, id).toSorted()).toEqual(['before', 'by now'])
  for (const name of ['before', 'by now']) {
    expect(underWayIn(db, name)?.id).toBe(id)
    expect(rotationsIn(db, name)).toEqual([id])
    expect(() => begin(db, inPlace(db, STAGING, name))).toThrow(busy(/./, expect.any(String)))
  }
  const hold = inPlace(db, ONE, 'by now')
  writeRotation(db, hold, { ...beginRotation(db, hold, what, NOW), step: 'done' }, NOW)
  for (const name of ['before', 'by now']) expect(replacementIn(db, name, '7')).toBe(id)
})

test('two that one name has brought together both go on, and no third one begins', () => {
  const db = journal()
  at(db, inPlace(db, ONE, 'before'), 'distributed')
  at(db, inPlace(db, STAGING, 'by now'), 'distributed')
  const going = (key: RefKey, place: string): string => {
    const what = { class: 'issued', driver: 'exec', place, from: '7' } as const
    return beginRotation(db, inPlace(db, key, 'by now'), what, NOW).step
  }
  expect(going(ONE, '["store","before"]')).toBe('distributed')
  expect(going(STAGING, '["store","by now"]')).toBe('distributed')
  expect(() => begin(db, inPlace(db, THERE, 'by now'))).toThrow(busy(/./, expect.any(String)))
})

test('one that has touched nothing is only where it is by now', () => {
  const db = journal()
  const { id } = begin(db, inPlace(db, ONE, 'before'))
  begin(db, inPlace(db, ONE, 'by now'))
  expect(placesOf(db, id)).toEqual(['by now'])
})

test('one that the config has in another place by now is not taken to be there', () => {
  const db = journal()
  at(db, inPlace(db, ONE), 'staged')
  begin(db, inPlace(db, ONE, 'elsewhere'))
  expect(begin(db, inPlace(db, STAGING, 'elsewhere')).step).toBe('planned')
  expect(() => begin(db, inPlace(db, THERE))).toThrow(busy(/./, expect.any(String)))
})

test('one that has lost its place writes nothing, though its ref is still its own', () => {
  const db = journal()
  const late = inPlace(db, ONE)
  const begun = begin(db, late)
  const next = inPlace(db, STAGING)
  expect(() => writeRotation(db, late, { ...begun, step: 'intent' }, NOW)).toThrow(
    expect.objectContaining({ code: 'ROTATION_FENCED' }),
  )
  expect(begin(db, next).step).toBe('planned')
  if (next.place !== undefined) giveBack(db, next.place)
})
