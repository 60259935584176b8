/** Which versions a rotation has ended, as the ledger knows them. */
import { onTestFinished, expect, test } from 'vitest'
import { fatesOf } from '../../src/rotation/ended.ts'
import { openJournal } from '../../src/rotation/journal.ts'
import { tempHome } from '../state/folder.ts'
import { writeJournal, type Written } from './written.ts'

const KEY = { config: '/c', environment: 'production', ref: 'a' }
const began = new Date('2026-11-20T00:00:00Z')
const DONE = ['staged', 'promoted', 'distributed', 'retired', 'done'] as const

const PROMOTED = ['staged', 'promoted', 'distributed'] as const
const UNDONE = ['staged', 'promoted', 'aborting', 'failed', 'abandoned'] as const
const GUIDED = { class: 'issued', driver: 'guided' } as const

function fates(written: readonly Partial<Written>[], place = ''): Record<string, string[]> {
  const home = tempHome()
  const all = written.map((one) => ({ ...KEY, from: '1', steps: DONE, began, ...one }))
  writeJournal(home, all)
  const db = openJournal(home)
  onTestFinished(() => db.close())
  const known = fatesOf(db, KEY, place, 'here')
  return { ended: [...known.ended.keys()].toSorted(), left: [...known.left.keys()].toSorted() }
}

function ended(...about: Parameters<typeof fates>): string[] | undefined {
  return fates(...about)['ended']
}

test('what was replaced, by each rotation that came to its end', () => {
  expect(ended([{ to: '2' }, { from: '2', to: '3' }])).toEqual(['1', '2'])
})

test('what was made and taken back', () => {
  expect(ended([{ to: '2', steps: UNDONE, reason: 'rolled-back' }])).toEqual(['2'])
})

test('not one that lives on, was given up as it stood, or is another ref’s, environment’s or place’s', () => {
  expect(ended([{ to: '2', steps: ['staged', 'promoted', 'distributed'] }])).toEqual([])
  expect(ended([{ to: '2', steps: ['staged', 'promoted', 'abandoned'] }])).toEqual([])
  expect(ended([{ ref: 'b' }, { environment: 'staging' }, { config: '/other' }])).toEqual([])
  expect(ended([{ to: '2' }], '["other",{"path":"a"}]')).toEqual([])
})

test('what was given up as it stood is left to a person, and the next rotation does not end it', () => {
  const given = { from: '2', to: '3', steps: [...PROMOTED, 'abandoned'] } as const
  const all = [{ to: '2' }, given, { from: '3', to: '4' }]
  expect(fates(all)).toEqual({ ended: ['1', '3'], left: ['2'] })
  // Put back by hand, and then ended by a rotation.
  expect(fates([...all, { from: '2', to: '5' }])).toEqual({ ended: ['1', '2', '3'], left: [] })
  // While the old one was on its way back, it is the new one that is nobody's.
  const back = { to: '2', steps: [...PROMOTED, 'stuck', 'abandoned'] } as const
  for (const reason of ['current-changed', 'not-undone'] as const) {
    expect(fates([{ ...back, reason }])).toEqual({ ended: [], left: ['2'] })
  }
})

test('of our own choice, the one before died when the new one was set', () => {
  const by = { class: 'chosen', driver: 'postgres' } as const
  const steps = [...PROMOTED, 'abandoned'] as const
  expect(fates([{ to: '2', steps, by }])).toEqual({ ended: ['1'], left: [] })
})

test('what only a person can end was ended where it was seen refused, and is left to them where not', () => {
  expect(fates([{ to: '2', by: GUIDED }])).toEqual({ ended: ['1'], left: [] })
  const unseen = { to: '2', by: GUIDED, answered: 'unverified' }
  expect(fates([unseen])).toEqual({ ended: [], left: ['1'] })
  const back = { to: '2', by: GUIDED, steps: UNDONE, reason: 'rolled-back' } as const
  expect(fates([back])).toEqual({ ended: [], left: ['2'] })
})

test('what lives beside another one that somebody has made current is left to them', () => {
  const steps = [...PROMOTED, 'retired'] as const
  const beside = { to: '2', steps, answered: 'current-changed' }
  expect(fates([beside])).toEqual({ ended: [], left: ['2'] })
})
