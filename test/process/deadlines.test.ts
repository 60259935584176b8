/** A start has five seconds, whatever its providers do with them. */
import { expect, test } from 'vitest'
import { hanging } from '../fakes/hostile.ts'
import { makeWorld, recordsOf, run, until, start, type World } from './support.ts'

function worldOf(providers: Record<string, object>, chain: readonly string[]): World {
  const credentials = { c: { secretRef: 'key' } }
  const world = makeWorld({
    config: {
      secrets: { providers: { ...providers, file: {} } },
      openclaw: {
        gateway: { secrets: { refMap: { key: { provider: chain }, near: { provider: 'file' } } } },
      },
      agents: {
        waits: { command: ['/bin/true'], 'tool-bindings': { t: { required: true, credentials } } },
        other: {
          command: ['/bin/sh', '-c', 'echo "$NEAR"'],
          'tool-bindings': { t: { required: true, credentials: { c: { secretRef: 'near' } } } },
        },
      },
    },
    secrets: { near: 'fake-near' },
  })
  world.env['VAULT_TOKEN'] = 'fake-token'
  return world
}

test('a Vault that hangs is waited for five seconds, asked once, and holds up no other agent', async () => {
  const fake = await hanging()
  const world = worldOf({ vault: { address: fake.url } }, ['vault'])
  const began = performance.now()
  const gateway = start(world, ['gateway', 'run', '--config', world.config])
  await gateway.says(/fake-near/)
  await until('the other agent is done', () =>
    recordsOf(world).some(({ event, agent }) => event === 'run.ended' && agent === 'other'),
  )
  // The one that waits is still being waited for.
  expect(recordsOf(world).map(({ event }) => event)).not.toContain('grant.failed')
  const ended = await gateway.ended
  const seconds = (performance.now() - began) / 1000
  expect(seconds).toBeGreaterThan(4.9)
  expect(seconds).toBeLessThan(8)
  expect(ended.err).toContain('[TIMEOUT]')
  const failed = recordsOf(world).filter(({ event }) => event === 'grant.failed')
  expect(failed).toMatchObject([{ agent: 'waits', code: 'TIMEOUT', reason: 'timeout' }])
  expect(failed[0]?.ms).toBeGreaterThanOrEqual(4900)
  expect(fake.requests).toHaveLength(1)
})

test('each of a chain has its own time, and the start no longer than all of them', async () => {
  const fakes = [await hanging(), await hanging()]
  const providers = Object.fromEntries(
    fakes.map(({ url }, i) => [`v${i}`, { type: 'vault', address: url, timeoutMs: 300 }]),
  )
  const world = worldOf(providers, ['v0', 'v1'])
  const words = ['run', '--config', world.config, '--agent', 'waits', '--', 'true']
  const ended = await run(world, words)
  expect(ended.code).toBe(125)
  const records = recordsOf(world)
  expect(records.find(({ event }) => event === 'provider.fallback')).toMatchObject({
    provider: 'v0',
    code: 'TIMEOUT',
  })
  const failed = records.find(({ event }) => event === 'grant.failed')
  expect(failed).toMatchObject({ provider: 'v1', code: 'TIMEOUT' })
  expect(failed?.ms).toBeGreaterThanOrEqual(590)
  expect(failed?.ms).toBeLessThan(3000)
  expect(fakes.map(({ requests }) => requests.length)).toEqual([1, 1])
})
