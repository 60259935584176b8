import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/config/types.ts'
import { withheldOf } from '../../src/config/accessors.ts'
import { credentialLike, inheritedNames } from '../../src/plan/inherit.ts'
import { planAgent, type Request } from '../../src/plan/plan.ts'

const config: Config = {
  secrets: {
    providers: { mine: { type: 'exec', command: '/bin/x', passEnv: ['MINE_AUTH', 'PATH'] } },
  },
  agents: {
    analyst: {
      inheritEnv: ['HTTP_PROXY', 'STRIPE_API_KEY'],
      'tool-bindings': {
        t: {
          credentials: {
            s: { secretRef: 'stripe-api-key' },
            u: { secretRef: 'db', envVar: 'DB_PASSWORD' },
          },
        },
      },
    },
    other: { 'tool-bindings': { t: { credentials: { s: { secretRef: 'github-token' } } } } },
  },
  environments: {
    production: { secrets: { 'stripe-api-key': { provider: 'vault' } } },
    development: { secrets: { 'stripe-api-key': { provider: 'env', target: 'DEV_STRIPE' } } },
  },
  openclaw: {
    gateway: {
      environment: 'production',
      secrets: { refMap: { db: { provider: ['mine', { provider: 'env', path: 'PGPASSWORD' }] } } },
    },
  },
}

function passed(
  names: readonly string[],
  options: { pristine?: boolean; fromParent?: readonly string[] } & Request = {},
): string[] {
  const { pristine = false, fromParent = [], ...request } = options
  const plan = planAgent({ config, configDir: '/c', userHome: '/h', agent: 'analyst', ...request })
  return inheritedNames({ config, withheld: withheldOf(config), plan, names, pristine, fromParent })
}

describe('an ordinary run passes everything', () => {
  const ordinary = [
    'PATH',
    'HOME',
    'EDITOR',
    'HTTP_PROXY',
    'lower_case',
    'X1',
    `LONG_${'X'.repeat(200)}`,
  ]
  test('in the order it is there', () => expect(passed(ordinary)).toEqual(ordinary))

  const withheld: [why: string, names: string[]][] = [
    [
      'its own variables: a denied key must not arrive from the shell',
      ['STRIPE_API_KEY', 'DB_PASSWORD'],
    ],
    ['their files', ['STRIPE_API_KEY_FILE', 'DB_PASSWORD_FILE']],
    ['any other agent’s', ['GITHUB_TOKEN', 'GITHUB_TOKEN_FILE']],
    ['what the env provider may read, in any environment', ['DEV_STRIPE', 'PGPASSWORD']],
    [
      'credentials of a provider that the config names',
      ['VAULT_TOKEN', 'VAULT_SECRET_ID', 'BAO_TOKEN'],
    ],
    ['what an exec provider signs in with', ['MINE_AUTH']],
    ['our own', ['SECRETREF_RUN', 'SECRETREF_ENVIRONMENT', 'SECRETREF_ANYTHING']],
    ['names that no shell can hand on', ['BASH_FUNC_x%%', 'a-b', '1X', '', 'ä', 'A\nB']],
    [
      'what a shell sets for itself',
      [
        'IFS',
        'PWD',
        'OLDPWD',
        '_',
        'SHLVL',
        'UID',
        'EUID',
        'PPID',
        'RANDOM',
        'ENV',
        'PS4',
        'BASHOPTS',
        'SHELLOPTS',
        'LINENO',
        'SECONDS',
        'OPTIND',
      ],
    ],
  ]
  test.each(withheld)('but %s', (_, names) => expect(passed(names)).toEqual([]))

  test('a provider that the config does not name has no credentials to withhold', () => {
    expect(passed(['AWS_ACCESS_KEY_ID', 'OP_SESSION_x'])).toHaveLength(2)
  })
  test('the home and the config, for a run inside the agent', () => {
    expect(passed(['SECRETREF_HOME', 'SECRETREF_CONFIG'])).toHaveLength(2)
    expect(passed(['SECRETREF_HOME', 'SECRETREF_CONFIG'], { pristine: true })).toHaveLength(2)
  })
  test('what a caller’s own shell start-up uses stays the caller’s', () => {
    expect(passed(['BASH_ENV', 'PS1', 'TMOUT'])).toHaveLength(3)
  })
})

describe('pristine', () => {
  test('a short list, and inheritEnv', () => {
    const names = [
      'PATH',
      'HOME',
      'USER',
      'LC_ALL',
      'LC_CTYPE',
      'TZ',
      'EDITOR',
      'HTTP_PROXY',
      'NODE_OPTIONS',
      'LCX',
    ]
    expect(passed(names, { pristine: true })).toEqual([
      'PATH',
      'HOME',
      'USER',
      'LC_ALL',
      'LC_CTYPE',
      'TZ',
      'HTTP_PROXY',
    ])
  })
  test('inheritEnv opens nothing that is withheld', () => {
    expect(passed(['STRIPE_API_KEY'], { pristine: true })).toEqual([])
  })
})

describe('one start withholds more', () => {
  test('the names that --env gives', () => {
    const renamed = { secretsRef: ['db'], env: ['OTHER_NAME'] }
    expect(passed(['OTHER_NAME', 'OTHER_NAME_FILE'])).toHaveLength(2)
    expect(passed(['OTHER_NAME', 'OTHER_NAME_FILE'], renamed)).toEqual([])
  })
  test('what a parent received', () => {
    expect(passed(['PARENT_KEY', 'PARENT_KEY_FILE'], { fromParent: ['PARENT_KEY'] })).toEqual([])
  })
})

test('with --secrets-provider env, a ref without a place is withheld under its own name', () => {
  const bare: Config = {
    agent: {
      id: 'a',
      'tool-bindings': { t: { credentials: { s: { secretRef: 'my-ref', envVar: 'X' } } } },
    },
  }
  const plan = planAgent({ config: bare, configDir: '/c', userHome: '/h', secretsProvider: 'env' })
  const withheld = withheldOf(bare)
  const input = {
    config: bare,
    withheld,
    plan,
    names: ['MY_REF', 'Y'],
    pristine: false,
    fromParent: [],
  }
  expect(inheritedNames(input)).toEqual(['Y'])
})

test('names that look like a credential', () => {
  const yes = [
    'GITHUB_TOKEN',
    'OPENAI_API_KEY',
    'AWS_SECRET_ACCESS_KEY',
    'DB_PASSWORD',
    'CLIENT_SECRET',
    'SENTRY_DSN',
    'DATABASE_URL',
    'token',
    'GH_PAT',
    'GOOGLE_CREDENTIALS',
    'SLACK_WEBHOOK_URL',
    'SSH_PASSPHRASE',
  ]
  const no = [
    'PATH',
    'SSH_AUTH_SOCK',
    'KEYBOARD',
    'GPG_KEY',
    'STRIPE_PUBLISHABLE_KEY',
    'TOKENIZERS_PARALLELISM',
    'PASSENGER',
    'COMPASS',
    'MONKEY',
    'SECRETARY',
  ]
  expect(credentialLike([...yes, ...no])).toEqual(yes)
})
