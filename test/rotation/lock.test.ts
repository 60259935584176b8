/** The lock of a ref: one holder at a time, and nothing that a late one writes. */
import type { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { beginRotation, openJournal, writeRotation } from '../../src/rotation/journal.ts'
import { rotationsOf } from '../../src/rotation/journalled.ts'
import { giveBack, takeHold, type Hold } from '../../src/rotation/lock.ts'
import { tempHome } from '../state/folder.ts'

const KEY = { config: '/c', environment: 'production', ref: 'stripe-api-key' }
const NOW = new Date('2026-11-25T00:00:00Z')
const ME = { pid: process.pid, started: '1' }
const OTHER = { pid: 4_000_001, started: '2' }
const WHAT = { class: 'issued', driver: 'exec', place: '["store",{}]', from: '7' } as const

function open(home = tempHome()): DatabaseSync {
  const db = openJournal(home)
  onTestFinished(() => {
    if (db.isOpen) db.close()
  })
  return db
}

function hold(db: DatabaseSync, holder = ME): Hold {
  const taken = takeHold(db, KEY, holder, () => false)
  if ('heldBy' in taken) throw new Error('held')
  return taken
}

test('a ref is held by one who lives; the next one has a higher number', () => {
  const db = open()
  const first = hold(db)
  expect(takeHold(db, KEY, OTHER, () => true)).toEqual({ heldBy: ME.pid })
  const second = hold(db, OTHER)
  expect(second.fence).toBe(first.fence + 1)
})

test('one that has lost its hold writes nothing and gives nothing back', () => {
  const db = open()
  const late = hold(db)
  const rotation = beginRotation(db, late, WHAT, NOW)
  hold(db, OTHER)
  const write = (): void => writeRotation(db, late, { ...rotation, step: 'promoted' }, NOW)
  expect(write).toThrow(expect.objectContaining({ code: 'ROTATION_FENCED' }))
  expect(() => beginRotation(db, late, WHAT, NOW)).toThrow(/taken over/)
  giveBack(db, late)
  expect(takeHold(db, KEY, ME, () => true)).toEqual({ heldBy: OTHER.pid })
  expect(rotationsOf(db, KEY.config).map((one) => one.step)).toEqual(['planned'])
})
