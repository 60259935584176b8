/** The gateway holds no value of a network provider either, nor of what is kept for an outage. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fakeVault } from '../fakes/vault.ts'
import { copiesIn } from './scan-memory.ts'
import { descendantsOf, describeOnLinux, eventsOf, makeWorld, start, until } from './support.ts'

describeOnLinux('the gateway’s memory', () => {
  test.each([['15m'], [undefined]])('vault, maxStale %s: no copy of a value', async (maxStale) => {
    const marker = randomBytes(24).toString('base64url')
    const vault = await fakeVault({ value: marker })
    const world = makeWorld()
    const agent = `while ! [ -e '${join(world.dir, 'end')}' ]; do sleep 0.05; done`
    const credentials = { c: { secretRef: 'key' } }
    world.writeConfig({
      secrets: {
        providers: {
          vault: {
            address: vault.url,
            ...(maxStale === undefined ? {} : { resilience: { maxStale } }),
          },
        },
      },
      agents: {
        a: {
          command: ['/bin/sh', '-c', agent],
          'tool-bindings': { t: { required: true, credentials } },
        },
        other: { command: ['/bin/sleep', '600'] },
      },
    })
    world.env['VAULT_TOKEN'] = 'fake-token'
    const gateway = start(world, ['gateway', 'run', '--config', world.config])
    const process = await until('the agent', () =>
      eventsOf(world).includes('grant.delivered')
        ? descendantsOf(gateway.pid).find(({ argv }) => (argv[2] ?? '').includes('sleep 0.05'))
        : undefined,
    )
    // The agent has it; else nothing is shown by not finding it elsewhere.
    expect(copiesIn(process.pid, marker).length).toBeGreaterThan(0)
    expect(copiesIn(gateway.pid, marker)).toEqual([])
    writeFileSync(join(world.dir, 'end'), '')
    await until('the run is over', () => eventsOf(world).includes('run.ended'))
    expect(copiesIn(gateway.pid, marker)).toEqual([])
  })
})
