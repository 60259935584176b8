import { describe, expect, test } from 'vitest'
import { dueOf } from '../../src/rotation/due.ts'
import { parseWindow } from '../../src/rotation/window.ts'

const DAY = 86_400_000
const NOW = new Date('2026-11-25T12:00:00Z')
const days = (count: number): Date => new Date(NOW.getTime() + count * DAY)
const window = parseWindow('Sun 02:00-05:00')
if (window === undefined) throw new Error('no window')

describe('a rotation', () => {
  test.each([
    ['before its end', { before: 7 * DAY }, { expiresAt: days(7) }, 'due', 'end'],
    ['not yet', { before: 7 * DAY }, { expiresAt: days(8) }, 'later', 'end'],
    ['by its age', { every: 90 * DAY }, { createdAt: days(-90) }, 'due', 'age'],
    ['past its end', { before: 7 * DAY }, { expiresAt: days(-1) }, 'due', 'end'],
  ] as const)('%s', (_, rule, age, kind, why) => {
    expect(dueOf(rule, age, NOW)).toMatchObject({ kind, why })
  })

  test('follows whichever rule comes first', () => {
    const rule = { before: 7 * DAY, every: 90 * DAY }
    const age = { createdAt: days(-89), expiresAt: days(30) }
    expect(dueOf(rule, age, NOW)).toEqual({ kind: 'later', why: 'age', at: days(1) })
  })

  test('is never due where nothing is known, or nothing is asked', () => {
    expect(dueOf({ before: DAY }, { createdAt: days(-500) }, NOW)).toEqual({ kind: 'never' })
    expect(dueOf({}, { expiresAt: days(-1) }, NOW)).toEqual({ kind: 'never' })
  })

  test('waits for its window', () => {
    const due = dueOf({ every: DAY, window }, { createdAt: days(-2) }, NOW)
    expect(due).toMatchObject({ kind: 'due', start: new Date('2026-11-29T02:00:00Z') })
  })
})
