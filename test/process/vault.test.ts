/** Production on Vault: a real OpenBao, the whole command line. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openbao, ROOT_TOKEN, startOpenbao, type Bao } from '../servers/openbao.ts'
import { environment, makeWorld, PRINT_ENVIRONMENT, recordsOf, run, type World } from './support.ts'

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
})
