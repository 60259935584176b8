/** What was told of rotations that nobody can go on with, of several configs of one home. */
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../src/rotation/journal.ts'
import { openRotationsOf } from '../../src/rotation/journalled.ts'
import { isTold, keepTold, markTold } from '../../src/rotation/marks.ts'
import { tempHome } from '../state/folder.ts'
import { writeJournal, type Written } from './written.ts'

const written = (config: string, ref: string): Written => ({
  config,
  environment: 'production',
  ref,
  from: '1',
  steps: ['staged', 'promoted'],
  began: new Date('2026-11-20T00:00:00Z'),
})

test('each gateway forgets what it told of its own config’s rotations, and not of another’s', () => {
  const home = tempHome()
  const [ours, theirs] = ['/ours.json', '/theirs.json']
  writeJournal(home, [written(ours, 'a'), written(ours, 'b'), written(theirs, 'a')])
  const db = openJournal(home)
  onTestFinished(() => db.close())
  const idsOf = (config: string): string[] => openRotationsOf(db, config).map(({ id }) => id)
  const [cutOff = '', again = ''] = idsOf(ours)
  const [other = ''] = idsOf(theirs)
  const told = (): boolean[] => [cutOff, again, other].map((id) => isTold(db, id))
  expect(told()).toEqual([false, false, false])
  for (const id of [cutOff, again, other]) markTold(db, id)
  keepTold(db, ours, [cutOff])
  expect(told()).toEqual([true, false, true])
  keepTold(db, theirs, [other])
  expect(told()).toEqual([true, false, true])
  keepTold(db, theirs, [])
  expect(told()).toEqual([true, false, false])
})
