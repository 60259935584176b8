/** The article's configuration blocks, as they stand: what they mean. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isConfig } from '../../src/config/check.generated.ts'
import type { Config } from '../../src/config/types.ts'
import { planAgent, type PlanInput } from '../../src/plan/plan.ts'
import type { Plan } from '../../src/plan/types.ts'

function block(number: string): Config {
  const file = join(import.meta.dirname, `../fixtures/article/${number}.json`)
  const raw: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return isConfig(raw) ? raw : expect.fail(`${number} does not fit the schema`)
}
function plan(config: Config, request: Partial<PlanInput> = {}): Plan {
  return planAgent({ config, configDir: '/c', userHome: '/h', ...request })
}

test('1.2: one agent, its key in a file', () => {
  expect(plan(block('1.2'))).toMatchObject({
    agent: 'stripe-analyst',
    environment: 'default',
    bindings: [
      {
        tool: 'stripe-payment',
        ref: 'stripe-api-key',
        envVar: 'STRIPE_API_KEY',
        target: 'stripe-secret-key',
        required: true,
        onFailure: 'deny-and-log',
        route: 'refMap',
        chain: [{ provider: 'file', at: { path: '', field: 'stripe_api_key' } }],
      },
    ],
  })
})

describe('2.2', () => {
  test('says nowhere where its ref lies', () => {
    expect(plan(block('2.2')).bindings[0]?.problem?.code).toBe('REF_UNKNOWN')
  })
  test('with the command line of 2.3 it lies in the file, in either spelling', () => {
    const words = {
      agent: 'finance-analyst',
      secretsRef: ['stripe-api-key'],
      env: ['STRIPE_API_KEY'],
      secretsProvider: 'file',
    }
    const [binding] = plan(block('2.2'), words).bindings
    expect(binding?.problem).toBeUndefined()
    expect(binding).toMatchObject({
      envVar: 'STRIPE_API_KEY',
      required: true,
      chain: [
        { provider: 'file', at: { path: '', field: 'stripe-api-key', alias: 'stripe_api_key' } },
      ],
    })
  })
})

test('3.2 with the command line of 3.3: both keys, each with its own way to fail', () => {
  const words = { agent: 'payment-analyst', secretsRef: ['stripe-api-key', 'slack-bot-token'] }
  const { bindings, capabilities, skipped } = plan(block('3.2'), words)
  expect(capabilities).toEqual(['stripe-payment', 'slack-notifier', 'data-processing'])
  expect(skipped).toEqual([])
  expect(bindings).toMatchObject([
    {
      envVar: 'STRIPE_API_KEY',
      target: 'stripe-secret-key',
      required: true,
      onFailure: 'deny-and-alert',
    },
    {
      envVar: 'SLACK_BOT_TOKEN',
      target: 'slack-bot-token',
      required: true,
      onFailure: 'deny-and-log',
    },
  ])
})

describe('4.2 with the agent of 2.2', () => {
  const config: Config = { ...block('4.2'), agents: block('2.2').agents }
  test('production asks Vault', () => {
    expect(plan(config)).toMatchObject({
      environment: 'production',
      bindings: [
        {
          route: 'environment',
          chain: [{ provider: 'vault', at: { path: 'prod/stripe/api-key' } }],
        },
      ],
    })
  })
  test('development reads its own file beside the config', () => {
    expect(plan(config, { environment: 'development' }).bindings).toMatchObject([
      {
        route: 'environment',
        chain: [{ provider: 'file', at: { path: '/c/.secrets/dev_stripe.key' } }],
      },
    ])
  })
  test('and another ref only production, by active-provider', () => {
    const merged: Config = { ...config, agents: block('3.2').agents }
    const slack = (environment?: string): unknown => plan(merged, { environment }).bindings[1]
    expect(slack()).toMatchObject({ route: 'active-provider', chain: [{ provider: 'vault' }] })
    expect(slack('development')).toMatchObject({ problem: { code: 'REF_UNKNOWN' } })
  })
})
