import { describe, expect, test } from 'vitest'
import type { Agent, Config } from '../../src/config/types.ts'
import { planAgent, planner, type PlanInput } from '../../src/plan/plan.ts'

const where = { configDir: '/etc/app', userHome: '/home/me' }
const plan = (config: Config, request: Partial<PlanInput> = {}): ReturnType<typeof planAgent> =>
  planAgent({ config, ...where, ...request })

const analyst: Agent = {
  'auth-profiles': {
    'stripe-payment': { required: true, 'on-failure': 'deny-and-alert' },
    'slack-notifier': { 'on-failure': 'deny-and-log' },
  },
  'tool-bindings': {
    'stripe-payment': {
      required: true,
      credentials: { apiKey: { secretRef: 'stripe-api-key', envVar: 'STRIPE_API_KEY' } },
    },
    'slack-notifier': {
      service: 'Slack',
      credentials: {
        botToken: { secretRef: 'slack-bot-token', delivery: 'file', pathInEnvVar: true },
      },
    },
  },
}
const config: Config = {
  agents: { 'payment-analyst': analyst },
  openclaw: {
    gateway: {
      secrets: {
        refMap: {
          'stripe-api-key': { provider: 'file', target: 'stripe_api_key', required: true },
          'slack-bot-token': { provider: 'file', target: 'slack_bot_token' },
        },
      },
    },
  },
}
const file = (field: string): object => ({ provider: 'file', at: { path: '', field } })

test('the bindings of an agent, each with everything that can be known before anybody is asked', () => {
  expect(plan(config)).toEqual({
    agent: 'payment-analyst',
    environment: 'default',
    bindings: [
      {
        agent: 'payment-analyst',
        tool: 'stripe-payment',
        slot: 'apiKey',
        ref: 'stripe-api-key',
        envVar: 'STRIPE_API_KEY',
        target: 'stripe-secret-key',
        targetBy: 'variable',
        required: true,
        onFailure: 'deny-and-alert',
        delivery: 'env',
        pathInEnvVar: false,
        chain: [file('stripe_api_key')],
        fallbackOn: ['unavailable'],
        route: 'refMap',
      },
      {
        agent: 'payment-analyst',
        tool: 'slack-notifier',
        slot: 'botToken',
        ref: 'slack-bot-token',
        envVar: 'SLACK_BOT_TOKEN',
        target: 'slack-bot-token',
        targetBy: 'service',
        required: false,
        onFailure: 'deny-and-log',
        delivery: 'file',
        pathInEnvVar: true,
        chain: [file('slack_bot_token')],
        fallbackOn: ['unavailable'],
        route: 'refMap',
      },
    ],
    skipped: [],
  })
})

describe('the agent', () => {
  const two: Config = { agents: { alpha: {}, 'payment-analyst': {} } }
  test('may be left out where there is one, under agent or agents', () => {
    expect(plan({ agent: { id: 'only' } }).agent).toBe('only')
    expect(plan(config).agent).toBe('payment-analyst')
  })
  test('an unknown one is answered with the nearest and the list', () => {
    expect(() => plan(two, { agent: 'payment-analist' })).toThrowError(
      expect.objectContaining({
        code: 'AGENT_UNKNOWN',
        message: 'no agent named "payment-analist"',
        hint: 'did you mean "payment-analyst"? agents: alpha, payment-analyst',
      }),
    )
    expect(() => plan(two, { agent: 'toString' })).toThrowError(
      expect.objectContaining({ code: 'AGENT_UNKNOWN' }),
    )
  })
  test('of two, one must be named', () => {
    expect(() => plan(two)).toThrowError(
      expect.objectContaining({
        code: 'USAGE',
        hint: 'add --agent; agents: alpha, payment-analyst',
      }),
    )
  })
  test('none at all', () => {
    expect(() => plan({})).toThrowError(expect.objectContaining({ code: 'AGENT_UNKNOWN' }))
  })
  test('a long list is cut', () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`number-${i}`, {}]))
    expect(() => plan({ agents: many })).toThrowError(
      expect.objectContaining({ hint: expect.stringMatching(/number-7 and 4 more$/) }),
    )
  })
})

describe('required: any of binding, auth-profile and entry says so', () => {
  const table: [boolean | undefined, boolean | undefined, boolean | undefined, boolean][] = [
    [undefined, undefined, undefined, false],
    [true, undefined, undefined, true],
    [undefined, true, undefined, true],
    [undefined, undefined, true, true],
    [false, false, true, true],
    [false, false, false, false],
  ]
  test.each(table)('binding %s, profile %s, entry %s: %s', (binding, profile, entry, required) => {
    const one: Config = {
      agent: {
        id: 'a',
        'auth-profiles': { t: { required: profile } },
        'tool-bindings': { t: { required: binding, credentials: { s: { secretRef: 'r' } } } },
      },
      environments: { default: { secrets: { r: { provider: 'file', required: entry } } } },
    }
    expect(plan(one).bindings[0]?.required).toBe(required)
  })
})

const dated = (credential: object, entry: object): object =>
  plan({
    agent: {
      id: 'a',
      'tool-bindings': { t: { credentials: { s: { secretRef: 'r', ...credential } } } },
    },
    openclaw: { gateway: { secrets: { refMap: { r: { provider: 'file', ...entry } } } } },
  }).bindings[0] ?? {}

describe('dates and notes, from credential and entry', () => {
  test.each([
    [{ expiresAt: '2027-01-01' }, {}, '2027-01-01'],
    [{}, { expiresAt: '2027-01-01' }, '2027-01-01'],
    [{ expiresAt: '2027-01-02' }, { expiresAt: '2027-01-01' }, '2027-01-01'],
    [
      { expiresAt: '2027-01-01T00:30:00+01:00' },
      { expiresAt: '2027-01-01' },
      '2027-01-01T00:30:00+01:00',
    ],
    [{ expiresAt: '2027-01-01T00:30:00-01:00' }, { expiresAt: '2027-01-01' }, '2027-01-01'],
    // No calendar has it, so nothing may count as later.
    [{ expiresAt: '2027-01-01' }, { expiresAt: '2027-02-31' }, '2027-02-31'],
  ])('the earlier expiresAt of %j and %j', (credential, entry, expected) => {
    expect(dated(credential, entry)).toMatchObject({ expiresAt: expected })
  })
  test('deprecationDate likewise', () => {
    expect(
      dated({ deprecationDate: '2027-01-02' }, { deprecationDate: '2027-01-01' }),
    ).toMatchObject({ deprecationDate: '2027-01-01' })
  })
  test('the note of the credential, else of the entry', () => {
    expect(dated({ note: 'mine' }, { note: 'its' })).toMatchObject({ note: 'mine' })
    expect(dated({}, { note: 'its' })).toMatchObject({ note: 'its' })
  })
  test('nothing where nothing is written', () => {
    expect(Object.keys(dated({}, {}))).not.toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^(?:expiresAt|deprecationDate|note|problem)$/),
      ]),
    )
  })
})

test.each([
  ['stripe-payment', 'stripe'],
  ['GitHub_issues', 'github'],
  ['aws.s3', 'aws'],
  ['db/main', 'db'],
  ['slack', 'slack'],
])('tool %s talks to %s', (tool, target) => {
  const one: Config = {
    agent: { id: 'a', 'tool-bindings': { [tool]: { credentials: { s: { secretRef: 'r' } } } } },
  }
  expect(plan(one).bindings[0]?.target).toBe(target)
})

test('a tool called toString has no auth-profile by birth', () => {
  const one: Config = {
    agent: {
      id: 'a',
      'auth-profiles': {},
      'tool-bindings': { toString: { credentials: { s: { secretRef: 'r' } } } },
    },
  }
  expect(plan(one).bindings[0]).toMatchObject({ required: false, onFailure: 'deny-and-log' })
})

test('a ref whose own name makes a dangerous variable is that binding’s problem', () => {
  const one: Config = {
    agent: {
      id: 'a',
      'tool-bindings': { t: { credentials: { s: { secretRef: 'path' }, u: { secretRef: 'ok' } } } },
    },
    openclaw: { gateway: { secrets: { 'active-provider': 'file' } } },
  }
  const [path, ok] = plan(one).bindings
  expect(path?.problem).toMatchObject({
    code: 'SECRET_UNDELIVERABLE',
    message: expect.stringContaining('cannot be delivered as PATH'),
  })
  expect(ok?.problem).toBeUndefined()
})

describe('--secrets-ref', () => {
  test('narrows; what is left out is told', () => {
    const { bindings, skipped } = plan(config, { secretsRef: ['slack-bot-token'] })
    expect(bindings.map(({ ref }) => ref)).toEqual(['slack-bot-token'])
    expect(skipped.map(({ ref }) => ref)).toEqual(['stripe-api-key'])
  })
  test('never widens: a ref that is placed but not bound', () => {
    const more: Config = {
      ...config,
      agents: { 'payment-analyst': { 'tool-bindings': {} }, other: analyst },
    }
    expect(() =>
      plan(more, { agent: 'payment-analyst', secretsRef: ['stripe-api-key'] }),
    ).toThrowError(
      expect.objectContaining({
        code: 'REF_NOT_BOUND',
        message: 'agent "payment-analyst" has no tool binding for ref "stripe-api-key"',
        hint: 'there are no refs that "payment-analyst" is bound to',
      }),
    )
  })
  test('a slip of the pen', () => {
    expect(() => plan(config, { secretsRef: ['stripe-api-kez'] })).toThrowError(
      expect.objectContaining({
        hint: 'did you mean "stripe-api-key"? refs that "payment-analyst" is bound to: stripe-api-key, slack-bot-token',
      }),
    )
  })
  test('order and repetition change nothing', () => {
    const refs = ['slack-bot-token', 'stripe-api-key', 'slack-bot-token']
    expect(plan(config, { secretsRef: refs })).toEqual(plan(config))
  })
})

const renamed = (secretsRef: string[] | undefined, env: string[]): string[] =>
  plan(config, { secretsRef, env }).bindings.map(({ ref, envVar }) => `${ref}=${envVar}`)

describe('--env', () => {
  test('pairs by position with --secrets-ref, whatever the order of the config', () => {
    expect(renamed(['slack-bot-token', 'stripe-api-key'], ['B', 'A'])).toEqual([
      'stripe-api-key=A',
      'slack-bot-token=B',
    ])
  })

  const refused: [about: string, refs: string[] | undefined, env: string[], message: RegExp][] = [
    ['no refs', undefined, ['A'], /pair by position, but have 0 and 1$/],
    ['another count', ['stripe-api-key'], ['A', 'B'], /but have 1 and 2$/],
    ['fewer', ['stripe-api-key', 'slack-bot-token'], ['A'], /but have 2 and 1$/],
    ['no name at all', ['stripe-api-key'], [''], /number 1 is no name/],
    ['not a name', ['stripe-api-key'], ['A-B'], /^--env: number 1 is no name for a variable$/],
    ['a name that starts code', ['stripe-api-key'], ['LD_PRELOAD'], /LD_PRELOAD is refused: it /],
    ['a name of ours', ['stripe-api-key'], ['SECRETREF_RUN'], /SECRETREF_RUN is refused/],
    ['one name twice', ['stripe-api-key', 'slack-bot-token'], ['A', 'A'], /A would be set twice/],
    [
      'a file’s variable',
      ['stripe-api-key', 'slack-bot-token'],
      ['A_FILE', 'A'],
      /A_FILE would be set twice/,
    ],
    ['one ref twice', ['stripe-api-key', 'stripe-api-key'], ['A', 'B'], /stands there twice/],
  ]
  test.each(refused)('refuses %s', (_, refs, env, message) => {
    expect(() => renamed(refs, env)).toThrowError(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) }),
    )
  })

  test('refuses a ref that two slots share', () => {
    const shared: Config = {
      agent: {
        id: 'a',
        'tool-bindings': {
          t: {
            credentials: { s: { secretRef: 'r', envVar: 'A' }, u: { secretRef: 'r', envVar: 'B' } },
          },
        },
      },
    }
    expect(() => plan(shared, { secretsRef: ['r'], env: ['C'] })).toThrowError(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('twice') }),
    )
    expect(plan(shared, { secretsRef: ['r'] }).bindings).toHaveLength(2)
  })
})

describe('--secrets-provider', () => {
  test('one that does not exist', () => {
    expect(() => plan(config, { secretsProvider: 'fiel' })).toThrowError(
      expect.objectContaining({
        code: 'USAGE',
        hint: 'did you mean "file"? providers: file, env, vault, store',
      }),
    )
  })
  test('replaces every chain', () => {
    const chains = plan(config, { secretsProvider: 'env' }).bindings.map(({ chain, route }) => [
      route,
      chain,
    ])
    expect(chains).toEqual([
      ['command-line', [{ provider: 'env', at: { path: 'STRIPE_API_KEY' } }]],
      ['command-line', [{ provider: 'env', at: { path: 'SLACK_BOT_TOKEN' } }]],
    ])
  })
})

test('a planner tells where a ref points, whoever is bound to it', () => {
  const all = planner({ config, ...where })
  expect(all.agents).toEqual(['payment-analyst'])
  expect(all.route('slack-bot-token')).toMatchObject({
    route: 'refMap',
    chain: [file('slack_bot_token')],
  })
  expect(all.route('nothing').problem?.code).toBe('REF_UNKNOWN')
  expect(() => all.route('slack-bot-token', 'nobody')).toThrowError(
    expect.objectContaining({ code: 'USAGE' }),
  )
})

test('one agent of ten thousand is planned without looking at the others', () => {
  // A getter on each agent counts who is read: planning may list the names, no more.
  let read = 0
  const agents: Record<string, Agent> = {}
  for (let i = 0; i < 10_000; i++) {
    agents[`agent-${i}`] = {
      get 'tool-bindings'(): Agent['tool-bindings'] {
        read++
        return analyst['tool-bindings']
      },
    }
  }
  plan({ ...config, agents }, { agent: 'agent-77' })
  expect(read).toBe(1)
})

const targetOf = (
  tool: string,
  ref: string,
  services: { tool?: string; slot?: string } = {},
): object => {
  const { bindings } = planAgent({
    ...where,
    config: {
      agents: {
        a: {
          'tool-bindings': {
            [tool]: {
              service: services.tool,
              credentials: { c: { secretRef: ref, service: services.slot } },
            },
          },
        },
      },
    },
  })
  const { target, targetBy } = bindings[0] ?? {}
  return { target, targetBy }
}

describe('the target of a binding', () => {
  test.each([
    [
      'the slot’s own service',
      't',
      'any',
      { tool: 'stripe', slot: 'github-pat-classic' },
      'github-pat-classic',
      'service',
    ],
    [
      'the tool’s service, and which kind the ref tells',
      't',
      'slack-bot-token',
      { tool: 'slack' },
      'slack-bot-token',
      'service',
    ],
    ['the variable', 't', 'stripe-api-key', {}, 'stripe-secret-key', 'variable'],
    // Shown and recorded, but nobody acts on it.
    ['the tool’s name', 'context7', 'any', {}, 'context7', undefined],
    [
      'the first word of a tool that is no service',
      'ledger-export',
      'any',
      {},
      'ledger',
      undefined,
    ],
  ] as const)('%s', (_, tool, ref, services, target, targetBy) => {
    expect(targetOf(tool, ref, services)).toEqual({ target, targetBy })
  })
})
