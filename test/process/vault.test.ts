/** Production on Vault: a real OpenBao, the whole command line. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fakeVault } from '../fakes/vault.ts'
import { openbao, ROOT_TOKEN, startOpenbao, type Bao } from '../servers/openbao.ts'
import {
  environment,
  makeWorld,
  PRINT_ENVIRONMENT,
  recordsOf,
  run,
  type Ended,
  type World,
} from './support.ts'

const binary = openbao('runs against a real Vault')
let bao: Bao

beforeAll(async () => {
  if (binary === undefined) return
  bao = await startOpenbao(binary)
  await bao.api('POST', 'secret/data/prod/stripe/api-key', { data: { value: 'fake-of-vault' } })
})
afterAll(() => bao?.stop())

const BINDINGS = {
  'tool-bindings': {
    pay: {
      required: true,
      credentials: { key: { secretRef: 'stripe-api-key', envVar: 'STRIPE_API_KEY' } },
    },
  },
}

/** As the article's block 4.2 says it. */
const PLACE = { provider: 'vault', path: 'prod/stripe/api-key' }
const FILE = { provider: 'file', target: 'stripe-api-key' }

/** The article's block 4.2, with an agent to run in it. */
function world(more: { after?: readonly unknown[]; address?: string; token?: string } = {}): World {
  const { after = [], address = bao.address, token = ROOT_TOKEN } = more
  const made = makeWorld({
    config: {
      agents: { payments: BINDINGS },
      secrets: { providers: { vault: { address } } },
      environments: {
        production: {
          secrets: {
            'stripe-api-key': after.length === 0 ? PLACE : { provider: [PLACE, ...after] },
          },
        },
      },
    },
    secrets: { 'stripe-api-key': 'fake-of-file' },
  })
  made.env['VAULT_TOKEN'] = token
  return made
}

const words = (at: World): string[] => [
  'run',
  '--config',
  at.config,
  '--environment',
  'production',
  '--',
  ...PRINT_ENVIRONMENT,
]

describe.skipIf(binary === undefined)('against OpenBao', () => {
  test('a ref of production comes from its path; the gateway’s own token stays with the gateway', async () => {
    const at = world()
    const ended = await run(at, words(at))
    expect(ended.err).toBe('')
    const given = environment(Buffer.from(ended.out))
    expect(given.get('STRIPE_API_KEY')?.toString()).toBe('fake-of-vault')
    expect(given.has('VAULT_TOKEN')).toBe(false)
    const released = recordsOf(at).find(({ event }) => event === 'grant.released')
    expect(released).toMatchObject({ provider: 'vault', secret: { version: '1' } })
    expect(JSON.stringify(recordsOf(at))).not.toContain('fake-')
  })

  test('gateway audit lists below "auditPrefix" alone; where it may not, that is a note', async () => {
    for (const path of ['prod/stripe/old-key', 'others/key']) {
      await bao.api('POST', `secret/data/${path}`, { data: { value: 'fake-other' } })
    }
    const policy = 'path "secret/metadata/prod/*" { capabilities = ["list"] }'
    await bao.api('PUT', 'sys/policies/acl/fake-list', { policy })
    const made = await bao.api('POST', 'auth/token/create', { policies: ['fake-list'] })
    const { auth }: { auth: { client_token: string } } = JSON.parse(await made.text())
    const at = world({ token: auth.client_token })
    const audit = ['gateway', 'audit', '--secrets', '--unused-only', '--config', at.config]
    const listed = (auditPrefix?: string): Promise<Ended> => {
      const vault = { address: bao.address, ...(auditPrefix && { auditPrefix }) }
      at.writeConfig({
        agents: { payments: BINDINGS },
        secrets: { providers: { vault } },
        environments: { production: { secrets: { 'stripe-api-key': PLACE } } },
        openclaw: { gateway: { environment: 'production' } },
      })
      return run(at, audit)
    }
    const found = await listed('prod/')
    expect(found.out).toBe(
      '⚠️ unused-ref: prod/stripe/old-key (listed under prod/; no ref of this config points to it)\n',
    )
    expect((await listed()).out).toContain('nothing unused')
    const denied = await run(at, [...audit.filter((word) => word !== '--unused-only'), '--json'])
    expect(JSON.parse(denied.out)).toMatchObject({
      notListed: [{ provider: 'vault', reason: expect.stringContaining('auditPrefix') }],
    })
    const wrong = await listed('prod')
    expect(wrong.err).toContain('auditPrefix: must end in a slash, as prod/payments/ does')
    const others = await listed('others/')
    expect({ code: others.code, out: others.out }).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 provider not listed'),
    })
  })

  test('a denial is final, whatever the chain says', async () => {
    const at = world({ token: 'fake-wrong-token', after: [FILE] })
    const ended = await run(at, words(at))
    expect([ended.code, ended.out]).toEqual([125, ''])
    expect(ended.err).toContain('[PROVIDER_DENIED]')
    expect(ended.err + JSON.stringify(recordsOf(at))).not.toContain('fake-wrong-token')
  })

  test('an outage goes on along the written chain, on record', async () => {
    const at = world({ address: 'http://127.0.0.1:1', after: [FILE] })
    const ended = await run(at, words(at))
    expect(environment(Buffer.from(ended.out)).get('STRIPE_API_KEY')?.toString()).toBe(
      'fake-of-file',
    )
    expect(recordsOf(at)).toContainEqual(
      expect.objectContaining({ event: 'provider.fallback', ref: 'stripe-api-key' }),
    )
  })

  test('secrets set writes where the config says, beside the other fields', async () => {
    await bao.api('POST', 'secret/data/prod/stripe/api-key', {
      data: { value: 'fake-old', other: 'fake-other' },
    })
    const at = world()
    const set = ['secrets', 'set', 'stripe-api-key', '--config', at.config]
    const stored = await run(at, [...set, '--environment', 'production'], {
      stdin: Buffer.from('fake-new'),
    })
    expect(stored.err).toContain('stored stripe-api-key in vault at prod/stripe/api-key')
    const ended = await run(at, words(at))
    expect(environment(Buffer.from(ended.out)).get('STRIPE_API_KEY')?.toString()).toBe('fake-new')
    const answer = await bao.api('GET', 'secret/data/prod/stripe/api-key')
    expect(await answer.text()).toContain('fake-other')
  })

  test('without a chain an outage is an error in words, and nothing starts', async () => {
    const at = world({ address: 'http://127.0.0.1:1' })
    const ended = await run(at, words(at))
    expect([ended.code, ended.out]).toEqual([125, ''])
    expect(ended.err).toContain('no connection to provider "vault" could be made')
  })

  test('a wrapped secret id is good for one start; the second says what that may mean', async () => {
    await bao.api('POST', 'sys/auth/approle', { type: 'approle' })
    await bao.api('PUT', 'sys/policies/acl/reader', {
      policy: 'path "secret/data/prod/*" { capabilities = ["read"] }',
    })
    await bao.api('POST', 'auth/approle/role/gateway', { token_policies: 'reader' })
    const role = await bao.api('GET', 'auth/approle/role/gateway/role-id')
    const { data }: { data: { role_id: string } } = JSON.parse(await role.text())
    const made = await fetch(`${bao.address}/v1/auth/approle/role/gateway/secret-id`, {
      method: 'POST',
      headers: { 'x-vault-token': ROOT_TOKEN, 'x-vault-wrap-ttl': '60s' },
    })
    const { wrap_info: wrap }: { wrap_info: { token: string } } = JSON.parse(await made.text())
    const at = world()
    const secretIdFile = at.write('wrapped', `${wrap.token}\n`, 0o600)
    const auth = {
      method: 'approle',
      roleId: data.role_id,
      secretIdFile,
      secretIdWrapped: true,
    }
    at.writeConfig({
      agents: { payments: BINDINGS },
      secrets: { providers: { vault: { address: bao.address, auth } } },
      environments: { production: { secrets: { 'stripe-api-key': PLACE } } },
    })
    delete at.env['VAULT_TOKEN']
    const runs = [await run(at, words(at)), await run(at, words(at))]
    const [first, second] = runs
    expect([first?.code, second?.code]).toEqual([0, 125])
    expect(environment(Buffer.from(first?.out ?? '')).has('STRIPE_API_KEY')).toBe(true)
    expect(second?.err).toContain('somebody else may have unwrapped the secret id')
    expect(JSON.stringify([...runs.map(({ err }) => err), recordsOf(at)])).not.toContain(wrap.token)
  })
})

test('user and password of a dynamic secret reach the agent together; no lease id is on record', async () => {
  const fake = await fakeVault({})
  const at = makeWorld({
    config: {
      agents: {
        report: {
          'tool-bindings': {
            db: {
              required: true,
              credentials: {
                user: { secretRef: 'db-user', envVar: 'DB_USER' },
                word: { secretRef: 'db-word', envVar: 'DB_WORD' },
              },
            },
          },
        },
      },
      secrets: {
        providers: { db: { type: 'vault', engine: 'dynamic', address: fake.url } },
      },
      environments: {
        production: {
          secrets: {
            'db-user': { provider: 'db', path: 'creds/readonly', field: 'username' },
            'db-word': { provider: 'db', path: 'creds/readonly', field: 'password' },
          },
        },
      },
    },
  })
  at.env['VAULT_TOKEN'] = 'fake-token'
  const ended = await run(at, words(at))
  const given = environment(Buffer.from(ended.out))
  expect(ended.err).toBe('')
  const seen = ['DB_USER', 'DB_WORD'].map((name) => given.get(name)?.toString())
  expect(seen).toEqual(['fake-user-1', 'fake-word-1'])
  expect(fake.count('GET /v1/database/creds/readonly')).toBe(1)
  expect(ended.err + JSON.stringify(recordsOf(at))).not.toMatch(/creds\/readonly\/1|fake-token/)

  const set = ['secrets', 'set', 'db-user', '--config', at.config, '--environment', 'production']
  const refused = await run(at, set, { stdin: Buffer.from('fake-own') })
  expect(refused.err).toContain('its engine makes a new value at each read')
  expect(fake.requests.filter((line) => !line.startsWith('GET '))).toEqual([
    'PUT /v1/sys/leases/revoke',
  ])
})
