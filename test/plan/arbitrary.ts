/**
 * Random configs that the loader would accept: few names, so that agents, refs and places meet each
 * other often. `toString` and its like are names that a config may hold.
 */
import * as fc from 'fast-check'
import { upperSnake } from '../../src/config/names.ts'
import type { Agent, Config, RefEntry } from '../../src/config/types.ts'

export const AGENTS = ['analyst', 'deployer', 'valueOf'] as const
export const TOOLS = ['stripe-payment', 'slack-notifier', 'toString'] as const
export const REFS = ['stripe-api-key', 'slack_bot_token', 'db/password', 'toString'] as const
export const ENVIRONMENTS = ['production', 'development', 'staging'] as const
/** One provider of each type, and a second name for two of them. */
export const PROVIDERS = ['file', 'env', 'vault', 'resolver', 'files', 'variables'] as const
const PROVIDERS_HERE: NonNullable<NonNullable<Config['secrets']>['providers']> = {
  resolver: { type: 'exec', command: '/usr/local/bin/resolver' },
  files: { type: 'file', path: 'secrets.json' },
  variables: { type: 'env' },
}
const VARIABLES = ['STRIPE_API_KEY', 'SLACK_TOKEN', 'DB_PASSWORD', 'SHELL_KEY'] as const
const DATES = ['2020-01-01', '2026-06-01T10:00:00Z', '2099-12-31T23:00:00+02:00'] as const

/** Every key may be missing. */
const ANY: { requiredKeys: []; noNullPrototype: true } = {
  requiredKeys: [],
  noNullPrototype: true,
}

/** Some of `keys`, each with a value of its own; much cheaper to make than `fc.dictionary`. */
function some<T>(keys: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc
    .record(Object.fromEntries(keys.map((key) => [key, value])), ANY)
    .map((made) =>
      Object.fromEntries(
        Object.entries(made).flatMap(([key, item]) =>
          item === undefined ? [] : [[key, item] as const],
        ),
      ),
    )
}

const providerName = fc.constantFrom(...PROVIDERS)

/** A provider and, sometimes, a location in it that its type knows. */
const step = fc
  .tuple(
    providerName,
    fc.constantFrom('none', 'target', 'path'),
    fc.constantFrom('stripe_api_key', 'shared', 'db-password'),
  )
  .map(([provider, word, at]): { provider: string; target?: string; path?: string } => {
    if (word === 'none') return { provider }
    const text = provider === 'env' || provider === 'variables' ? upperSnake(at) : at
    return word === 'target' ? { provider, target: text } : { provider, path: text }
  })
const chain = fc.array(fc.oneof(providerName, step), { minLength: 1, maxLength: 3 })

const refEntry = fc
  .tuple(
    fc.oneof(
      step,
      chain.map((provider) => ({ provider })),
    ),
    fc.record(
      {
        required: fc.boolean(),
        expiresAt: fc.constantFrom(...DATES),
        deprecationDate: fc.constantFrom(...DATES),
        fallbackOn: fc.constantFrom<RefEntry['fallbackOn']>(
          ['unavailable'],
          ['unavailable', 'not-found'],
        ),
      },
      ANY,
    ),
  )
  .map(([where, rest]): RefEntry => Object.assign(rest, where))

const environmentRefEntry = refEntry.map((entry) => ({ ...entry, allowPlaintext: true }))

const credential = fc.record(
  {
    secretRef: fc.constantFrom(...REFS),
    envVar: fc.constantFrom(...VARIABLES),
    delivery: fc.constantFrom('env' as const, 'file' as const),
    expiresAt: fc.constantFrom(...DATES),
  },
  { requiredKeys: ['secretRef'], noNullPrototype: true },
)

const toolBinding = fc.record(
  {
    required: fc.boolean(),
    service: fc.constant('stripe'),
    credentials: some(['apiKey', 'botToken'], credential),
  },
  { requiredKeys: ['credentials'], noNullPrototype: true },
)

const authProfile = fc.record(
  {
    required: fc.boolean(),
    'on-failure': fc.constantFrom('deny-and-log' as const, 'deny-and-alert' as const),
  },
  ANY,
)

const anyAgent = fc
  .record(
    {
      capabilities: fc.subarray([...TOOLS, 'data-analysis']),
      'auth-profiles': some(TOOLS, authProfile),
      'tool-bindings': some(TOOLS, toolBinding),
      inheritEnv: fc.constant('EDITOR_THEME').map((variable) => [variable]),
    },
    ANY,
  )
  .map(withoutClashes)

export const configArbitrary: fc.Arbitrary<Config> = fc
  .record(
    {
      agents: some(AGENTS, anyAgent),
      environments: some(
        ENVIRONMENTS,
        // Allowed everywhere: whether the guard of production asks for it is the loader's to test.
        fc.record({ secrets: some(REFS, environmentRefEntry), inherit: fc.boolean() }, ANY),
      ),
      openclaw: fc.record(
        {
          gateway: fc.record(
            {
              environment: fc.constantFrom(...ENVIRONMENTS),
              secrets: fc.record(
                {
                  refMap: some(REFS, refEntry),
                  'active-provider': providerName,
                  fallback: fc.oneof(providerName, chain),
                },
                ANY,
              ),
            },
            ANY,
          ),
        },
        ANY,
      ),
    },
    ANY,
  )
  .map((config): Config => Object.assign({ secrets: { providers: PROVIDERS_HERE } }, config))

/** One agent never has two slots in one variable, nor a profile for a tool that it does not have. */
function withoutClashes(agent: Agent): Agent {
  const bound = new Set(Object.keys(agent['tool-bindings'] ?? {}))
  const tools = new Set([...bound, ...(agent.capabilities ?? [])])
  for (const [tool, profile] of Object.entries(agent['auth-profiles'] ?? {})) {
    if (!tools.has(tool)) delete agent['auth-profiles']?.[tool]
    // What only a capability names can require nothing.
    else if (!bound.has(tool)) delete profile.required
  }
  const taken = new Set<string>()
  for (const binding of Object.values(agent['tool-bindings'] ?? {})) {
    for (const [slot, credentialOf] of Object.entries(binding.credentials)) {
      const variable = credentialOf.envVar ?? upperSnake(credentialOf.secretRef)
      if (taken.has(variable)) delete binding.credentials[slot]
      else taken.add(variable)
    }
  }
  return agent
}
