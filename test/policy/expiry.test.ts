import { describe, expect, test } from 'vitest'
import { earlier, momentOf } from '../../src/plan/dates.ts'
import { dayOf, daysUntil, isNear, isPast, whenOf } from '../../src/policy/expiry.ts'

const now = new Date('2026-11-24T12:00:00Z')

describe('a date today', () => {
  const table: [date: string, past: boolean, near: boolean, days: number, when: string][] = [
    ['2026-11-24', true, false, 0, 'today'],
    ['2026-11-24T12:00:00Z', true, false, 0, 'today'],
    ['2026-11-24T12:00:01Z', false, true, 0, 'today'],
    ['2026-11-24T14:00:01+02:00', false, true, 0, 'today'],
    ['2026-11-25', false, true, 1, 'in 1 day'],
    ['2026-12-01T23:59:59Z', false, true, 7, 'in 7 days'],
    ['2026-12-02', false, false, 8, 'in 8 days'],
    ['2020-01-01t00:00z', true, false, -2519, 'today'],
  ]
  test.each(table)('%s', (date, past, near, days, when) => {
    expect([isPast(date, now), isNear(date, now), daysUntil(date, now), whenOf(date, now)]).toEqual(
      [past, near, days, when],
    )
  })

  test.each(['2027-02-29', '2027-13-01', '2027-00-10', 'soon', ''])(
    '%j counts as passed',
    (date) => {
      expect(momentOf(date)).toBeNaN()
      expect(isPast(date, now)).toBe(true)
      expect(isNear(date, now)).toBe(false)
      expect(dayOf(date)).toBe(date)
    },
  )

  test('is shown as its day in UTC', () => {
    expect(dayOf('2027-03-08T04:12:00Z')).toBe('2027-03-08')
    expect(dayOf('2027-03-08T23:30:00-05:00')).toBe('2027-03-09')
  })
})

test('of two dates the earlier counts, and an impossible one before all', () => {
  expect(earlier(undefined, undefined)).toBeUndefined()
  expect(earlier('2027-01-01', undefined)).toBe('2027-01-01')
  expect(earlier(undefined, '2027-01-01')).toBe('2027-01-01')
  expect(earlier('2027-01-02', '2027-01-01')).toBe('2027-01-01')
  expect(earlier('2027-01-01', '2027-01-02')).toBe('2027-01-01')
  expect(earlier('2027-99-99', '2020-01-01')).toBe('2027-99-99')
  expect(earlier('2020-01-01', '2027-99-99')).toBe('2027-99-99')
})
