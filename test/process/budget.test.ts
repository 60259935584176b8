/** Restarts do not hammer a provider: its call budget holds over processes that know nothing of each other. */
import { expect, test } from 'vitest'
import { fakeVault } from '../fakes/vault.ts'
import { makeWorld, recordsOf, run } from './support.ts'

const STARTS = 20
const BUDGET = 12

test('twenty starts in a row, some at once, make no more calls than a minute has', async () => {
  const vault = await fakeVault({ value: 'fake-of-vault' })
  const world = makeWorld({
    config: {
      secrets: { providers: { vault: { address: vault.url, callsPerMinute: BUDGET } } },
      agents: {
        a: {
          'tool-bindings': { t: { required: true, credentials: { c: { secretRef: 'key' } } } },
        },
      },
    },
  })
  world.env['VAULT_TOKEN'] = 'fake-token'
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
