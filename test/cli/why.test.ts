import { describe, expect, test } from 'vitest'
import type { Io } from '../../src/cli/io.ts'
import { why, type WhyOptions } from '../../src/cli/why.ts'
import type { Config, LoadedConfig } from '../../src/config/types.ts'
import { homeOf } from '../../src/state/home.ts'

const config: Config = {
  agents: {
    analyst: {
      capabilities: ['stripe-payment'],
      'auth-profiles': { 'stripe-payment': { 'on-failure': 'deny-and-alert' } },
      'tool-bindings': {
        'stripe-payment': {
          required: true,
          credentials: { apiKey: { secretRef: 'stripe-api-key', expiresAt: '2026-11-27' } },
        },
        'slack-notifier': { credentials: { botToken: { secretRef: 'slack-bot-token' } } },
      },
    },
  },
  environments: {
    development: { secrets: { 'stripe-api-key': { provider: 'env', target: 'DEV' } } },
  },
  openclaw: {
    gateway: {
      environment: 'production',
      secrets: {
        refMap: { 'stripe-api-key': { provider: 'vault', path: 'prod/stripe', field: 'key' } },
        fallback: ['vault', 'file', 'mine'],
      },
    },
  },
  secrets: { providers: { mine: { type: 'exec', command: '/bin/resolver' } } },
}

function ask(
  options: Partial<WhyOptions>,
  env: Io['env'] = {},
  more: Config = {},
): { code: number; out: string } {
  let out = ''
  const io: Io = {
    program: 'secretref',
    env,
    cwd: '/',
    home: homeOf({ SECRETREF_HOME: '/var/s', HOME: '/home/me' }),
    signs: false,
    now: () => new Date('2026-11-24T00:00:00Z'),
    out: (text) => {
      out += text
    },
    err: expect.unreachable,
  }
  const loaded: LoadedConfig = {
    config: { ...config, ...more },
    path: '/c/x.json',
    dir: '/c',
    hash: '',
    owner: 0,
    found: false,
    warnings: [],
  }
  return { code: why(io, { loaded, ...options }), out }
}

test('a grant: the rule, the route, every provider with its place, what would happen', () => {
  expect(ask({ secretsRef: ['stripe-api-key'] })).toEqual({
    code: 0,
    out: `\
"stripe-api-key" as STRIPE_API_KEY for analyst: granted
  bound at        agents.analyst.tool-bindings.stripe-payment.credentials.apiKey
  rule            tool "stripe-payment" is among the capabilities of "analyst"
  environment     production
  points from     openclaw.gateway.secrets.refMap.stripe-api-key
  provider 1      vault: path "prod/stripe", field "key"
  provider 2      file: key "stripe-api-key" or "stripe_api_key" of /var/s/secrets.json, else /home/me/.openclaw/secrets/secrets.json
  provider 3      mine: id "stripe-api-key" of /bin/resolver
  if unavailable  the next one is asked, which is recorded; after the last: nothing starts
  if not there    final: nothing starts
  if denied       final, no other provider is asked: nothing starts
  required        yes: without it nothing starts
  on failure      deny-and-alert: it is recorded and an alert is raised
  target          stripe-secret-key, by the name of its variable
  delivery        variable
  expires         2026-11-27, or earlier where the store says so
  warning         "stripe-api-key" expires in 3 days, 2026-11-27
`,
  })
})

test('a denial: the rule that denies and what to do', () => {
  const { code, out } = ask({ secretsRef: ['slack-bot-token'] })
  expect(code).toBe(1)
  expect(out).toContain(
    '"slack-bot-token" as SLACK_BOT_TOKEN for analyst: denied (CAPABILITY_MISSING)\n',
  )
  expect(out).toMatch(/^ {2}rule +agent "analyst" has no capability "slack-notifier"/m)
  expect(out).toMatch(/^ {2}hint +add "slack-notifier" to the capabilities of "analyst"/m)
})

test('a ref that the agent is not bound to', () => {
  const { code, out } = ask({ secretsRef: ['github-token'] })
  expect(code).toBe(1)
  expect(out).toContain('"github-token" for analyst: denied (REF_NOT_BOUND)\n')
})

test('without a ref, all of the agent’s', () => {
  const { out } = ask({})
  expect(out.match(/^"/gm)).toHaveLength(2)
})

describe('what a command line and its surroundings change', () => {
  test('the environment, by flag or variable', () => {
    for (const { out } of [
      ask({ environment: 'development', secretsRef: ['stripe-api-key'] }),
      ask({ secretsRef: ['stripe-api-key'] }, { SECRETREF_ENVIRONMENT: 'development' }),
    ]) {
      expect(out).toMatch(/points from +environments\.development\.secrets\.stripe-api-key/)
      expect(out).toMatch(/provider 1 +env: variable DEV\n {2}if unavailable +final/)
    }
    expect(() => ask({ environment: 'nowhere' })).toThrowError(
      expect.objectContaining({ code: 'ENVIRONMENT_UNKNOWN' }),
    )
  })
  test('the provider', () => {
    const { out } = ask({ secretsProvider: 'mine', secretsRef: ['stripe-api-key'] })
    expect(out).toMatch(/points from +--secrets-provider/)
  })
})

test('--json', () => {
  const { code, out } = ask({ json: true, secretsRef: ['stripe-api-key', 'github-token'] })
  expect(code).toBe(1)
  expect(out).toMatch(/^\{\n {2}"version": 1,\n/)
  expect(JSON.parse(out)).toMatchObject({
    version: 1,
    agent: 'analyst',
    environment: 'production',
    decisions: [
      { ref: 'stripe-api-key', allow: true, reason: 'capability', route: 'refMap', required: true },
      { ref: 'github-token', allow: false, code: 'REF_NOT_BOUND' },
    ],
  })
})

test('nothing that a config holds can move the cursor', () => {
  const { out } = ask({ secretsRef: ['a\u001b[2Jb'] })
  expect(out).toContain('"a\\u{1b}[2Jb" for analyst')
})

test('--json shows nothing that a terminal obeys', () => {
  const { out } = ask({ json: true, secretsRef: ['\u009b31m\u202e'] })
  expect(out).toContain('"ref": "\\u009b31m\\u202e"')
  expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})

test('the rule by which a ref is rotated, for people and programs', () => {
  const rotate = { driver: 'stripe', before: '7d', grace: '1h' }
  const secrets = { refMap: { 'stripe-api-key': { provider: 'file', rotate } } }
  const more: Config = {
    openclaw: { gateway: { environment: 'production', secrets } },
    environments: { development: {} },
  }
  const asked = { secretsRef: ['stripe-api-key'] }
  expect(ask(asked).out).not.toContain('rotation')
  expect(ask(asked, {}, more).out).toContain(
    '\n  rotation        by a person (stripe): 7d before its end; the old one lives 1h\n',
  )
  expect(JSON.parse(ask({ ...asked, json: true }, {}, more).out)).toMatchObject({
    decisions: [{ ref: 'stripe-api-key', rotate: { ...rotate, class: 'issued', guided: true } }],
  })
  // Another environment has an entry of its own, or none.
  const elsewhere = ask({ ...asked, environment: 'development' }, {}, more)
  expect(elsewhere.out).not.toContain('rotation')
})

describe('where a service is asked', () => {
  const id = 'stripe-secret-key'
  const instead = { targets: { [id]: { baseUrl: 'http://127.0.0.1:12111' } } }
  const here = { secretsRef: ['stripe-api-key'] }

  test('is told with the place that says so, and where it does not count', () => {
    const { environments } = config
    const own = { environments: { ...environments, production: instead } }
    const stated = 'asked at http://127.0.0.1:12111 by environments.production.targets'
    expect(ask(here, {}, own).out).toContain(stated)
    expect(ask(here, {}, instead).out).toContain('not asked: a base URL without TLS')
    expect(ask({ ...here, environment: 'development' }, {}, instead).out).not.toContain('127.0.0.1')
  })

  test('is in JSON where it counts', () => {
    const json = { ...here, json: true }
    const urls = (more: Config): unknown[] =>
      JSON.parse(ask(json, {}, more).out).decisions.map((one: object) =>
        Reflect.get(one, 'baseUrl'),
      )
    expect(urls(instead)).toEqual([undefined])
    expect(urls({ targets: { [id]: { baseUrl: 'https://proxy.example.com' } } })).toEqual([
      'https://proxy.example.com',
    ])
  })
})
