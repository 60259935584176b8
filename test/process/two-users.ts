/** Two PostgreSQL users, used in turn, rotated under an agent that signs in all the time. */
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { startPostgres } from '../servers/postgres.ts'
import type { SignedIn } from './signs-in.ts'
import { descendantsOf, eventsOf, makeWorld, run, start, until } from './support.ts'

/** For one rotation on a busy machine. */
export const MOST_MS = 30_000
const SIGNS_IN = join(import.meta.dirname, 'signs-in.ts')

/**
 * @param bin of PostgreSQL
 * @param grace so long the old password lives on; left out: what a config without one has
 * @returns once all of it has held
 */
export async function rotateUnderAgent(
  bin: string,
  rotations: number,
  grace: { grace?: string } = {},
): Promise<SignedIn> {
  const server = await startPostgres(bin)
  onTestFinished(() => server.stop())
  const users = ['app_a', 'app_b']
  const first = ['fake', 'first', 'word'].join('-')
  for (const user of users) await server.query(`CREATE ROLE ${user} LOGIN PASSWORD '${first}'`)
  const urlOf = (user: string, password: string): string =>
    `postgresql://${user}:${password}@127.0.0.1:${server.port}/postgres`

  const rotate = { driver: 'postgres-users', users, admin: { secretRef: 'db-admin' }, ...grace }
  const world = makeWorld({
    config: {
      secrets: { providers: { store: {} } },
      agents: {
        a: {
          onChange: 'rewrite',
          'tool-bindings': {
            t: { required: true, credentials: { c: { secretRef: 'db', delivery: 'file' } } },
          },
        },
      },
      openclaw: { gateway: { secrets: { refMap: { db: { provider: 'store', rotate } } } } },
    },
  })
  const secretref = async (words: readonly string[], stdin?: string): Promise<string> => {
    const ended = await run(world, [...words, '--config', world.config], {
      timeoutMs: MOST_MS,
      ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin) }),
    })
    if (ended.code !== 0) throw new Error(ended.err)
    return ended.out
  }
  await secretref(['store', 'init'])
  await secretref(['secrets', 'set', 'db'], urlOf('app_a', first))
  await secretref(['secrets', 'set', 'db-admin'], urlOf(server.user, server.password))

  const agent = start(
    world,
    ['run', '--config', world.config, '--agent', 'a', '--', process.execPath, SIGNS_IN],
    { timeoutMs: (rotations + 1) * MOST_MS },
  )
  await agent.says(/ready/)
  await until('on record', () => eventsOf(world).includes('run.started'))
  for (let i = 1; i <= rotations; i += 1) {
    const said = await secretref(['secrets', 'rotate', '--ref', 'db', '--force'])
    expect(said).toContain(`db: rotated, version ${i + 1} (was ${i}); the old one is ended`)
  }
  const { pid } = await until('the agent', () =>
    descendantsOf(agent.pid).find(({ argv }) => argv[1] === SIGNS_IN),
  )
  process.kill(pid, 'SIGTERM')
  const { out } = await agent.ended
  const counted: SignedIn = JSON.parse(out.slice(out.indexOf('{')))
  expect(counted.failures).toBe(0)
  for (const user of users) expect(counted.users[user]).toBeGreaterThan(100)
  // The first one was ended, and would have been seen to fail.
  expect(await server.admits('app_a', first)).toBe(false)
  return counted
}
