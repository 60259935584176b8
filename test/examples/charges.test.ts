import { Stripe } from 'stripe'
import { describe, expect, test } from 'vitest'
import { fetchCharges, MAX_PAGES } from '../../examples/payment-analyst/charges.ts'
import { digestOf } from '../../examples/payment-analyst/services/keys.ts'
import { madeUpCharges } from '../../examples/payment-analyst/services/charges.ts'
import { stripeListener } from '../../examples/payment-analyst/services/stripe.ts'
import { stripeClient } from '../../examples/payment-analyst/clients.ts'
import { listening, STRIPE_KEY } from './surroundings.ts'

/** A server whose every answer is made from the cursor it is asked with; counts what it was asked. */
async function scripted(
  answer: (cursor: string | null, request: number) => { data: unknown[]; has_more: boolean },
): Promise<{ stripe: Stripe; requests: () => number }> {
  let requests = 0
  const base = await listening((request, response) => {
    requests += 1
    const query = new URL(request.url ?? '', 'http://x').searchParams
    const body = {
      object: 'list',
      url: '/v1/charges',
      ...answer(query.get('starting_after'), requests),
    }
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body))
  })
  return { stripe: stripeClient(STRIPE_KEY, base), requests: () => requests }
}

const raw = (id: string, more: object = {}): object => ({
  id,
  object: 'charge',
  amount: 100,
  amount_refunded: 0,
  created: 1,
  currency: 'usd',
  customer: null,
  status: 'succeeded',
  ...more,
})

describe('fetching the charges', () => {
  test('is complete: every charge of the stand-in, thirteen pages', async () => {
    const now = new Date()
    const { charges } = madeUpCharges(now)
    const base = await listening(stripeListener({ valid: [digestOf(STRIPE_KEY)] }, charges))
    const since = new Date(now.getTime() - 30 * 86_400_000)
    const fetched = await fetchCharges(stripeClient(STRIPE_KEY, base), since)
    expect(fetched.charges.map(({ id }) => id)).toEqual(charges.map(({ id }) => id))
    expect(fetched).toMatchObject({ pages: Math.ceil(charges.length / 100), complete: true })
  })

  test('leaves out what is older', async () => {
    const now = new Date()
    const { charges } = madeUpCharges(now)
    const base = await listening(stripeListener({ valid: [digestOf(STRIPE_KEY)] }, charges))
    const since = new Date((charges[149]?.created ?? 0) * 1000)
    const fetched = await fetchCharges(stripeClient(STRIPE_KEY, base), since)
    expect(fetched.charges.length).toBeGreaterThanOrEqual(150)
    expect(fetched.charges.every(({ created }) => created * 1000 >= since.getTime())).toBe(true)
  })

  test.each([
    ['nothing at all', [], false],
    ['nothing, but more to come', [], true],
    ['the same page for ever', [raw('ch_1'), raw('ch_2')], true],
  ])('ends when the answer is %s', async (_, data, has_more) => {
    const { stripe, requests } = await scripted(() => ({ data, has_more }))
    const fetched = await fetchCharges(stripe, new Date(0))
    expect(fetched.charges.length).toBe(data.length)
    expect(requests()).toBeLessThanOrEqual(2)
  })

  test('ends at a bound, and says so, where there is always a next page', async () => {
    const { stripe, requests } = await scripted((_, n) => ({
      data: [raw(`ch_${n}`)],
      has_more: true,
    }))
    const fetched = await fetchCharges(stripe, new Date(0))
    expect(requests()).toBe(MAX_PAGES)
    expect(fetched).toMatchObject({ pages: MAX_PAGES, complete: false })
  })

  test('knows who paid by customer, else by card, else not at all', async () => {
    const card = { type: 'card', card: { fingerprint: 'fp_1' } }
    const { stripe } = await scripted(() => ({
      data: [
        raw('ch_1', { customer: 'cus_1', payment_method_details: card }),
        raw('ch_2', { customer: { id: 'cus_2', object: 'customer' } }),
        raw('ch_3', { payment_method_details: card }),
        raw('ch_4', { payment_method_details: null, description: null, currency: '<b>' }),
      ],
      has_more: false,
    }))
    const { charges } = await fetchCharges(stripe, new Date(0))
    expect(charges.map(({ payer }) => payer)).toEqual(['cus_1', 'cus_2', 'fp_1', undefined])
    expect(charges[3]).toMatchObject({ description: '', currency: 'xxx' })
  })
})
