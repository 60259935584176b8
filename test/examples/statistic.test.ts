import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMIT, medianOf, ordinaryRange, scored } from '../../examples/payment-analyst/statistic.ts'

const scoresOf = (values: readonly number[]): number[] =>
  scored(values, (value) => value).map(({ score }) => score)

describe('median', () => {
  test.each([
    [[], 0],
    [[3], 3],
    [[3, 1], 2],
    [[9, 1, 4], 4],
    [[4, 1, 9, 2], 3],
  ])('of %j is %d', (values, median) => {
    expect(medianOf(values)).toBe(median)
  })
})

describe('the modified z-score', () => {
  test('is 0.6745 times the distance from the median in units of MAD', () => {
    // Median 6; deviations 5 4 3 2 1 0 0 1 2 3 4 94 have the median 2.5.
    const values = [1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 100]
    const scores = scoresOf(values)
    expect(scores[0]).toBeCloseTo((0.6745 * -5) / 2.5, 10)
    expect(scores.at(-1)).toBeCloseTo((0.6745 * 94) / 2.5, 10)
  })

  test('says nothing of fewer than twelve values, nor of equal ones', () => {
    expect(scoresOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1e9])).toEqual(Array(11).fill(0))
    expect(scoresOf(Array(20).fill(7))).toEqual(Array(20).fill(0))
    expect(ordinaryRange(Array(20).fill(7))).toBeUndefined()
  })

  test('where most values are equal, uses the mean deviation instead', () => {
    const scores = scoresOf([...Array(19).fill(1), 12])
    expect(scores[0]).toBe(0)
    expect(scores.at(-1)).toBeCloseTo(11 / (1.253314 * (11 / 20)), 10)
  })

  test('does not change when all values are shifted and stretched', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 12, maxLength: 60 }),
        fc.integer({ min: -1000, max: 1000 }),
        fc.integer({ min: 1, max: 50 }),
        (values, shift, factor) => {
          const before = scoresOf(values)
          const after = scoresOf(values.map((value) => value * factor + shift))
          for (const [n, score] of before.entries()) expect(after[n]).toBeCloseTo(score, 6)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('what lies in the ordinary range has a score within the limit, and nothing else has', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 12, maxLength: 60 }),
        (values) => {
          const range = ordinaryRange(values)
          fc.pre(range !== undefined)
          for (const { value, score } of scored(values, (one) => one)) {
            if (Math.abs(Math.abs(score) - LIMIT) < 1e-9) continue
            expect(value >= range.low && value <= range.high).toBe(Math.abs(score) <= LIMIT)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
