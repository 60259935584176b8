/** Which versions a rotation has ended, as the ledger knows them. */
import { onTestFinished, expect, test } from 'vitest'
import { endedVersionsOf } from '../../src/rotation/ended.ts'
import { openJournal } from '../../src/rotation/journal.ts'
import { tempHome } from '../state/folder.ts'
import { writeJournal, type Written } from './written.ts'

const KEY = { config: '/c', environment: 'production', ref: 'a' }
const began = new Date('2026-11-20T00:00:00Z')
const DONE = ['staged', 'promoted', 'distributed', 'retired', 'done'] as const

function ended(written: readonly Partial<Written>[], place = ''): string[] {
  const home = tempHome()
  const all = written.map((one) => ({ ...KEY, from: '1', steps: DONE, began, ...one }))
  writeJournal(home, all)
  const db = openJournal(home)
  onTestFinished(() => db.close())
  return [...endedVersionsOf(db, KEY, place, 'here').keys()].toSorted()
}

test('what was replaced, by each rotation that came to its end', () => {
  expect(ended([{ to: '2' }, { from: '2', to: '3' }])).toEqual(['1', '2'])
})

test('what was made and taken back', () => {
  const steps = ['staged', 'promoted', 'aborting', 'failed', 'abandoned'] as const
  expect(ended([{ to: '2', steps, reason: 'rolled-back' }])).toEqual(['2'])
})

test('not one that lives on, was given up as it stood, or is another ref’s, environment’s or place’s', () => {
  expect(ended([{ to: '2', steps: ['staged', 'promoted', 'distributed'] }])).toEqual([])
  expect(ended([{ to: '2', steps: ['staged', 'promoted', 'abandoned'] }])).toEqual([])
  expect(ended([{ ref: 'b' }, { environment: 'staging' }, { config: '/other' }])).toEqual([])
  expect(ended([{ to: '2' }], '["other",{"path":"a"}]')).toEqual([])
})
