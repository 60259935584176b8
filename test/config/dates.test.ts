import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDate } from '../../src/config/dates.ts'

describe('a date', () => {
  test.each([
    ['2027-03-08', '2027-03-08T00:00:00.000Z'],
    ['2027-03-08T04:12Z', '2027-03-08T04:12:00.000Z'],
    ['2027-03-08T04:12:00Z', '2027-03-08T04:12:00.000Z'],
    ['2027-03-08t04:12:00.25z', '2027-03-08T04:12:00.250Z'],
    ['2027-03-08T04:12:00+08:00', '2027-03-07T20:12:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ])('%s is %s', (text, moment) => {
    expect(parseDate(text)?.toISOString()).toBe(moment)
  })

  test.each([
    '2027-02-29',
    '2100-02-29',
    '2027-00-01',
    '2027-13-01',
    '2027-01-00',
    '2027-01-32',
    '2027-01-01T24:00:00Z',
    '2027-01-01T00:60Z',
    '2027-01-01T00:00:60Z',
    '2027-01-01T00:00:00+24:00',
    '2027-01-01T00:00:00',
    '2027-01-01 00:00:00Z',
    '20270101',
    ' 2027-01-01',
    '2027-01-01\n',
    '',
  ])('%j is none', (text) => {
    expect(parseDate(text)).toBeUndefined()
  })

  test('that JavaScript writes is read back', () => {
    const date = fc.date({
      min: new Date('0001-01-01'),
      max: new Date('9999-12-31'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(date, (moment) => {
        expect(parseDate(moment.toISOString())).toEqual(moment)
      }),
    )
  })

  test('of any text throws nothing', () => {
    const digits = fc.stringMatching(
      /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/,
    )
    fc.assert(
      fc.property(fc.oneof(digits, fc.string()), (text) => {
        const date = parseDate(text)
        expect(date === undefined || !Number.isNaN(date.getTime())).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
