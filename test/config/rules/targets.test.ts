import { describe, expect, test } from 'vitest'
import { complaints, load, refusal } from '../helpers.ts'

const bound = (binding: object, credential: object = {}): object => ({
  agents: {
    a: {
      'tool-bindings': { t: { ...binding, credentials: { c: { secretRef: 'r', ...credential } } } },
    },
  },
})

describe('a service', () => {
  test.each(['stripe', 'Stripe', 'stripe-secret-key', 'slack-bot-token'])(
    '%s is in the catalogue',
    async (service) => {
      await load(bound({ service }))
      await load(bound({}, { service }))
    },
  )

  test.each([
    [{ service: 'stripe-secret-kee' }, {}, ['service'], 'did you mean "stripe-secret-key"?'],
    [{}, { service: 'slakc' }, ['credentials', 'c', 'service'], 'did you mean "slack"?'],
    [{ service: 'nobody-has-this' }, {}, ['service'], '`secretref targets list` shows them all'],
  ])('%j %j is not', async (binding, credential, at, hint) => {
    const { problems } = await refusal(bound(binding, credential))
    expect(problems).toMatchObject([
      { code: 'CONFIG_INVALID', at: ['agents', 'a', 'tool-bindings', 't', ...at], hint },
    ])
  })
})

function inside(targets: object): object {
  return { environments: { staging: { targets } } }
}

describe('targets', () => {
  test('have base URLs and settings', async () => {
    await load({ targets: { 'stripe-secret-key': { baseUrl: 'http://127.0.0.1:12111' } } })
    await load({ targets: { 'gitlab-pat': { baseUrl: 'https://gitlab.example.com/sub' } } })
    await load({ targets: { 'twilio-auth-token': { settings: { TWILIO_ACCOUNT_SID: 'AC0' } } } })
  })

  test('may stand in an environment, under the same rules', async () => {
    await load(inside({ 'stripe-secret-key': { baseUrl: 'http://127.0.0.1:12111' } }))
    const { problems } = await refusal(inside({ stripe: {} }))
    expect(problems).toMatchObject([{ at: ['environments', 'staging', 'targets', 'stripe'] }])
    expect(await complaints(inside({ 'stripe-secret-key': { baseUrl: 'http://x' } }))).toEqual([
      'CONFIG_INVALID environments.staging.targets.stripe-secret-key.baseUrl: credentials are not sent to such an address',
    ])
  })

  test('are ids: a name that several kinds share is not enough', async () => {
    const { problems } = await refusal({ targets: { stripe: {} } })
    expect(problems).toMatchObject([
      { at: ['targets', 'stripe'], hint: expect.stringContaining('stripe-secret-key') },
    ])
    const unknown = await refusal({ targets: { 'slack-bot-tokne': {} } })
    expect(unknown.problems).toMatchObject([{ hint: 'did you mean "slack-bot-token"?' }])
  })

  test.each([
    'http://stripe.example.com',
    'http://localhost:1',
    'https://u@stripe.example.com',
    'x',
  ])('a credential is not sent to %s', async (baseUrl) => {
    expect(await complaints({ targets: { 'stripe-secret-key': { baseUrl } } })).toEqual([
      'CONFIG_INVALID targets.stripe-secret-key.baseUrl: credentials are not sent to such an address',
    ])
  })
})
