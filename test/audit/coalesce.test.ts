import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Coalescer } from '../../src/audit/coalesce.ts'
import type { Entry } from '../../src/audit/record.ts'
import { entry } from './home.ts'

const denial = (fields: Partial<Entry> = {}): Entry =>
  entry({ event: 'grant.denied', ref: 'r', code: 'REF_NOT_BOUND', reason: 'not-bound', ...fields })

function coalescer(): {
  offer: Coalescer['offer']
  flush: Coalescer['flush']
  pass: (ms: number) => void
} {
  let now = 0
  const made = new Coalescer(() => new Date(now))
  return {
    offer: (one) => made.offer(one),
    flush: () => made.flush(),
    pass: (ms) => {
      now += ms
    },
  }
}

describe('Coalescer', () => {
  test('the first of a kind goes out at once, as it is', () => {
    const { offer } = coalescer()
    const first = denial()
    expect(offer(first)).toEqual([first])
  })

  test('repeats are counted, and handed out as one with the next denial after the window', () => {
    const { offer, pass } = coalescer()
    offer(denial())
    expect(offer(denial({ ms: 1 }))).toEqual([])
    pass(59_999)
    expect(offer(denial({ ms: 2 }))).toEqual([])
    pass(1)
    const next = denial({ ms: 3 })
    expect(offer(next)).toEqual([denial({ ms: 2, count: 2 }), next])
  })

  test('a window without a repeat leaves nothing', () => {
    const { offer, flush, pass } = coalescer()
    offer(denial())
    pass(60_000)
    const again = denial()
    expect(offer(again)).toEqual([again])
    expect(flush()).toEqual([])
  })

  test('flush hands out what was counted, once', () => {
    const { offer, flush } = coalescer()
    for (let i = 0; i < 5; i++) offer(denial())
    expect(flush()).toEqual([denial({ count: 4 })])
    expect(flush()).toEqual([])
    expect(offer(denial())).toHaveLength(1)
  })

  test.each([
    ['agent', { agent: 'other' }],
    ['ref', { ref: 'other' }],
    ['code', { code: 'EXPIRED' }],
    ['reason', { reason: 'other' }],
    ['event', { event: 'grant.failed' }],
    ['tool', { tool: 'other' }],
    ['variable', { envVar: 'OTHER' }],
    ['provider', { provider: 'other' }],
    ['environment', { environment: 'other' }],
  ] as const)('another %s is another kind', (_, fields) => {
    const { offer } = coalescer()
    offer(denial())
    expect(offer(denial(fields))).toEqual([denial(fields)])
  })

  test('property: after a flush, every denial stands in an entry or in a count', () => {
    const step = fc.oneof(
      fc.record({ ref: fc.constantFrom('a', 'b', 'c'), pass: fc.nat({ max: 40_000 }) }),
    )
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { offer, flush, pass } = coalescer()
        const out: Entry[] = []
        for (const { ref, pass: ms } of steps) {
          out.push(...offer(denial({ ref })))
          pass(ms)
        }
        out.push(...flush())
        for (const ref of ['a', 'b', 'c']) {
          const counted = out
            .filter((one) => one.ref === ref)
            .reduce((sum, { count }) => sum + (count ?? 1), 0)
          expect(counted).toBe(steps.filter((one) => one.ref === ref).length)
        }
      }),
    )
  })

  test('a flood of kinds is written as it comes', () => {
    const { offer } = coalescer()
    for (let i = 0; i < 1000; i++) offer(denial({ ref: `r${i}` }))
    expect(offer(denial({ ref: 'late' }))).toHaveLength(1)
    expect(offer(denial({ ref: 'late' }))).toHaveLength(1)
  })
})
