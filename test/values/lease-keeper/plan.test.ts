import { describe, expect, test } from 'vitest'
import { begin, isOver, judge } from '../../../src/values/lease-keeper/plan.ts'

const lease = (seconds: number): { seconds: number; from: number; endsAt: number } => ({
  seconds,
  from: 0,
  endsAt: seconds * 1000,
})

describe('when a lease is renewed', () => {
  test('at two thirds of its life, a tenth of it to either side', () => {
    expect(begin(lease(300), 0.5).dueAt).toBe(200_000)
    expect(begin(lease(300), 0).dueAt).toBeCloseTo(170_000)
    expect(begin(lease(300), 1).dueAt).toBeCloseTo(230_000)
    // Picked up again after a renewal that gave less than was asked for.
    expect(begin({ seconds: 300, from: 60_000, endsAt: 240_000 }, 0.5).dueAt).toBe(180_000)
  })

  test('1,000 leases of one moment: no second has more than twice the mean of the seconds used', () => {
    const due = Array.from({ length: 1000 }, (_, i) => begin(lease(300), (i + 0.5) / 1000).dueAt)
    const seconds = Map.groupBy(due, (at) => Math.floor(at / 1000))
    const peak = Math.max(...Array.from(seconds.values(), (one) => one.length))
    expect(seconds.size).toBeGreaterThan(50)
    expect(peak).toBeLessThanOrEqual((2 * 1000) / seconds.size)
  })

  test('an outage is asked again until the end, and then it is lost', () => {
    const outage = { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' } as const
    let life = begin(lease(60), 0.5)
    let asked = 0
    for (;;) {
      asked += 1
      const verdict = judge(life, outage, life.dueAt, 0.5)
      if ('lost' in verdict) {
        expect(verdict.lost).toBe('provider-down')
        break
      }
      expect(verdict.life.dueAt).toBeGreaterThan(life.dueAt)
      expect(verdict.life.dueAt).toBeLessThan(life.endsAt)
      life = verdict.life
    }
    expect(asked).toBeGreaterThan(3)
    expect(asked).toBeLessThan(10)
  })

  test('denied and gone are final; less than half of what was asked is the beginning of its end', () => {
    const life = begin(lease(60), 0.5)
    const at = life.dueAt
    expect(judge(life, { kind: 'gone' }, at, 0.5)).toEqual({ lost: 'lease-gone' })
    expect(judge(life, { kind: 'denied', code: 'PROVIDER_DENIED' }, at, 0.5)).toEqual({
      lost: 'lease-refused',
    })
    expect(judge(life, { kind: 'ok', seconds: 29 }, at, 0.5)).toEqual({ lost: 'lease-ended' })
    expect(judge(life, { kind: 'ok', seconds: 60 }, at, 0.5)).toMatchObject({
      renewed: true,
      life: { seconds: 60, from: at, endsAt: at + 60_000 },
    })
  })

  test('it is over for certain only one life after the end that its file says', () => {
    // A keeper that died after the last renewal, and before it had written that down.
    expect(isOver(lease(60), 60_001)).toBe(false)
    expect(isOver(lease(60), 120_000)).toBe(false)
    expect(isOver(lease(60), 120_001)).toBe(true)
  })
})
