import { describe, expect, test } from 'vitest'
import type { Config, RefEntry } from '../../src/config/types.ts'
import { groundOf, routeOf, type Route } from '../../src/plan/chain.ts'

const folders = { configDir: '/etc/app', userHome: '/home/me' }
const REF = 'stripe-api-key'

type Secrets = NonNullable<NonNullable<NonNullable<Config['openclaw']>['gateway']>['secrets']>
const mapped = (entry: RefEntry, rest: Secrets = {}): Config => ({
  openclaw: { gateway: { secrets: { refMap: { [REF]: entry }, ...rest } } },
})
const gateway = (secrets: Secrets, config: Config = {}): Config => ({
  ...config,
  openclaw: { gateway: { ...config.openclaw?.gateway, secrets } },
})

function route(
  config: Config,
  options: { environment?: string; only?: string; ref?: string } = {},
): Route {
  return routeOf(groundOf(config, folders, options.environment), options.ref ?? REF, options.only)
}

/** A chain as short text: `vault:prod/stripe file:#stripe-api-key|stripe_api_key` */
function text({ chain }: Route): string {
  return chain
    .map(({ provider, at }) => {
      const field = at.field === undefined ? '' : `#${at.field}`
      const alias = at.alias === undefined ? '' : `|${at.alias}`
      return `${provider}:${at.path}${field}${alias}`
    })
    .join(' ')
}

const FILE = 'file:#stripe-api-key|stripe_api_key'
const ENV = 'env:STRIPE_API_KEY'
const exec = { type: 'exec', command: '/bin/resolver' } as const

describe('where a ref points, first match wins', () => {
  const listed: Config = {
    environments: { default: { secrets: { [REF]: { provider: 'vault', path: 'p' } } } },
  }
  test('the environment before refMap', () => {
    const config = { ...listed, ...mapped({ provider: 'file', target: 't' }) }
    expect(route(config)).toMatchObject({ route: 'environment' })
    expect(text(route(config))).toBe('vault:p')
  })
  test('refMap before active-provider', () => {
    const found = route(mapped({ provider: 'file', target: 't' }, { 'active-provider': 'env' }))
    expect(found.route).toBe('refMap')
    expect(text(found)).toBe('file:#t')
  })
  test('active-provider before the only provider', () => {
    const config = gateway({ 'active-provider': 'env' }, { secrets: { providers: { mine: exec } } })
    expect(route(config).route).toBe('active-provider')
    expect(text(route(config))).toBe(ENV)
  })
  test('the only provider that is configured', () => {
    const config: Config = { secrets: { providers: { mine: exec } } }
    expect(route(config).route).toBe('only-provider')
    expect(text(route(config))).toBe('mine:stripe-api-key')
  })
  test.each([
    ['providers that nobody configured do not count', {}],
    ['nor do two', { secrets: { providers: { mine: exec, file: {} } } }],
    ['nor another ref', gateway({ refMap: { other: { provider: 'file' } } })],
  ])('%s', (_, config) => {
    expect(route(config as Config)).toMatchObject({
      route: 'none',
      chain: [],
      problem: {
        code: 'REF_UNKNOWN',
        message: `ref "${REF}" points nowhere in environment "default"`,
      },
    })
  })
  test('names that every object has are no refs', () => {
    const config = gateway({ refMap: {} }, { environments: { default: { secrets: {} } } })
    for (const ref of ['toString', 'valueOf', 'hasOwnProperty']) {
      expect(route(config, { ref }).problem?.code).toBe('REF_UNKNOWN')
    }
  })
  test('a ref that is nearly right is named', () => {
    const config = gateway({ refMap: { 'stripe-api-kez': { provider: 'file' } } })
    expect(route(config).problem?.hint).toBe('did you mean "stripe-api-kez"?')
  })
})

describe('the chain', () => {
  const table: [about: string, config: Config, chain: string][] = [
    ['one provider alone', mapped({ provider: 'file' }), FILE],
    [
      'a list is the whole chain, fallback or not',
      mapped({ provider: ['vault', 'file', 'env'] }, { fallback: ['mine'] }),
      `vault:stripe-api-key ${FILE} ${ENV}`,
    ],
    [
      'entries of a list with a place of their own',
      mapped({
        provider: [{ provider: 'vault', path: 'p' }, 'file', { provider: 'env', target: 'X' }],
      }),
      `vault:p ${FILE} env:X`,
    ],
    [
      'fallback after one provider that stands in it: what comes after',
      mapped({ provider: 'file', target: 't' }, { fallback: ['vault', 'file', 'env'] }),
      `file:#t ${ENV}`,
    ],
    [
      'after the last of it: nothing',
      mapped({ provider: 'env' }, { fallback: ['vault', 'file', 'env'] }),
      ENV,
    ],
    [
      'after one that does not stand in it: the whole',
      mapped({ provider: 'env' }, { fallback: ['vault', 'file'] }),
      `${ENV} vault:stripe-api-key ${FILE}`,
    ],
    [
      'fallback as one name',
      mapped({ provider: 'vault', path: 'p' }, { fallback: 'file' }),
      `vault:p ${FILE}`,
    ],
    [
      'after active-provider',
      gateway({ 'active-provider': 'vault', fallback: ['vault', 'env'] }),
      `vault:stripe-api-key ${ENV}`,
    ],
    [
      'a provider twice, at two places',
      mapped(
        { provider: 'file', target: 't' },
        { fallback: [{ provider: 'env', path: 'X' }, 'env', 'env'] },
      ),
      `file:#t env:X ${ENV}`,
    ],
    [
      'a place never twice',
      mapped({ provider: ['file', { provider: 'env', path: 'STRIPE_API_KEY' }, 'env', 'file'] }),
      `${FILE} ${ENV}`,
    ],
  ]
  test.each(table)('%s', (_, config, chain) => {
    expect(route(config).problem).toBeUndefined()
    expect(text(route(config))).toBe(chain)
  })

  test('what lets it go on: the entry, else the gateway, else an outage alone', () => {
    const both: RefEntry['fallbackOn'] = ['unavailable', 'not-found']
    expect(route(mapped({ provider: 'file' })).fallbackOn).toEqual(['unavailable'])
    expect(route(mapped({ provider: 'file' }, { fallbackOn: both })).fallbackOn).toEqual(both)
    expect(
      route(mapped({ provider: 'file', fallbackOn: ['unavailable'] }, { fallbackOn: both }))
        .fallbackOn,
    ).toEqual(['unavailable'])
  })

  const broken: [about: string, config: Config, code: string][] = [
    ['an unknown provider', mapped({ provider: 'valt' }), 'PROVIDER_INVALID'],
    [
      'an unknown provider in a list',
      mapped({ provider: ['file', 'toString'] }),
      'PROVIDER_INVALID',
    ],
    [
      'an unknown fallback',
      mapped({ provider: 'file' }, { fallback: ['nobody'] }),
      'PROVIDER_INVALID',
    ],
    ['an unknown active-provider', gateway({ 'active-provider': 'nobody' }), 'PROVIDER_INVALID'],
    ['a place beside a list', mapped({ provider: ['file', 'env'], target: 't' }), 'CONFIG_INVALID'],
    ['a version where there is none', mapped({ provider: 'env', version: '3' }), 'CONFIG_INVALID'],
  ]
  test.each(broken)(
    '%s is the ref’s problem, and nothing of the chain is left',
    (_, config, code) => {
      expect(route(config)).toMatchObject({
        chain: [],
        problem: { code, hint: expect.any(String) },
      })
    },
  )
})

describe('environments are apart', () => {
  const config: Config = {
    environments: {
      production: { secrets: { [REF]: { provider: 'vault', path: 'prod/stripe' } } },
      development: { secrets: { [REF]: { provider: 'file', path: '.secrets/dev.key' } } },
      staging: { inherit: true },
      empty: {},
    },
    openclaw: {
      gateway: {
        environment: 'production',
        secrets: {
          refMap: { 'slack-bot-token': { provider: 'file', target: 'slack' } },
          'active-provider': 'vault',
          fallback: ['vault', 'env'],
          fallbackOn: ['unavailable', 'not-found'],
        },
      },
    },
  }
  const table: [environment: string, ref: string, found: string, chain: string][] = [
    ['production', REF, 'environment', `vault:prod/stripe ${ENV}`],
    [
      'production',
      'slack-bot-token',
      'refMap',
      'file:#slack vault:slack-bot-token env:SLACK_BOT_TOKEN',
    ],
    ['production', 'other', 'active-provider', 'vault:other env:OTHER'],
    ['development', REF, 'environment', 'file:/etc/app/.secrets/dev.key'],
    [
      'staging',
      'slack-bot-token',
      'refMap',
      'file:#slack vault:slack-bot-token env:SLACK_BOT_TOKEN',
    ],
    ['staging', REF, 'active-provider', `vault:stripe-api-key ${ENV}`],
  ]
  test.each(table)('%s %s', (environment, ref, found, chain) => {
    const result = route(config, { environment, ref })
    expect(result.problem).toBeUndefined()
    expect(result.route).toBe(found)
    expect(text(result)).toBe(chain)
  })

  test.each([
    ['development', 'slack-bot-token'],
    ['development', 'other'],
    ['empty', REF],
    ['empty', 'slack-bot-token'],
  ])('%s does not see %s', (environment, ref) => {
    expect(route(config, { environment, ref })).toMatchObject({
      chain: [],
      problem: {
        code: 'REF_UNKNOWN',
        hint: expect.stringContaining(`environment "${environment}" sees its own secrets alone`),
      },
    })
    expect(route(config, { environment, ref }).fallbackOn).toEqual(['unavailable'])
  })

  test('without a configured environment, refMap is not what a named one sees', () => {
    const { environment: _, ...rest } = config.openclaw?.gateway ?? {}
    const open = { ...config, openclaw: { gateway: rest } }
    expect(route(open, { environment: 'production', ref: 'other' }).problem?.code).toBe(
      'REF_UNKNOWN',
    )
    expect(route(open, { ref: 'other' }).route).toBe('active-provider')
  })

  test('where another environment alone lists a ref, the hint says which', () => {
    const home: Config = { ...config, openclaw: { gateway: { environment: 'production' } } }
    const only = {
      ...home,
      environments: { development: config.environments?.['development'] ?? {} },
    }
    expect(route(only).problem?.hint).toBe(
      'only environment "development" lists it: add it to environments.production.secrets',
    )
  })
})

describe('a place of another environment is refused, never dropped', () => {
  const development = (entry: RefEntry, rest: Secrets, ref = REF): Config => ({
    secrets: {
      providers: {
        files: { type: 'file', path: '/s.json' },
        same: { type: 'file', path: '/s.json' },
        variables: { type: 'env' },
      },
    },
    environments: { production: {}, development: { secrets: { [ref]: entry } } },
    openclaw: { gateway: { environment: 'production', secrets: rest } },
  })
  const table: [about: string, config: Config][] = [
    ['by active-provider', development({ provider: 'vault' }, { 'active-provider': 'vault' })],
    [
      'by a place written in fallback',
      development(
        { provider: 'file', path: '.secrets/dev.key' },
        {
          'active-provider': 'vault',
          fallback: ['vault', { provider: 'file', path: '.secrets/dev.key' }],
        },
      ),
    ],
    [
      'for another ref',
      development({ provider: 'vault', path: REF }, { 'active-provider': 'vault' }, 'dev-key'),
    ],
    [
      'by the second spelling',
      development({ provider: 'file', target: 'stripe_api_key' }, { 'active-provider': 'file' }),
    ],
    [
      'by another way of writing the path',
      development(
        { provider: 'file', path: '/k/dev.key' },
        { 'active-provider': 'env', fallback: [{ provider: 'file', path: '/k/./x/../dev.key' }] },
      ),
    ],
    [
      'by another name of the same store',
      development({ provider: 'files', target: REF }, { 'active-provider': 'same' }),
    ],
    [
      'by another name of the environment',
      development(
        { provider: 'variables', target: 'STRIPE_API_KEY' },
        { 'active-provider': 'env' },
      ),
    ],
    [
      'by a field that may be the same one',
      development({ provider: 'vault', path: REF, field: 'value' }, { 'active-provider': 'vault' }),
    ],
  ]
  test.each(table)('%s', (_, config) => {
    const found = route(config)
    expect(found.problem?.code).toBe('ENVIRONMENT_MISMATCH')
    expect(found.problem?.message).toContain(
      'belongs to environment "development", not to "production"',
    )
    // `why` still shows what would have been asked.
    expect(found.chain).not.toEqual([])
  })

  test('what both environments state is both’s', () => {
    const config = development(
      { provider: 'vault', path: 'shared' },
      {
        refMap: { [REF]: { provider: 'vault', path: 'shared' } },
      },
    )
    expect(route(config).problem).toBeUndefined()
    expect(route(config, { environment: 'development' }).problem).toBeUndefined()
  })

  test('without environments nothing belongs to anybody', () => {
    const config = mapped({ provider: 'vault', path: 'a' }, { 'active-provider': 'vault' })
    expect(route(config, { ref: 'a' }).problem).toBeUndefined()
  })
})

describe('--secrets-provider', () => {
  const config: Config = {
    secrets: { providers: { mine: exec } },
    environments: {
      production: {
        secrets: { [REF]: { provider: ['vault', { provider: 'file', target: 'live' }] } },
      },
      development: { secrets: { [REF]: { provider: 'vault', path: 'dev/stripe' } } },
    },
    openclaw: {
      gateway: {
        environment: 'production',
        secrets: {
          refMap: {
            [REF]: { provider: 'env', target: 'LIVE_KEY' },
            'slack-bot-token': { provider: 'vault', path: 'slack' },
          },
          fallback: [{ provider: 'mine', path: 'ids/all' }],
        },
      },
    },
  }
  const table: [ref: string, only: string, chain: string][] = [
    [REF, 'file', 'file:#live'],
    [REF, 'vault', 'vault:stripe-api-key'],
    [REF, 'env', 'env:LIVE_KEY'],
    [REF, 'mine', 'mine:ids/all'],
    ['slack-bot-token', 'vault', 'vault:slack'],
    ['slack-bot-token', 'file', 'file:#slack-bot-token|slack_bot_token'],
    ['unlisted', 'file', 'file:#unlisted'],
  ]
  test.each(table)('%s from %s alone', (ref, only, chain) => {
    const found = route(config, { ref, only })
    expect(found.problem).toBeUndefined()
    expect(found.route).toBe('command-line')
    expect(text(found)).toBe(chain)
  })

  test('serves a ref that no config places, as in `--secrets-provider file`', () => {
    expect(text(route({}, { only: 'file' }))).toBe(FILE)
  })

  function development(only: string, ref = REF): Route {
    return route(config, { environment: 'development', only, ref })
  }
  test('opens no door into another environment', () => {
    expect(text(development('vault'))).toBe('vault:dev/stripe')
    // Production reads `ids/all` there, and nobody this id.
    expect(text(development('mine'))).toBe('mine:stripe-api-key')
    expect(development('file').problem).toBeUndefined()
    expect(development('vault', 'slack-bot-token').problem?.code).toBe('REF_UNKNOWN')
    expect(development('file', 'unlisted').problem?.code).toBe('REF_UNKNOWN')
  })

  test('does not reach what the configured environment reads by habit', () => {
    const habit: Config = {
      environments: { production: {}, development: { secrets: { [REF]: { provider: 'env' } } } },
      openclaw: { gateway: { environment: 'production', secrets: { 'active-provider': 'file' } } },
    }
    expect(route(habit, { environment: 'development', only: 'file' }).problem).toMatchObject({
      code: 'ENVIRONMENT_MISMATCH',
      message: expect.stringContaining('belongs to environment "production"'),
    })
  })
})
