/** Worlds whose agents sign in to a real PostgreSQL with what a real OpenBao makes for them. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dynamic } from '../servers/dynamic.ts'
import {
  descendantsOf,
  eventsOf,
  isAlive,
  makeWorld,
  processes,
  until,
  type Process,
  type World,
} from './support.ts'

/** Of the role `creds/<role>`, user name and password belong together: one lease. */
export async function leasingWorld(
  servers: Dynamic,
  role: string,
  more: {
    ttl?: string
    /** Further fields of the agent. */
    agent?: object
    /** Further slots. */
    slots?: Record<string, object>
    providers?: Record<string, object>
    refs?: Record<string, object>
    delivery?: 'env' | 'file'
    /** Further members of the config. */
    config?: object
  } = {},
): Promise<World> {
  const {
    ttl = '60s',
    agent = {},
    slots = {},
    providers = {},
    refs = {},
    delivery = 'env',
    config = {},
  } = more
  await servers.addRole(role, ttl)
  const path = `creds/${role}`
  const credentials = {
    user: { secretRef: 'db-user', envVar: 'DB_USER', delivery },
    word: { secretRef: 'db-word', envVar: 'DB_WORD', delivery },
    ...slots,
  }
  const world = makeWorld({
    config: {
      ...config,
      agents: {
        a: {
          'tool-bindings': { db: { required: true, credentials } },
          ...agent,
        },
      },
      secrets: {
        providers: {
          db: { type: 'vault', engine: 'dynamic', address: servers.bao.address },
          ...providers,
        },
      },
      openclaw: {
        gateway: {
          secrets: {
            refMap: {
              'db-user': { provider: 'db', path, field: 'username' },
              'db-word': { provider: 'db', path, field: 'password' },
              ...refs,
            },
          },
        },
      },
    },
  })
  world.env['VAULT_TOKEN'] = await servers.token('20m')
  return world
}

/** `until`, on a machine that is busy with others of these. */
export const soon: typeof until = (what, ask) => until(what, ask, 25_000)

/** Until its agent runs. */
export async function isRunning(world: World): Promise<void> {
  await soon('running', () => eventsOf(world).includes('run.started'))
}

/** Signs in, and says as whom. */
export function signIn({ psql, postgres }: Dynamic): string {
  const to = `-h 127.0.0.1 -p ${postgres.port} -d postgres -U "$DB_USER"`
  return `PGPASSWORD="$DB_WORD" '${psql}' ${to} -XAtqc 'SELECT current_user'`
}

/** Waits for `goOn` in the world's folder. */
export const waits = (world: World): string =>
  `while ! [ -e '${join(world.dir, 'go')}' ]; do sleep 0.05; done`

export function goOn(world: World): void {
  writeFileSync(join(world.dir, 'go'), '')
}

export const agentWords = (world: World, script: string): string[] => [
  'run',
  '--config',
  world.config,
  '--agent',
  'a',
  '--',
  '/bin/sh',
  '-c',
  script,
]

/** What lies in `leases/`, by the last part of each name. */
export function leaseFiles({ home }: World): string[] {
  try {
    return readdirSync(home.leases)
  } catch {
    return []
  }
}

const isKeeper = ({ argv }: Process): boolean =>
  argv.some((word) => /\/lease-keeper(?:\.cjs|\/main\.ts)$/.test(word))

export function keeperOf(gateway: number): Process | undefined {
  return descendantsOf(gateway).find(isKeeper)
}

/** The gateway, its keeper and all that it has started, at once. */
export function killAll(gateway: number): void {
  const all = [gateway, ...descendantsOf(gateway).map(({ pid }) => pid)]
  // None of them may learn of another's end.
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
    for (const pid of all) if (isAlive(pid)) process.kill(pid, signal)
  }
}

/** All words of all processes. */
export function allWords(): string {
  return processes()
    .map(({ argv }) => argv.join(' '))
    .join('\n')
}
