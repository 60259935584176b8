/** What is kept of a ref for an outage goes when a rotation replaces its value. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FIRST, REF, rotating } from './rotating.ts'
import { run } from './support.ts'

test('the value of before is kept no longer once another one is current; that one is, from its first start on', async () => {
  const one = await rotating('issued', { grace: '30d', every: '30d' })
  const { world } = one
  const config: { openclaw: { gateway: { secrets: { refMap: Record<string, object> } } } } =
    JSON.parse(readFileSync(world.config, 'utf8'))
  const { refMap } = config.openclaw.gateway.secrets
  refMap[REF] = { ...refMap[REF], resilience: { maxStale: '1h' } }
  world.writeConfig(config)
  const agent = ['run', '--config', world.config, '--agent', 'a', '--']
  const started = async (): Promise<string> =>
    (await run(world, [...agent, '/bin/sh', '-c', 'echo "$API_KEY"'])).out
  const kept = (): string[] => readdirSync(world.home.stale)

  expect(await started()).toBe(`${FIRST}\n`)
  const before = kept()
  expect(before).toHaveLength(1)
  // It is looked at, and not due.
  expect((await one.secretref(['secrets', 'rotate'])).code).toBe(0)
  expect(kept()).toEqual(before)
  expect((await one.secretref(['secrets', 'rotate', '--ref', REF, '--force'])).code).toBe(0)
  expect(kept()).toEqual([])
  expect(await started()).not.toBe(`${FIRST}\n`)
  expect(kept()).toEqual(before)
})
