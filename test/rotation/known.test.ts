/** What the journal tells those who only look. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { knownRotations } from '../../src/rotation/known.ts'
import { tempHome } from '../state/folder.ts'
import { writeJournal, type Written } from './written.ts'

const KEY = { config: '/c', environment: 'production' }
const DONE = ['intent', 'creating', 'staged', 'promoted', 'distributed', 'retired', 'done'] as const
const one = (given: Partial<Written>): Written => ({
  ...KEY,
  ref: 'a',
  from: '1',
  steps: DONE,
  began: new Date('2026-11-20T00:00:00Z'),
  ...given,
})

test('where nothing was ever rotated nothing is made by looking', () => {
  const home = tempHome()
  expect(knownRotations(home, KEY)).toEqual(new Map())
  expect(existsSync(home.rotations)).toBe(false)
})

test('the last one that gave a ref a new value, and the one that is under way', () => {
  const home = tempHome()
  writeJournal(home, [
    one({ to: '2' }),
    one({ from: '2', to: '3', began: new Date('2026-11-22T00:00:00Z') }),
    one({ from: '3', steps: ['intent', 'creating'], began: new Date('2026-11-24T00:00:00Z') }),
    one({ ref: 'b', steps: ['stuck'], reason: 'orphan-possible' }),
    one({ ref: 'a', environment: 'staging', to: '9' }),
    one({ ref: 'c', config: '/other', to: '9' }),
  ])
  const known = knownRotations(home, KEY)
  expect([...known.keys()].toSorted()).toEqual(['a', 'b'])
  expect(known.get('a')).toMatchObject({
    last: { at: new Date('2026-11-22T00:04:00Z'), from: '2', to: '3' },
    open: { step: 'creating', from: '3' },
  })
  expect(known.get('b')).toMatchObject({ open: { step: 'stuck', reason: 'orphan-possible' } })
  expect(known.get('b')).not.toHaveProperty('last')
})

test('one that was rolled back gave no new value; one that was given up after that did', () => {
  const home = tempHome()
  writeJournal(home, [
    one({
      to: '2',
      steps: ['staged', 'promoted', 'aborting', 'failed', 'abandoned'],
      reason: 'rolled-back',
    }),
    one({ ref: 'b', to: '2', steps: ['staged', 'promoted', 'abandoned'] }),
  ])
  const known = knownRotations(home, KEY)
  expect(known.get('a')).toBeUndefined()
  expect(known.get('b')).toMatchObject({ last: { from: '1', to: '2' } })
})

test('a journal that is damaged is not to be deleted: nothing else knows what it knows', () => {
  const home = tempHome()
  mkdirSync(home.dir, { recursive: true, mode: 0o700 })
  writeFileSync(home.rotations, 'no database at all'.repeat(100), { mode: 0o600 })
  expect(() => knownRotations(home, KEY)).toThrow(
    expect.objectContaining({
      code: 'STATE_UNAVAILABLE',
      hint: expect.stringMatching(/backup.*do not delete it$/),
    }),
  )
})
