/** Which credentials are asked about, of whom, and which are not. */
import { describe, expect, test } from 'vitest'
import type { Config } from '../../../src/config/types.ts'
import { groupsOf, type Grouped } from '../../../src/gateway/verify/groups.ts'
import { planner } from '../../../src/plan/plan.ts'

const NOW = new Date('2026-11-25T00:00:00Z')

type Slots = Record<string, { ref: string; envVar?: string; service?: string }>

/** Tools by name, each with one credential. */
function agentOf(slots: Slots, more: object = {}): object {
  return {
    'tool-bindings': Object.fromEntries(
      Object.entries(slots).map(([tool, { ref, envVar, service }]) => [
        tool,
        {
          ...(service && { service }),
          credentials: { c: { secretRef: ref, ...(envVar && { envVar }) } },
        },
      ]),
    ),
    ...more,
  }
}

async function grouped(
  agents: Record<string, object>,
  targets?: Config['targets'],
): Promise<Grouped> {
  const config: Config = { secrets: { providers: { file: {} } }, agents, targets }
  const plans = planner({ config, configDir: '/c', userHome: '/h' })
  const subjects = plans.agents.map((agent) => ({ plan: plans.plan({ agent }), meant: () => true }))
  return groupsOf(config, subjects, NOW)
}

const TWILIO: Slots = { phone: { ref: 'twilio-auth-token' } }

describe('a credential', () => {
  test('of many agents is one question', async () => {
    const key = { pay: { ref: 'stripe-api-key' } }
    const { groups } = await grouped({ a: agentOf(key), b: agentOf(key), c: agentOf(key) })
    expect(groups).toHaveLength(1)
    expect(groups[0]).toMatchObject({
      agents: ['a', 'b', 'c'],
      way: { host: 'api.stripe.com', target: { id: 'stripe-secret-key' } },
    })
    expect(groups[0]?.way.baseUrl).toBeUndefined()
  })

  test('for two targets is two', async () => {
    const { groups } = await grouped({
      a: agentOf({
        pay: { ref: 'key', service: 'stripe-secret-key' },
        code: { ref: 'key', envVar: 'OTHER', service: 'github-pat-classic' },
      }),
    })
    expect(groups.map(({ way }) => way.host)).toEqual(['api.stripe.com', 'api.github.com'])
  })

  test('that policy denies is not asked about, nor lent to another', async () => {
    const slots = { ...TWILIO, account: { ref: 'sid', envVar: 'TWILIO_ACCOUNT_SID' } }
    const { groups, settled, denials } = await grouped({
      a: agentOf(slots, { capabilities: ['phone'] }),
    })
    expect(groups).toEqual([])
    expect(denials).toHaveLength(1)
    expect(settled.map(({ binding, result }) => [binding.ref, result])).toEqual([
      [
        'twilio-auth-token',
        { kind: 'not-asked', reason: 'companion-missing', names: ['TWILIO_ACCOUNT_SID'] },
      ],
      ['sid', expect.objectContaining({ kind: 'failed', code: 'CAPABILITY_MISSING' })],
    ])
  })
})

describe('a companion', () => {
  test('is another binding of the same agent, by its variable', async () => {
    const sid = { account: { ref: 'sid', envVar: 'TWILIO_ACCOUNT_SID' } }
    const { groups } = await grouped({ a: agentOf({ ...TWILIO, ...sid }), b: agentOf(sid) })
    const [only] = groups
    expect([...(only?.way.companions.keys() ?? [])]).toEqual(['TWILIO_ACCOUNT_SID'])
    const alone = await grouped({ a: agentOf(TWILIO), b: agentOf(sid) })
    expect(alone.groups).toEqual([])
  })

  test('that says itself to be of another service does not go along', async () => {
    const others = { code: { ref: 'k', envVar: 'TWILIO_ACCOUNT_SID', service: 'github' } }
    const { groups, settled } = await grouped({ a: agentOf({ ...TWILIO, ...others }) })
    expect(groups).toEqual([])
    expect(settled).toMatchObject([
      { result: { kind: 'not-asked', reason: 'other-target', names: ['TWILIO_ACCOUNT_SID'] } },
      { result: { reason: 'no-target' } },
    ])
    const refused = [{ result: { reason: 'other-target' } }]
    const byRef = { code: { ref: 'github-token', envVar: 'TWILIO_ACCOUNT_SID' } }
    const found = await grouped({ a: agentOf({ ...TWILIO, ...byRef }) })
    expect(found.settled).toMatchObject(refused)
    // The ref contradicts the variable, so that neither tells what it is for.
    const metrics: Slots = { t: { ref: 'k', service: 'datadog-app-key' } }
    const contrary = { code: { ref: 'github-token', envVar: 'DD_API_KEY' } }
    const other = await grouped({ a: agentOf({ ...metrics, ...contrary }) })
    expect(other.groups).toEqual([])
    expect(other.settled).toMatchObject([...refused, { result: { reason: 'no-target' } }])
  })

  test('whose variable is only known must be written in the config, or its service', async () => {
    const named = { account: { ref: 'twilio-account-sid' } }
    const guessed = await grouped({ a: agentOf({ ...TWILIO, ...named }) })
    expect(guessed.groups).toEqual([])
    expect(guessed.settled).toMatchObject([
      { result: { reason: 'companion-missing', names: ['TWILIO_ACCOUNT_SID'] } },
      { result: { reason: 'no-target' } },
    ])
    const written = { account: { ...named.account, envVar: 'TWILIO_ACCOUNT_SID' } }
    const said = { account: { ...named.account, service: 'twilio-auth-token' } }
    for (const account of [written, said]) {
      const { groups } = await grouped({ a: agentOf({ ...TWILIO, ...account }) })
      expect(groups[0]?.way.companions.size).toBe(1)
    }
    const seen: Slots = { t: { ref: 'k', service: 'datadog-app-key' }, key: { ref: 'dd-api-key' } }
    const { groups } = await grouped({ a: agentOf(seen) })
    expect(groups[0]?.way.companions.size).toBe(1)
  })

  test('that is no secret may stand in the config, one that is may not', async () => {
    const stated = { 'twilio-auth-token': { settings: { TWILIO_ACCOUNT_SID: 'AC0' } } }
    const { groups } = await grouped({ a: agentOf(TWILIO) }, stated)
    expect(groups[0]?.way.settings).toEqual({ TWILIO_ACCOUNT_SID: 'AC0' })
    const metrics: Slots = { t: { ref: 'k', service: 'datadog-app-key' } }
    const secret = { 'datadog-app-key': { settings: { DD_API_KEY: 'fake' } } }
    const found = await grouped({ a: agentOf(metrics) }, secret).catch((error: unknown) => error)
    expect(found).toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('nobody is asked', () => {
  test.each<[string, Slots, string]>([
    ['where nothing says what it is for', { t: { ref: 'internal' } }, 'no-target'],
    ['where only the tool’s name does', { context7: { ref: 'internal' } }, 'no-target'],
    ['where no call is known', { t: { ref: 'stripe-webhook-secret' } }, 'no-call'],
    [
      'where a part of the host is open',
      { t: { ref: 'k', service: 'shopify-admin-token' } },
      'no-base-url',
    ],
  ])('%s', async (_, slots, reason) => {
    const { groups, settled } = await grouped({ a: agentOf(slots) })
    expect(groups).toEqual([])
    expect(settled).toMatchObject([{ result: { kind: 'not-asked', reason } }])
  })

  test('in production by the address of a test server', async () => {
    const config: Config = {
      secrets: { providers: { file: {} } },
      agents: { a: agentOf({ pay: { ref: 'stripe-api-key' } }) },
      targets: { 'stripe-secret-key': { baseUrl: 'http://127.0.0.1:1' } },
      openclaw: { gateway: { environment: 'development' } },
      environments: { production: { inherit: true }, staging: { inherit: true } },
    }
    const asked = async (environment: string): Promise<Grouped> => {
      const plans = planner({ config, configDir: '/c', userHome: '/h', environment })
      return groupsOf(config, [{ plan: plans.plan({ agent: 'a' }), meant: () => true }], NOW)
    }
    expect(await asked('production')).toMatchObject({
      groups: [],
      settled: [{ result: { kind: 'not-asked', reason: 'base-url-misplaced' } }],
    })
    expect(await asked('staging')).toMatchObject({ groups: [{ way: { host: '127.0.0.1:1' } }] })
  })

  test('where the base URL is of another server than the host leaves open', async () => {
    const slots = { t: { ref: 'k', service: 'shopify-admin-token' } }
    const asked = async (baseUrl: string): Promise<Grouped> =>
      grouped({ a: agentOf(slots) }, { 'shopify-admin-token': { baseUrl } })
    expect(await asked('https://evil.example')).toMatchObject({
      groups: [],
      settled: [{ result: { reason: 'base-url-misfit' } }],
    })
    expect(await asked('https://mine.myshopify.com')).toMatchObject({
      groups: [{ way: { host: 'mine.myshopify.com', baseUrl: 'https://mine.myshopify.com' } }],
    })
  })
})
