import { describe, expect, test } from 'vitest'
import { madeUpCharges } from '../../examples/payment-analyst/services/charges.ts'
import { digestOf } from '../../examples/payment-analyst/services/keys.ts'
import { stripeListener } from '../../examples/payment-analyst/services/stripe.ts'
import { listening, STRIPE_KEY } from './surroundings.ts'

const EXPIRED = ['sk', 'test', 'fakeexpired00000000wxyz'].join('_')
const WRONG = ['sk', 'test', 'fakewrong0000000000abcd'].join('_')
const { charges } = madeUpCharges(new Date('2027-01-05T10:30:00Z'))
const accepted = { valid: [digestOf(STRIPE_KEY)], expired: [digestOf(EXPIRED)] }
const start = (): Promise<string> => listening(stripeListener(accepted, charges))

interface Answer {
  object?: string
  data?: { id: string; created: number }[]
  has_more?: boolean
  url?: string
  error?: { type: string; code?: string; message: string; param?: string }
}

async function get(
  url: string,
  headers: Record<string, string> = { Authorization: `Bearer ${STRIPE_KEY}` },
): Promise<{ status: number; headers: Headers; body: Answer }> {
  const response = await fetch(url, { headers })
  const body: Answer = JSON.parse(await response.text())
  return { status: response.status, headers: response.headers, body }
}

const basic = (user: string): string => `Basic ${Buffer.from(`${user}:`).toString('base64')}`

describe('the key is checked on every call', () => {
  test.each([
    ['bearer', `Bearer ${STRIPE_KEY}`],
    ['basic, the key as the user', basic(STRIPE_KEY)],
  ])('right, as %s', async (_, Authorization) => {
    const { status, headers, body } = await get(`${await start()}/v1/charges`, { Authorization })
    expect(status).toBe(200)
    expect(headers.get('request-id')).toMatch(/^req_\w+$/)
    expect(body).toMatchObject({ object: 'list', url: '/v1/charges', has_more: true })
    expect(body.data?.length).toBe(10)
  })

  test.each([
    ['missing', {}],
    ['empty', { Authorization: 'Bearer ' }],
    ['of another scheme', { Authorization: `Digest ${STRIPE_KEY}` }],
    ['basic without a user', { Authorization: basic('') }],
  ])('%s', async (_, headers) => {
    for (const path of ['/v1/charges', '/v1/nothing', '/']) {
      const answer = await get((await start()) + path, headers)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Stripe"')
      expect(answer.body.error?.type).toBe('invalid_request_error')
      expect(answer.body.error?.message).toMatch(/^You did not provide an API key\./)
    }
  })

  test.each([
    ['wrong', WRONG, undefined, /^Invalid API Key provided: sk_test_\*+abcd$/],
    ['expired', EXPIRED, 'api_key_expired', /^Expired API Key provided: sk_test_\*+wxyz$/],
    ['short', 'bad', undefined, /^Invalid API Key provided: bad$/],
  ])('%s', async (_, key, code, message) => {
    for (const Authorization of [`Bearer ${key}`, basic(key)]) {
      const { status, body } = await get(`${await start()}/v1/charges`, { Authorization })
      expect(status).toBe(401)
      expect(body.error).toMatchObject({ type: 'invalid_request_error' })
      expect(body.error?.code).toBe(code)
      expect(body.error?.message).toMatch(message)
    }
  })
})

describe('the list', () => {
  test('page by page gives every charge once, newest first', async () => {
    const base = await start()
    const seen: string[] = []
    for (let after = ''; ; after = `&starting_after=${seen.at(-1)}`) {
      const { body } = await get(`${base}/v1/charges?limit=100${after}`)
      seen.push(...(body.data ?? []).map(({ id }) => id))
      if (body.has_more !== true) break
    }
    expect(seen).toEqual(charges.map(({ id }) => id))
  })

  test('asks only for what was created in a range, cursors outside of it included', async () => {
    const base = await start()
    const [newest, , , older] = charges
    const at = older?.created ?? 0
    const { body } = await get(
      `${base}/v1/charges?created[gte]=${at}&created[lte]=${at}&starting_after=${newest?.id}`,
    )
    expect(body.data?.map(({ id }) => id)).toEqual([older?.id])
    expect(body.has_more).toBe(false)
  })

  test('echoes the version that it was asked in', async () => {
    const headers = { Authorization: `Bearer ${STRIPE_KEY}`, 'Stripe-Version': '2026-10-28.endive' }
    const { headers: answered } = await get(`${await start()}/v1/charges`, headers)
    expect(answered.get('stripe-version')).toBe('2026-10-28.endive')
  })

  test.each([
    ['limit=abc', 'parameter_invalid_integer', 'limit', 'Invalid integer: abc'],
    ['limit=1.5', 'parameter_invalid_integer', 'limit', 'Invalid integer: 1.5'],
    ['limit=0', 'parameter_invalid_integer', 'limit', /greater than or equal to 1/],
    ['limit=101', 'parameter_invalid_integer', 'limit', /less than or equal to 100/],
    ['created[gte]=x', 'parameter_invalid_integer', 'created[gte]', 'Invalid integer: x'],
    ['starting_after=ch_no', 'resource_missing', 'starting_after', "No such charge: 'ch_no'"],
    ['page=2', 'parameter_unknown', 'page', 'Received unknown parameter: page'],
  ])('%s is refused', async (query, code, param, message) => {
    const { status, body } = await get(`${await start()}/v1/charges?${query}`)
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ type: 'invalid_request_error', code, param })
    expect(body.error?.message).toMatch(message)
  })

  test('another address is not there', async () => {
    const { status, body } = await get(`${await start()}/v1/refunds`)
    expect(status).toBe(404)
    expect(body.error?.message).toContain('Unrecognized request URL (GET: /v1/refunds)')
  })
})
