import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOpen, nextOpening, parseWindow, type Window } from '../../src/rotation/window.ts'

function window(text: string): Window {
  const parsed = parseWindow(text)
  if (parsed === undefined) throw new Error('no window')
  return parsed
}
const at = (text: string): Date => new Date(text)

describe('a window', () => {
  test.each([
    ['Sun 02:00-05:00 Europe/Berlin', '2026-11-29T01:00:00Z', true],
    ['Sun 02:00-05:00 Europe/Berlin', '2026-11-29T00:59:59Z', false],
    ['Sun 02:00-05:00 Europe/Berlin', '2026-11-29T03:59:59Z', true],
    ['Sun 02:00-05:00 Europe/Berlin', '2026-11-29T04:00:00Z', false],
    ['Sun 02:00-05:00 Europe/Berlin', '2026-11-28T02:00:00Z', false],
    // In summer the clock there is another hour ahead.
    ['Sun 02:00-05:00 Europe/Berlin', '2026-07-05T00:00:00Z', true],
    ['02:00-03:00', '2026-11-25T02:30:00Z', true],
    ['Mon-Fri 22:00-02:00', '2026-11-28T01:00:00Z', true],
    ['Mon-Fri 22:00-02:00', '2026-11-29T01:00:00Z', false],
    ['fri-mon 00:00-24:00', '2026-11-30T12:00:00Z', true],
    ['Sat,Sun 10:00-11:00', '2026-11-28T10:00:00Z', true],
  ])('%s at %s: %s', (text, moment, open) => {
    expect(isOpen(window(text), at(moment))).toBe(open)
  })

  test.each(['', 'Sun', 'Sun 2:00-5:00', 'Sunday 02:00-05:00', '02:00-02:00', '25:00-26:00'])(
    '"%s" is none',
    (text) => expect(parseWindow(text)).toBeUndefined(),
  )
  test.each(['02:00-03:60', '24:00-02:00', '02:00-03:00 Mars/Olympus', 'Sun-Mon-Tue 02:00-03:00'])(
    '"%s" is none either',
    (text) => expect(parseWindow(text)).toBeUndefined(),
  )

  test('opens next on its day, at its first minute', () => {
    const opening = nextOpening(window('Sun 02:00-05:00 Europe/Berlin'), at('2026-11-25T12:00:30Z'))
    expect(opening?.toISOString()).toBe('2026-11-29T01:00:00.000Z')
  })

  test('whose hour the clocks skip opens a week later', () => {
    const opening = nextOpening(window('Sun 02:10-02:50 Europe/Berlin'), at('2026-03-28T12:00:00Z'))
    expect(opening?.toISOString()).toBe('2026-04-05T00:10:00.000Z')
  })
})

test('property: what is said to be the next opening is open, and nothing before it is', () => {
  const moment = fc.date({ min: at('2026-01-01'), max: at('2027-12-31'), noInvalidDate: true })
  const texts = fc.constantFrom(
    'Sun 02:00-05:00 Europe/Berlin',
    'Mon-Fri 22:30-01:15 America/New_York',
    '03:00-03:01 Asia/Kathmandu',
    'Sat 23:59-00:01 Pacific/Chatham',
  )
  fc.assert(
    fc.property(texts, moment, fc.nat(100), (text, from, share) => {
      const one = window(text)
      const opening = nextOpening(one, from)
      if (opening === undefined) throw new Error('it opens every week')
      expect(opening.getTime()).toBeGreaterThanOrEqual(from.getTime())
      expect(isOpen(one, opening)).toBe(true)
      const between = from.getTime() + ((opening.getTime() - from.getTime()) * share) / 101
      if (between < opening.getTime()) expect(isOpen(one, new Date(between))).toBe(false)
    }),
    { numRuns: 60 },
  )
})
