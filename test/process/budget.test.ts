/** Restarts do not hammer a provider: its call budget holds over processes that know nothing of each other. */
import { expect, test } from 'vitest'
import { fakeVault } from '../fakes/vault.ts'
import { makeWorld, recordsOf, run, type Ended, type World } from './support.ts'

const STARTS = 20
const BUDGET = 12

/** One agent with one credential from there. */
function worldAt(address: string, callsPerMinute: number, more: object = {}): World {
  const world = makeWorld({
    config: {
      ...more,
      secrets: { providers: { vault: { address, callsPerMinute } } },
      agents: {
        a: {
          'tool-bindings': {
            t: {
              required: true,
              credentials: { c: { secretRef: 'key', service: 'stripe-secret-key' } },
            },
          },
        },
      },
    },
  })
  world.env['VAULT_TOKEN'] = 'fake-token'
  return world
}

test('twenty starts in a row, some at once, make no more calls than a minute has', async () => {
  const vault = await fakeVault({ value: 'fake-of-vault' })
  const world = worldAt(vault.url, BUDGET)
  const words = ['run', '--config', world.config, '--', 'true']
  const codes: (number | null)[] = []
  let err = ''
  for (let round = 0; round < STARTS / 2; round += 1) {
    const both = await Promise.all([run(world, words), run(world, words)])
    codes.push(...both.map(({ code }) => code))
    err += both.map((one) => one.err).join('')
  }
  expect(vault.requests.length).toBeGreaterThan(BUDGET / 2)
  expect(vault.requests.length).toBeLessThanOrEqual(BUDGET)
  // Whoever found calls left was started; the others failed with words.
  expect(codes.filter((code) => code === 0)).toHaveLength(vault.requests.length)
  expect(codes.filter((code) => code === 125)).toHaveLength(STARTS - vault.requests.length)
  expect(err).toContain('provider "vault" was asked as often in a minute as it may be')
  expect(err).toContain('there are calls again within a minute')
  const failed = recordsOf(world).filter(({ event }) => event === 'grant.failed')
  expect(failed.every(({ reason }) => reason === 'budget')).toBe(true)
})

test('a write and a look at versions are counted with the starts, and what they leave is given back', async () => {
  const vault = await fakeVault({ value: 'fake-of-vault' })
  const world = worldAt(vault.url, 4)
  const secrets = (...words: string[]): Promise<Ended> =>
    run(world, ['secrets', ...words, '--config', world.config], { stdin: Buffer.from('fake-new') })
  // What is there, then what is to be there.
  expect(await secrets('set', 'key')).toMatchObject({ code: 0 })
  expect((await secrets('history', 'key')).err).toContain('[SECRET_NOT_FOUND]')
  const started = ['run', '--config', world.config, '--', 'true']
  expect(await run(world, started)).toMatchObject({ code: 0 })
  expect(vault.requests).toHaveLength(4)
  for (const words of [
    ['set', 'key'],
    ['history', 'key'],
    ['rollback', 'key'],
  ]) {
    const refused = await secrets(...words)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('provider "vault" was asked as often in a minute as it may be')
  }
  expect(await run(world, started)).toMatchObject({ code: 125 })
  expect(vault.requests).toHaveLength(4)
})

test('so is what a verification fetches, and no more than that', async () => {
  const vault = await fakeVault({ value: 'fake-of-vault' })
  const nobody = { 'stripe-secret-key': { baseUrl: 'http://127.0.0.1:1' } }
  const world = worldAt(vault.url, 3, { targets: nobody })
  const verify = ['secrets', 'verify', '--config', world.config]
  for (let i = 0; i < 3; i += 1) expect((await run(world, verify)).out).toContain('unreachable')
  expect((await run(world, verify)).out).toContain('asked as often in a minute as it may be')
  expect(vault.requests).toHaveLength(3)
})
