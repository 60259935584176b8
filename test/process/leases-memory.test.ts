/** Where a lease's id is, and where it is not: in its keeper alone, and in no process's words. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dynamicServers, startDynamic, type Dynamic } from '../servers/dynamic.ts'
import {
  agentWords,
  allWords,
  goOn,
  isRunning,
  keeperOf,
  leasingWorld,
  soon,
  waits,
} from './leasing.ts'
import { copiesIn } from './scan-memory.ts'
import { descendantsOf, environment, eventsOf, isLinux, processes, run, start } from './support.ts'
import { needStrace, tracing } from './trace.ts'

const there = isLinux ? dynamicServers('lease ids in memory') : undefined
let servers: Dynamic
beforeAll(async () => {
  if (there !== undefined) servers = await startDynamic(there)
}, 30_000)
afterAll(() => servers?.stop())

/** The part that Vault makes up: whoever has it can end the credential. */
async function idOf(role: string): Promise<string> {
  const [id] = await servers.leases(role)
  const own = id?.split('/').at(-1) ?? ''
  expect(own.length).toBeGreaterThan(15)
  return own
}

test.skipIf(there === undefined)(
  'the gateway holds neither the lease nor what it is of, also after a renewal; its keeper holds the lease',
  async () => {
    const world = await leasingWorld(servers, 'memory', { ttl: '4s' })
    const running = start(world, agentWords(world, waits(world)))
    await soon('renewed', () => eventsOf(world).includes('lease.renewed'))
    const id = await idOf('memory')
    const keeper = keeperOf(running.pid)?.pid ?? 0
    expect(copiesIn(keeper, id).length).toBeGreaterThan(0)
    expect(copiesIn(running.pid, id)).toEqual([])
    expect(allWords()).not.toContain(id)
    const agent =
      descendantsOf(running.pid).find(({ argv }) => (argv[2] ?? '').includes('sleep 0.05'))?.pid ??
      0
    const word = environment(readFileSync(`/proc/${agent}/environ`))
      .get('DB_WORD')
      ?.toString()
    expect(word?.length).toBeGreaterThan(10)
    for (const pid of [running.pid, keeper]) expect(copiesIn(pid, word ?? '')).toEqual([])
    goOn(world)
    expect((await running.ended).code).toBe(0)
  },
)

test.skipIf(there === undefined)('no program is started with it', async (context) => {
  needStrace(context, 'lease ids in words')
  const world = await leasingWorld(servers, 'words')
  const trace = join(world.dir, 'trace')
  const running = start(world, agentWords(world, waits(world)), {
    through: [...tracing(trace, ['execve']), '/usr/bin/env'],
  })
  await isRunning(world)
  const id = await idOf('words')
  // Its own gateway is killed, so that the sweep of the next one is traced too.
  const gateway = processes().find(({ parent }) => parent === running.pid)?.pid ?? 0
  process.kill(gateway, 'SIGKILL')
  await running.ended
  const swept = join(world.dir, 'swept')
  await run(world, agentWords(world, 'true'), {
    through: [...tracing(swept, ['execve']), '/usr/bin/env'],
  })
  for (const file of [trace, swept]) {
    const text = readFileSync(file, 'latin1')
    expect(text).toMatch(/lease-keeper/)
    expect(text).not.toContain(id)
  }
})
