/** The journal of rotations: one holder at a time, and nothing that a late one writes. */
import { spawnSync } from 'node:child_process'
import type { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import {
  beginRotation,
  giveBack,
  openJournal,
  rotationsOf,
  takeHold,
  writeRotation,
  type Hold,
} from '../../src/rotation/journal.ts'
import { ledgerOf } from '../../src/rotation/ledger.ts'
import type { Rotation } from '../../src/rotation/types.ts'
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

function hold(db: DatabaseSync, holder = ME, alive = false): Hold {
  const taken = takeHold(db, KEY, holder, () => alive)
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

test('who asks again joins the one that is under way; after its end there is a new one', () => {
  const db = open()
  const held = hold(db)
  const first = beginRotation(db, held, WHAT, NOW)
  writeRotation(db, held, { ...first, step: 'creating', open: true, notBefore: NOW }, NOW)
  const joined = beginRotation(db, held, WHAT, NOW)
  expect(joined).toEqual({ ...first, step: 'creating', open: true, notBefore: NOW })
  writeRotation(db, held, { ...joined, step: 'done' }, NOW)
  expect(beginRotation(db, held, WHAT, NOW).id).not.toBe(first.id)
})

test('one that is stuck is not begun anew', () => {
  const db = open()
  const held = hold(db)
  const first = beginRotation(db, held, WHAT, NOW)
  writeRotation(db, held, { ...first, step: 'stuck', reason: 'orphan-possible' }, NOW)
  expect(beginRotation(db, held, { ...WHAT, from: '8' }, NOW)).toMatchObject({
    id: first.id,
    step: 'stuck',
  })
})

test('what was written is there after a kill -9', () => {
  const home = tempHome()
  const db = open(home)
  const held = hold(db)
  const { id } = beginRotation(db, held, WHAT, NOW)
  const script = `
    const { openJournal, rotationsOf, writeRotation } = await import(${JSON.stringify(
      new URL('../../src/rotation/journal.ts', import.meta.url).href,
    )})
    const db = openJournal(${JSON.stringify(home)})
    const [rotation] = rotationsOf(db, '/c')
    writeRotation(db, ${JSON.stringify(held)}, { ...rotation, step: 'verified' }, new Date(0))
    process.kill(process.pid, 'SIGKILL')`
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  expect(signal).toBe('SIGKILL')
  expect(rotationsOf(open(home), '/c')).toMatchObject([{ id, step: 'verified' }])
})

test('the ledger knows every credential of ours, and what became of it', () => {
  const db = open()
  const held = hold(db)
  const first = beginRotation(db, held, WHAT, NOW)
  const rows = (): string[] =>
    ledgerOf(db, KEY.config).map(
      ({ role, state, upstream, version }) => `${role} ${state} ${upstream ?? version ?? '-'}`,
    )
  const write = (rotation: Rotation, told = {}): void =>
    writeRotation(db, held, rotation, NOW, told)
  write({ ...first, step: 'staged' }, { id: 'key_2', fingerprint: 'f2' })
  expect(rows()).toEqual(['new made key_2'])
  write({ ...first, step: 'promoted' }, { version: '8' })
  expect(rows().toSorted()).toEqual(['new current key_2', 'old previous 7'])
  write({ ...first, step: 'done' })
  expect(rows().toSorted()).toEqual(['new current key_2', 'old ended 7'])

  const second = beginRotation(db, held, { ...WHAT, from: '8' }, NOW)
  write({ ...second, step: 'staged' }, { id: 'key_3' })
  write({ ...second, step: 'promoted' }, { version: '9' })
  expect(rows()).toContain('new previous key_2')
  write({ ...second, step: 'done' })
  expect(rows().filter((row) => !row.includes('ended'))).toEqual(['new current key_3'])

  const third = beginRotation(db, held, { ...WHAT, from: '9' }, NOW)
  write({ ...third, step: 'staged' }, { id: 'key_4' })
  write({ ...third, step: 'failed' })
  expect(rows().filter((row) => !row.includes('ended'))).toEqual(['new current key_3'])
})

test('a try of what comes next, which tells nothing of the new one, takes no name away', () => {
  const db = open()
  const mine = hold(db)
  const rotation: Rotation = { ...beginRotation(db, mine, WHAT, NOW), step: 'staged' }
  writeRotation(db, mine, rotation, NOW, { id: 'key-7', fingerprint: 'hmac-1' })
  writeRotation(db, mine, { ...rotation, attempts: 1 }, NOW)
  expect(ledgerOf(db, KEY.config)).toMatchObject([
    { role: 'new', state: 'made', upstream: 'key-7', fingerprint: 'hmac-1' },
  ])
  // Undone, and made anew by the same rotation.
  writeRotation(db, mine, { ...rotation, step: 'failed' }, NOW)
  writeRotation(db, mine, rotation, NOW, { id: 'key-8' })
  expect(ledgerOf(db, KEY.config)).toMatchObject([{ state: 'made', upstream: 'key-8' }])
})
