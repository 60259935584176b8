/** That the old value is to end at once: durable, of one rotation and of the version that it replaces. */
import { expect, onTestFinished, test } from 'vitest'
import { openJournal, readJournal } from '../../src/rotation/journal.ts'
import { endWished, isEndWished, wishEnd } from '../../src/rotation/wishes.ts'
import { tempHome } from '../state/folder.ts'
import { writeJournal } from './written.ts'

test('whoever reads the journal later knows it; of another rotation, or another version, nothing is said', () => {
  const home = tempHome()
  const key = { config: '/c', environment: 'default', ref: 'key' }
  writeJournal(home, [{ ...key, from: '1', steps: ['staged'], began: new Date(0) }])
  const looking = readJournal(home)
  if (looking === undefined) throw new Error('there is no journal')
  onTestFinished(() => looking.close())
  // Who only looks makes no table, and needs none.
  expect(isEndWished(looking, { id: 'a', from: '1' })).toBe(false)
  expect(endWished(looking)).toEqual([])
  const db = openJournal(home)
  wishEnd(db, { id: 'a', from: '1' })
  wishEnd(db, { id: 'a', from: '1' })
  db.close()
  expect(isEndWished(looking, { id: 'a', from: '1' })).toBe(true)
  expect(isEndWished(looking, { id: 'b', from: '1' })).toBe(false)
  expect(endWished(looking)).toEqual(['a'])
  // Begun anew, it replaces what somebody has set meanwhile.
  expect(isEndWished(looking, { id: 'a', from: '2' })).toBe(false)
})
