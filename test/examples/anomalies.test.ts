import { describe, expect, test } from 'vitest'
import { anomaliesIn, rangesIn } from '../../examples/payment-analyst/anomalies.ts'
import type { Charge } from '../../examples/payment-analyst/charges.ts'
import { madeUpCharges, type MadeUp } from '../../examples/payment-analyst/services/charges.ts'

const charge = (fields: Partial<Charge>): Charge => ({
  id: 'ch_x',
  created: 1_800_000_000,
  amount: 1000,
  refunded: 0,
  currency: 'usd',
  payer: undefined,
  status: 'succeeded',
  description: '',
  ...fields,
})

const asked = ({ charges }: MadeUp): Charge[] =>
  charges.map(({ id, created, amount, currency, customer, status }) =>
    charge({ id, created, amount, currency, payer: customer, status }),
  )

describe('the made-up transactions', () => {
  test('are some thousand, newest first, within 30 days, the same at every run', () => {
    const now = new Date('2027-01-05T10:30:00Z')
    const { charges } = madeUpCharges(now)
    expect(charges.length).toBeGreaterThan(1000)
    expect(new Set(charges.map(({ id }) => id)).size).toBe(charges.length)
    const times = charges.map(({ created }) => created)
    expect(times).toEqual([...times].sort((a, b) => b - a))
    expect(times[0]).toBeLessThan(now.getTime() / 1000)
    expect(times.at(-1)).toBeGreaterThan(now.getTime() / 1000 - 30 * 86_400)
    expect(madeUpCharges(now)).toEqual(madeUpCharges(now))
  })

  // The hours of the night depend on when the demo is started, and so does what is drawn.
  const hours = Array.from({ length: 24 }, (_, hour) => hour)
  test.each(hours)('started at %d o’clock: found is exactly what is anomalous', (hour) => {
    const madeUp = madeUpCharges(new Date(Date.UTC(2027, 0, 5, hour, 30)))
    const found = anomaliesIn(asked(madeUp))
    const ids = (kind: string): string[] =>
      found
        .filter(({ reasons }) => reasons.some((reason) => reason.kind === kind))
        .map(({ charge: { id } }) => id)
        .sort()
    expect({ large: ids('large'), small: ids('small'), burst: ids('burst') }).toEqual({
      large: [...madeUp.anomalous.large].sort(),
      small: [...madeUp.anomalous.small].sort(),
      burst: [...madeUp.anomalous.burst].sort(),
    })
  })

  test('other seeds: nothing anomalous is missed, and hardly anything else is named', () => {
    let [right, wrong, missed] = [0, 0, 0]
    for (let seed = 1; seed <= 40; seed += 1) {
      const madeUp = madeUpCharges(new Date('2027-01-05T10:30:00Z'), seed)
      const truth = new Set(Object.values(madeUp.anomalous).flat())
      const found = new Set(anomaliesIn(asked(madeUp)).map(({ charge: { id } }) => id))
      right += [...found].filter((id) => truth.has(id)).length
      wrong += [...found].filter((id) => !truth.has(id)).length
      missed += [...truth].filter((id) => !found.has(id)).length
    }
    expect(missed / (right + missed)).toBeLessThan(0.005)
    expect(wrong / (right + wrong)).toBeLessThan(0.02)
  })
})

describe('what is odd', () => {
  const prices = Array.from({ length: 40 }, (_, n) => 800 + 10 * n)
  const ordinary = prices.map((amount, n) => charge({ id: `ch_${n}`, amount, payer: `cus_${n}` }))

  test('is judged per currency: 100,000 is usual for one and not for the other', () => {
    const yen = prices.map((amount, n) =>
      charge({ id: `ch_yen_${n}`, amount: amount * 100, currency: 'jpy', payer: `cus_${n}` }),
    )
    const odd = charge({ id: 'ch_odd', amount: 100_000 })
    const found = anomaliesIn([...ordinary, ...yen, odd])
    expect(found.map(({ charge: { id }, reasons }) => [id, reasons[0]?.kind])).toEqual([
      ['ch_odd', 'large'],
    ])
    expect(rangesIn([...ordinary, ...yen, odd]).map(({ currency }) => currency)).toEqual([
      'usd',
      'jpy',
    ])
  })

  test.each([
    ['four within half an hour are no burst', 4, 300, 0],
    ['five within half an hour are', 5, 300, 5],
    ['five over a day are not', 5, 18_000, 0],
  ])('%s', (_, count, gap, expected) => {
    const several = Array.from({ length: count }, (__, n) =>
      charge({ id: `ch_s${n}`, amount: 1000, created: 1_800_100_000 + n * gap, payer: 'cus_s' }),
    )
    const inBurst = anomaliesIn([...ordinary, ...several])
    expect(inBurst.length).toBe(expected)
  })

  test('charges of nobody in particular are not a burst', () => {
    const guests = prices.map((amount, n) => charge({ id: `ch_g${n}`, amount }))
    expect(anomaliesIn([...ordinary, ...guests])).toEqual([])
  })

  test('of nothing, and of one charge, nothing', () => {
    expect(anomaliesIn([])).toEqual([])
    expect(rangesIn([])).toEqual([])
    expect(anomaliesIn([charge({ amount: 1e8 })])).toEqual([])
    expect(rangesIn([charge({})])[0]?.ordinary).toBeUndefined()
  })
})
