/** A whole delivery, watched: the agent has a value, and neither its gateway nor `secretref run` has. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copiesIn } from './scan-memory.ts'
import { descendantsOf, recordsOf, start, until, type World } from './support.ts'

const WAIT = 'sleep 0.05'

/** An agent `a` whose one ref is `key`, and another that keeps the gateway there when `a` has ended. */
export function watchedConfig(world: World, providers: Record<string, object>): object {
  const script = `while ! [ -e '${join(world.dir, 'end')}' ]; do ${WAIT}; done`
  const credentials = { c: { secretRef: 'key' } }
  return {
    secrets: { providers },
    openclaw: { gateway: { secrets: { 'active-provider': Object.keys(providers)[0] } } },
    agents: {
      a: {
        command: ['/bin/sh', '-c', script],
        'tool-bindings': { t: { required: true, credentials } },
      },
      other: { command: ['/bin/sleep', '600'] },
    },
  }
}

/**
 * @param value letters and digits, which are found whatever a program makes of them
 * @param keys what opens the store that it comes from; no copy of those either
 */
export async function expectNoCopies(
  world: World,
  value: string,
  { env = {}, keys = [] }: { env?: Record<string, string>; keys?: readonly string[] } = {},
): Promise<void> {
  const config = ['--config', world.config]
  const gateway = start(world, ['gateway', 'run', ...config], { env })
  const single = start(world, ['run', ...config, '--agent', 'a'], { env })
  const counted = (event: string): number =>
    recordsOf(world).filter((record) => record.event === event && record.agent === 'a').length
  await until('both deliveries', () => counted('grant.delivered') === 2)
  const copies = (pid: number): string[] =>
    [value, ...keys].flatMap((text) =>
      copiesIn(pid, text).map(({ form, mapping }) => `${form} in ${mapping || 'memory'}`),
    )
  for (const { pid } of [gateway, single]) {
    const agent = await until('the agent', () =>
      descendantsOf(pid).find(({ argv }) => (argv[2] ?? '').includes(WAIT)),
    )
    // It has the value; else nothing is shown by not finding it elsewhere.
    expect(copiesIn(agent.pid, value).length).toBeGreaterThan(0)
    expect(copies(pid)).toEqual([])
  }
  writeFileSync(join(world.dir, 'end'), '')
  expect((await single.ended).code).toBe(0)
  await until('the end of both runs', () => counted('run.ended') === 2)
  expect(copies(gateway.pid)).toEqual([])
}
