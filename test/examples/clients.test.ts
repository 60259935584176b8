import { describe, expect, test } from 'vitest'
import { failureText, slackClient, stripeClient } from '../../examples/payment-analyst/clients.ts'
import { SLACK_TOKEN, STRIPE_KEY } from './surroundings.ts'

describe('where the services are', () => {
  test('the real ones, unless told otherwise', () => {
    expect(slackClient(SLACK_TOKEN, undefined).slackApiUrl).toBe('https://slack.com/api/')
    expect(stripeClient(STRIPE_KEY, undefined).getApiField('host')).toBe('api.stripe.com')
    expect(stripeClient(STRIPE_KEY, undefined).getApiField('protocol')).toBe('https')
  })

  test.each([
    ['http://127.0.0.1:8080', 'http', '127.0.0.1', '8080'],
    ['http://localhost', 'http', 'localhost', '80'],
    ['https://stripe.example/', 'https', 'stripe.example', '443'],
  ])('%s', (base, protocol, host, port) => {
    const stripe = stripeClient(STRIPE_KEY, base)
    expect((['protocol', 'host', 'port'] as const).map((name) => stripe.getApiField(name))).toEqual(
      [protocol, host, port],
    )
    expect(slackClient(SLACK_TOKEN, base).slackApiUrl).toBe(new URL('/api/', base).href)
  })

  test.each([
    'http://stripe.example',
    'http://127.0.0.1.evil.example',
    'http://localhost@evil.example',
    'ftp://127.0.0.1',
    'api.stripe.com',
  ])('a key is not sent in the clear to %s', (base) => {
    expect(() => stripeClient(STRIPE_KEY, base)).toThrow('STRIPE_API_BASE has to be an https URL')
    expect(() => slackClient(SLACK_TOKEN, base)).toThrow('SLACK_API_BASE has to be an https URL')
  })
})

test('of an unexpected failure the place is told, and not its words', () => {
  const text = failureText(new TypeError(`"Bearer ${SLACK_TOKEN}" is an invalid header value`))
  expect(text).toMatch(/^unexpected TypeError\n\s+at .*clients\.test\.ts/)
  expect(text).not.toContain(SLACK_TOKEN)
  expect(failureText(SLACK_TOKEN)).not.toContain(SLACK_TOKEN)
})
