import { describe, expect, test } from 'vitest'
import {
  agentsOf,
  defaultProviderOf,
  envProviderVariables,
  fileSpellings,
  namedProviders,
  providerVariables,
  providersOf,
  slotsOf,
  withheldOf,
} from '../../src/config/accessors.ts'
import { load, withSlots } from './helpers.ts'

async function config(document: object): Promise<Awaited<ReturnType<typeof load>>['config']> {
  return (await load(document)).config
}

test('agent and agents are one map; the id is no field of the agent', async () => {
  const agents = agentsOf(await config({ agent: { id: 'one', name: 'One' }, agents: { two: {} } }))
  expect([...agents]).toEqual([
    ['one', { name: 'One' }],
    ['two', {}],
  ])
})

test('a slot without envVar has the ref in UPPER_SNAKE', async () => {
  const slots = {
    a: { secretRef: 'stripe-api-key' },
    b: { secretRef: '1password/token.v2' },
    c: { secretRef: 'x', envVar: 'mine' },
  }
  const agent = agentsOf(await config(withSlots(slots))).get('a')
  expect(agent && slotsOf(agent).map(({ envVar }) => envVar)).toEqual([
    'STRIPE_API_KEY',
    '_1PASSWORD_TOKEN_V2',
    'mine',
  ])
})

describe('providers', () => {
  test('file, env, vault and store are there unasked; a known key needs no type', async () => {
    const table = providersOf(
      await config({
        secrets: { providers: { vault: { mount: 'kv' }, mine: { type: 'file', path: 'x' } } },
      }),
    )
    expect(Object.fromEntries(table)).toEqual({
      vault: { type: 'vault', options: { mount: 'kv' } },
      mine: { type: 'file', options: { path: 'x' } },
      file: { type: 'file', options: {} },
      env: { type: 'env', options: {} },
      store: { type: 'store', options: {} },
    })
  })

  test('active-provider is the default one, else the only one that is configured', async () => {
    const gateway = { secrets: { 'active-provider': 'vault' } }
    const one = { file: {} }
    const two = { file: {}, env: {} }
    expect(defaultProviderOf(await config({ openclaw: { gateway } }))?.route).toBe(
      'active-provider',
    )
    expect(defaultProviderOf(await config({ secrets: { providers: one } }))).toEqual({
      name: 'file',
      route: 'only-provider',
    })
    expect(defaultProviderOf(await config({ secrets: { providers: two } }))).toBeUndefined()
    expect(defaultProviderOf(await config({}))).toBeUndefined()
  })

  test('named are those configured, active, in a chain or in an environment', async () => {
    const named = namedProviders(
      await config({
        secrets: { providers: { mine: { type: 'env' } } },
        environments: { e: { secrets: { r: { provider: ['vault', { provider: 'mine' }] } } } },
        openclaw: { gateway: { secrets: { fallback: ['env'] } } },
      }),
    )
    expect([...named].toSorted()).toEqual(['env', 'mine', 'vault'])
  })
})

async function read(secrets: object, rest: object = {}): Promise<string[]> {
  const gateway = { openclaw: { gateway: { secrets } }, ...rest }
  const document = await config(withSlots({ k: { secretRef: 'bound-ref' } }, {}, gateway))
  return [...envProviderVariables(document)].toSorted()
}

describe('what an env provider may read', () => {
  test('nothing, where none is named', async () => {
    expect(await read({ refMap: { r: { provider: 'file', target: 'X' } } })).toEqual([])
  })

  test('what is stated, else the ref in UPPER_SNAKE', async () => {
    const refMap = {
      one: { provider: 'env', target: 'STATED' },
      two: { provider: ['file', 'env'] },
      three: { provider: ['file', { provider: 'env', path: 'PLACED' }] },
    }
    expect(await read({ refMap })).toEqual(['PLACED', 'STATED', 'TWO'])
  })

  test('every ref, where it is asked by default or after all others', async () => {
    const refMap = { one: { provider: 'file', target: 'x' } }
    expect(await read({ refMap, 'active-provider': 'env' })).toEqual(['BOUND_REF', 'ONE'])
    expect(await read({ refMap, fallback: ['vault', 'env'] })).toEqual(['BOUND_REF', 'ONE'])
    expect(await read({ refMap }, { secrets: { providers: { env: {} } } })).toEqual([
      'BOUND_REF',
      'ONE',
    ])
  })
})

describe('what is withheld from every agent', () => {
  test("a provider's credentials, and what an exec provider is given", async () => {
    const document = await config({
      secrets: {
        providers: { exec: { command: '/bin/x', passEnv: ['PATH', 'HOME', 'OP_TOKEN'] } },
      },
      openclaw: { gateway: { secrets: { 'active-provider': 'vault' } } },
    })
    const patterns = providerVariables(document)
    expect(patterns).toContain('VAULT_TOKEN')
    expect(patterns).toContain('OP_TOKEN')
    expect(patterns).not.toContain('PATH')
    expect(patterns).not.toContain('HOME')
  })

  test('no credential of a provider that nobody names', async () => {
    expect([...providerVariables(await config({}))]).toEqual([])
  })

  test('what any agent receives, and its path', async () => {
    const { names } = withheldOf(await config(withSlots({ k: { secretRef: 'r', envVar: 'KEY' } })))
    expect([...names]).toEqual(['KEY', 'KEY_FILE'])
  })
})

test('the file provider looks for a ref as written, then in snake_case', () => {
  expect(fileSpellings('stripe-api-key')).toEqual(['stripe-api-key', 'stripe_api_key'])
  expect(fileSpellings('stripe_api_key')).toEqual(['stripe_api_key'])
})
