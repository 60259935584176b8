import { expect, test } from 'vitest'
import { askingOf } from '../../../src/gateway/rotate/asking.ts'

const of = (id: string, config = {}, environment = 'default') => askingOf(config, environment, id)

test('the catalogue’s own call, at the host that it names', async () => {
  const found = await of('stripe-secret-key')
  expect(found).toMatchObject({ recipe: { host: 'api.stripe.com', path: '/v1/balance' } })
  expect(found).not.toHaveProperty('baseUrl')
})

test('a trusted config says where, and a test server does not follow into production', async () => {
  const config = { targets: { 'stripe-secret-key': { baseUrl: 'http://127.0.0.1:12111' } } }
  expect(await of('stripe-secret-key', config)).toMatchObject({ baseUrl: 'http://127.0.0.1:12111' })
  const gateway = { openclaw: { gateway: { environment: 'production' } }, ...config }
  expect(await of('stripe-secret-key', gateway, 'production')).toEqual({
    reason: 'base-url-misplaced',
  })
})

test('why none can be made', async () => {
  expect(await of('no-such-target')).toEqual({ reason: 'no-target' })
  expect(await of('stripe-webhook-secret')).toEqual({ reason: 'no-call' })
  expect(await of('gitlab-pat', { targets: { 'gitlab-pat': { baseUrl: 'ftp://x' } } })).toEqual({
    reason: 'base-url-misfit',
  })
  expect(await of('twilio-auth-token')).toEqual({
    reason: 'companion-missing',
    names: ['TWILIO_ACCOUNT_SID'],
  })
})

test('what goes along stands in the config, and is no secret', async () => {
  const settings = { TWILIO_ACCOUNT_SID: 'AC0123' }
  const config = { targets: { 'twilio-auth-token': { settings } } }
  expect(await of('twilio-auth-token', config)).toMatchObject({ settings })
})
