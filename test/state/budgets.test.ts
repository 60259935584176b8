import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settleCalls, takeCalls } from '../../src/state/budgets.ts'
import { openState, tempHome } from './folder.ts'

const KEY = { config: '/somewhere/config.json', provider: 'vault' }
const START = Date.parse('2026-11-24T12:00:00.000Z')
const at = (ms: number): Date => new Date(START + ms)

describe('a budget', () => {
  test('gives what is asked for, then what is left, then nothing', () => {
    const db = openState()
    const take = (most: number): number =>
      takeCalls(db, KEY, { most, perMinute: 10, now: at(0) }).calls
    expect([take(6), take(6), take(6)]).toEqual([6, 4, 0])
  })

  test('is each provider’s own, in each config', () => {
    const db = openState()
    const order = { most: 5, perMinute: 5, now: at(0) }
    takeCalls(db, KEY, order)
    expect(takeCalls(db, { ...KEY, provider: 'other' }, order).calls).toBe(5)
    expect(takeCalls(db, { ...KEY, config: '/elsewhere.json' }, order).calls).toBe(5)
  })

  test('survives the process, and is shared with others', () => {
    const home = tempHome()
    takeCalls(openState(home), KEY, { most: 3, perMinute: 4, now: at(0) })
    const again = takeCalls(openState(home), KEY, { most: 3, perMinute: 4, now: at(1) })
    expect(again.calls).toBe(1)
  })

  test('has calls again a minute after they were made, and not before', () => {
    const db = openState()
    const taken = takeCalls(db, KEY, { most: 9, perMinute: 9, now: at(0) })
    settleCalls(db, KEY, taken, 4, at(5000))
    const calls = (ms: number): number =>
      takeCalls(db, KEY, { most: 9, perMinute: 9, now: at(ms) }).calls
    expect(calls(5000)).toBe(5)
    expect([calls(64_999), calls(65_000)]).toEqual([0, 9])
  })

  test('takes no harm from a clock that is set back: a minute at most', () => {
    const db = openState()
    takeCalls(db, KEY, { most: 9, perMinute: 9, now: at(86_400_000) })
    const calls = (ms: number): number =>
      takeCalls(db, KEY, { most: 9, perMinute: 9, now: at(ms) }).calls
    expect([calls(0), calls(59_999), calls(60_000)]).toEqual([0, 0, 9])
  })

  test('in no minute are there more calls than it says', () => {
    const starts = fc.array(
      fc.record({
        after: fc.integer({ min: 0, max: 30_000 }),
        most: fc.integer({ min: 1, max: 8 }),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
        lasts: fc.integer({ min: 0, max: 5000 }),
        killed: fc.boolean(),
      }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 12 }), (sequence, perMinute) => {
        const db = openState()
        const made: number[] = []
        let now = 0
        for (const { after, most, part, lasts, killed } of sequence) {
          now += after
          const taken = takeCalls(db, KEY, { most, perMinute, now: at(now) })
          const spent = Math.round(taken.calls * part)
          made.push(...Array.from({ length: spent }, () => now + Math.round(lasts / 2)))
          now += lasts
          if (!killed) settleCalls(db, KEY, taken, spent, at(now))
        }
        for (const end of made) {
          const inMinute = made.filter((one) => one <= end && one > end - 55_000).length
          expect(inMinute).toBeLessThanOrEqual(perMinute)
        }
        db.close()
      }),
      { numRuns: 30 },
    )
  })
})
