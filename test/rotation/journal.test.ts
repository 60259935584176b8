/** The journal of rotations: what is under way, and what is there after a crash. */
import { spawnSync } from 'node:child_process'
import type { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { beginRotation, openJournal, writeRotation } from '../../src/rotation/journal.ts'
import { rotationsOf } from '../../src/rotation/journalled.ts'
import { takeHold, type Hold } from '../../src/rotation/lock.ts'
import { ledgerOf } from '../../src/rotation/ledger.ts'
import type { Rotation } from '../../src/rotation/types.ts'
import { tempHome } from '../state/folder.ts'

const KEY = { config: '/c', environment: 'production', ref: 'stripe-api-key' }
const NOW = new Date('2026-11-25T00:00:00Z')
const ME = { pid: process.pid, started: '1' }
const WHAT = { class: 'issued', driver: 'exec', place: '["store",{}]', from: '7' } as const

function open(home = tempHome()): DatabaseSync {
  const db = openJournal(home)
  onTestFinished(() => {
    if (db.isOpen) db.close()
  })
  return db
}

function hold(db: DatabaseSync): Hold {
  const taken = takeHold(db, KEY, ME, () => false)
  if ('heldBy' in taken) throw new Error('held')
  return taken
}

function href(name: string): string {
  return JSON.stringify(new URL(`../../src/rotation/${name}.ts`, import.meta.url).href)
}

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
    const { openJournal, writeRotation } = await import(${href('journal')})
    const { rotationsOf } = await import(${href('journalled')})
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
