/** Every JSON block of the article loads as it stands, and means what the article says. */
import { describe, expect, test } from 'vitest'
import {
  agentsOf,
  boundVariables,
  defaultProviderOf,
  environmentOf,
  gatewaySecretsOf,
  placedRefs,
  providersOf,
  slotsOf,
} from '../../src/config/accessors.ts'
import { isNode } from '../../src/config/node.ts'
import { block, explained, load, refusal, withSlots, type Block } from './helpers.ts'

const CONFIGS: Block[] = ['1.2.json', '2.2.json', '3.2.json', '4.2.json']

function merged(a: unknown, b: unknown): unknown {
  if (!isNode(a) || !isNode(b) || Array.isArray(a) || Array.isArray(b)) return b
  const both: Record<string, unknown> = { ...a }
  for (const [key, value] of Object.entries(b)) {
    both[key] = Object.hasOwn(both, key) ? merged(both[key], value) : value
  }
  return both
}

const MERGED = CONFIGS.map((name): unknown => JSON.parse(block(name))).reduce(merged)

describe('alone', () => {
  test.each(CONFIGS)('%s loads without a warning', async (name) => {
    const { config, warnings } = await load(block(name))
    expect(warnings).toEqual([])
    expect(config).toEqual(JSON.parse(block(name)))
  })

  test('1.2: one agent, one slot, a ref in a file of its own', async () => {
    const { config } = await load(block('1.2.json'))
    const agent = agentsOf(config).get('stripe-analyst')
    expect(agent && slotsOf(agent)).toMatchObject([
      {
        tool: 'stripe-payment',
        slot: 'apiKey',
        envVar: 'STRIPE_API_KEY',
        binding: { required: true },
        credential: { secretRef: 'stripe-api-key' },
      },
    ])
    expect(providersOf(config).get('file')).toEqual({
      type: 'file',
      options: { path: '/root/.openclaw/secrets/secrets.json' },
    })
    expect(gatewaySecretsOf(config).refMap?.['stripe-api-key']).toEqual({
      provider: 'file',
      target: 'stripe_api_key',
    })
  })

  test('2.2: what the agent may do and what a failure leaves behind', async () => {
    const { config } = await load(block('2.2.json'))
    const agent = agentsOf(config).get('finance-analyst')
    expect(agent?.capabilities).toEqual(['stripe-payment', 'data-analysis'])
    expect(agent?.['auth-profiles']).toEqual({
      'stripe-payment': { required: true, 'on-failure': 'deny-and-log' },
    })
  })

  test('3.2: a subagent with two slots, both refs required', async () => {
    const { config } = await load(block('3.2.json'))
    const agent = agentsOf(config).get('payment-analyst')
    expect(agent?.runtime).toBe('subagent')
    expect(agent && slotsOf(agent).map(({ envVar }) => envVar)).toEqual([
      'STRIPE_API_KEY',
      'SLACK_BOT_TOKEN',
    ])
    expect(
      placedRefs(config).map(({ ref, entry }) => [ref, entry.provider, entry.required]),
    ).toEqual([
      ['stripe-api-key', 'file', true],
      ['slack-bot-token', 'file', true],
    ])
  })

  test('4.2: two environments, production by Vault', async () => {
    const { config } = await load(block('4.2.json'))
    expect(environmentOf(config)).toBe('production')
    expect(defaultProviderOf(config)).toEqual({ name: 'vault', route: 'active-provider' })
    expect(placedRefs(config).map(({ at, entry }) => [at[1], entry.provider, entry.path])).toEqual([
      ['production', 'vault', 'prod/stripe/api-key'],
      ['development', 'file', '.secrets/dev_stripe.key'],
    ])
  })
})

describe('merged', () => {
  test('1.2, 2.2, 3.2 and 4.2 are one config', async () => {
    const { config, warnings } = await load(MERGED)
    expect(warnings).toEqual([])
    expect([...agentsOf(config).keys()]).toEqual([
      'stripe-analyst',
      'finance-analyst',
      'payment-analyst',
    ])
    expect([...boundVariables(config)]).toEqual([
      'STRIPE_API_KEY',
      'STRIPE_API_KEY_FILE',
      'SLACK_BOT_TOKEN',
      'SLACK_BOT_TOKEN_FILE',
    ])
    expect(gatewaySecretsOf(config)['active-provider']).toBe('vault')
    expect(Object.keys(config.environments ?? {})).toEqual(['production', 'development'])
  })

  test.each(['2020-01-01', '2026-12-31', '2031-01-01'])('loads in %s too', async (day) => {
    const { warnings } = await load(MERGED, new Date(day))
    expect(warnings).toEqual([])
  })
})

describe('what is no config', () => {
  test('1.1 is an answer of a service', async () => {
    expect((await refusal(block('1.1.json'))).code).toBe('CONFIG_INVALID')
  })

  test('2.1 is a secrets file: both placeholders are credentials, and neither is shown', async () => {
    const error = await refusal(block('2.1.json'))
    const literals = error.problems.filter(({ code }) => code === 'HARDCODED_CREDENTIAL')
    expect(literals.map(({ at }) => at)).toEqual([
      ['stripe_api_key', 'value'],
      ['slack_bot_token', 'value'],
    ])
    expect(explained(error)).not.toMatch(/sk_live|xoxb/)
  })
})

/** A config whose only slot is the fragment. */
function slot(name: Block): string {
  return JSON.stringify(withSlots({ token: 'HERE' })).replace('"HERE"', `\n${block(name)}`)
}

describe('5.2: the fragments, as credential slots', () => {
  test('a migrated ref that was not cleaned up loads: it is unused, not wrong', async () => {
    const { config } = await load(slot('5.2-unused.json5'))
    expect(agentsOf(config).get('a')?.['tool-bindings']?.['t']?.credentials).toEqual({
      token: { secretRef: 'legacy-github-token' },
    })
  })

  test('the dated ref warns from its date on', async () => {
    const text = slot('5.2-deprecated.json5')
    const { warnings } = await load(text, new Date('2026-03-01T00:00:00Z'))
    expect(warnings).toMatchObject([
      { code: 'DEPRECATED', severity: 'warning', at: expect.arrayContaining(['deprecationDate']) },
    ])
    expect(warnings[0]?.line).toBe(4)
    expect((await load(text, new Date('2026-02-28T23:59:59Z'))).warnings).toEqual([])
  })

  test('the hardcoded key is refused, and not shown', async () => {
    const fragment = block('5.2-hardcoded.json5')
    const error = await refusal(
      JSON.stringify(withSlots({})).replace('"credentials":{}', `"credentials":\n${fragment}`),
    )
    expect(error.code).toBe('HARDCODED_CREDENTIAL')
    expect(error.problems).toMatchObject([
      { at: ['agents', 'a', 'tool-bindings', 't', 'credentials', 'apiKey'], line: 4, column: 1 },
    ])
    expect(explained(error)).not.toContain('sk_live')
    expect(JSON.stringify(error)).not.toContain('sk_live')
  })

  test('the right way loads', async () => {
    const fragment = block('5.2-bound.json5')
    const text = JSON.stringify(withSlots({})).replace(
      '"credentials":{}',
      `"credentials":\n${fragment}`,
    )
    const agent = agentsOf((await load(text)).config).get('a')
    expect(agent && slotsOf(agent)[0]?.envVar).toBe('STRIPE_API_KEY')
  })
})
