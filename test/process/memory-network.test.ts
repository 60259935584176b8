/** The gateway holds no value of a network provider either, nor of what is kept for an outage. */
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import { fakeVault } from '../fakes/vault.ts'
import { expectNoCopies, watchedConfig } from './memory-of-run.ts'
import { describeOnLinux, makeWorld } from './support.ts'

describeOnLinux('memory of the gateway and of `run`', () => {
  test.each([['15m'], [undefined]])('vault, maxStale %s: no copy of a value', async (maxStale) => {
    const marker = randomBytes(24).toString('base64url')
    const vault = await fakeVault({ value: marker })
    const world = makeWorld()
    const resilience = maxStale === undefined ? {} : { resilience: { maxStale } }
    world.writeConfig(watchedConfig(world, { vault: { address: vault.url, ...resilience } }))
    world.env['VAULT_TOKEN'] = 'fake-token'
    await expectNoCopies(world, marker)
  })
})
