/** Leases that are lost while their agent runs, and those that nobody needs as soon as they are made. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { slack } from '../fakes/slack.ts'
import { stripe } from '../fakes/stripe.ts'
import { dynamicServers, startDynamic, type Dynamic } from '../servers/dynamic.ts'
import { agentWords, isRunning, leaseFiles, leasingWorld, signIn, soon } from './leasing.ts'
import { sideBySide } from './side-by-side.ts'
import { eventsOf, recordsOf, run, start, type World } from './support.ts'

const there = dynamicServers('leases that are lost')
let servers: Dynamic
beforeAll(async () => {
  if (there !== undefined) servers = await startDynamic(there)
}, 30_000)
afterAll(() => servers?.stop())

/** By hand, and not by us: what an operator does with a credential that leaked. */
async function revokeUpstream(role: string): Promise<void> {
  await servers.bao.api('PUT', `sys/leases/revoke-prefix/database/creds/${role}`)
}

/** No user is left, and both ends of the lease are on record. */
async function expectNothingLeft(world: World, role: string): Promise<void> {
  expect(await servers.users(role)).toEqual([])
  expect(leaseFiles(world)).toEqual([])
  const events = eventsOf(world).filter((event) => event.startsWith('lease.'))
  expect(events).toEqual(['lease.issued', 'lease.revoked'])
}

const serving = (world: World): ReturnType<typeof start> =>
  start(world, ['gateway', 'run', '--config', world.config, '--agent', 'a'])

sideBySide(
  'a lease that is revoked upstream',
  {
    'without anybody to fetch anew: said, on record, an alert, and in status': async () => {
      const world = await leasingWorld(servers, 'alone', { ttl: '4s' })
      const running = start(world, agentWords(world, 'exec sleep 60'))
      await isRunning(world)
      await revokeUpstream('alone')
      await soon(
        'lost',
        () => eventsOf(world).filter((event) => event === 'alert.raised').length > 1,
      )
      const status = await run(world, ['gateway', 'status', '--config', world.config, '--secrets'])
      process.kill(running.pid, 'SIGTERM')
      const { err } = await running.ended
      expect(err).toContain(
        'a: the lease of DB_USER is lost: its provider does not know it any more; the agent goes on with what ends or has ended\n',
      )
      expect(err.match(/is lost/g)).toHaveLength(2)
      const lost = recordsOf(world).filter(({ event }) => event === 'lease.lost')
      expect(lost).toMatchObject([{ agent: 'a', ref: 'db-user', count: 2, reason: 'lease-gone' }])
      const alerts = recordsOf(world).filter(({ event }) => event === 'alert.raised')
      expect(alerts).toMatchObject(
        ['db-user', 'db-word'].map((ref) => ({
          agent: 'a',
          ref,
          reason: 'lease.lost',
          detail: { severity: 'critical' },
        })),
      )
      expect(status.out).toMatch(/DB_USER: injected \(its lease (?:is lost, ends|ended) 20/)
    },

    'onChange restart: the agent is started again, with a user of its own that can sign in':
      async () => {
        const world = await leasingWorld(servers, 'again', {
          ttl: '4s',
          agent: { onChange: 'restart' },
        })
        const seen = join(world.dir, 'seen')
        const script = `${signIn(servers)} >> '${seen}' || exit 9; exec sleep 60`
        const config: { agents: { a: object } } = JSON.parse(readFileSync(world.config, 'utf8'))
        Object.assign(config.agents.a, { command: ['/bin/sh', '-c', script] })
        world.writeConfig(config)
        const gateway = serving(world)
        const users = (): string[] =>
          existsSync(seen) ? (readFileSync(seen, 'utf8').match(/^v-.*$/gm) ?? []) : []
        await soon('signed in', () => users().length === 1)
        await revokeUpstream('again')
        await soon('signed in again', () => users().length === 2, 20_000)
        const [first, second] = users()
        expect(second).not.toBe(first)
        // What the look has found was nobody's: of all that was made, one user is left.
        await expect.poll(() => servers.users('again'), { timeout: 5000 }).toEqual([second])
        process.kill(gateway.pid, 'SIGTERM')
        const { err } = await gateway.ended
        expect(err).toContain(
          'a: the lease of DB_USER is lost: its provider does not know it any more; another one is asked for\n',
        )
        const ended = recordsOf(world).find(({ event }) => event === 'run.ended')
        expect(ended?.reason).toBe('credential-changed')
        expect(await servers.users('again')).toEqual([])
        expect(leaseFiles(world)).toEqual([])
      },

    'files are replaced: the agent has another user without a restart, whose lease is the run’s':
      async () => {
        const world = await leasingWorld(servers, 'files', {
          ttl: '4s',
          agent: { onChange: 'rewrite' },
          delivery: 'file',
        })
        const seen = join(world.dir, 'seen')
        const read = 'DB_USER=$(cat "$DB_USER_FILE"); DB_WORD=$(cat "$DB_WORD_FILE")'
        const script = `trap 'exit 0' TERM; while :; do ${read}; ${signIn(servers)} >> '${seen}' 2>&1; sleep 0.2; done`
        const running = start(world, agentWords(world, script))
        const users = (): Set<string> =>
          new Set(existsSync(seen) ? readFileSync(seen, 'utf8').match(/^v-.*$/gm) : [])
        await soon('signed in', () => users().size === 1)
        await revokeUpstream('files')
        await soon('signed in as another', () => users().size === 2, 20_000)
        expect(await servers.users('files')).toEqual([[...users()][1]])
        const status = await run(world, [
          'gateway',
          'status',
          '--config',
          world.config,
          '--secrets',
        ])
        expect(status.out).toMatch(/^✅ DB_USER: injected \(lease (?:renewed )?until /)
        // It lives past its own life: it is renewed as the first one was.
        const renewals = (): number =>
          eventsOf(world).filter((event) => event === 'lease.renewed').length
        await soon('renewed', () => renewals() > 0)
        process.kill(running.pid, 'SIGTERM')
        expect((await running.ended).code).toBe(0)
        expect(await servers.users('files')).toEqual([])
        expect(leaseFiles(world)).toEqual([])
      },
  },
  there === undefined,
)

sideBySide(
  'what only looks revokes what it had issued',
  {
    'gateway audit': async () => {
      const world = await leasingWorld(servers, 'audit')
      const { out } = await run(world, ['gateway', 'audit', '--config', world.config, '--secrets'])
      expect(out).not.toContain('PROVIDER')
      await expectNothingLeft(world, 'audit')
      expect(eventsOf(world)).toContain('grant.checked')
    },

    'a gateway that checks an agent without a command': async () => {
      const world = await leasingWorld(servers, 'check')
      const gateway = serving(world)
      await gateway.says(/DB_USER: ready/)
      await expectNothingLeft(world, 'check')
      process.kill(gateway.pid, 'SIGTERM')
      await gateway.ended
    },

    'the sender of an alert': async () => {
      const chat = await slack([])
      await servers.addRole('alert', '60s')
      const world = await leasingWorld(servers, 'alerted', {
        slots: { key: { secretRef: 'not-there' } },
        refs: {
          'not-there': { provider: 'db', path: 'creds/none' },
          ops: { provider: 'db', path: 'creds/alert', field: 'password' },
        },
        agent: { 'auth-profiles': { db: { required: true, 'on-failure': 'deny-and-alert' } } },
        config: {
          alerts: { slack: { token: { secretRef: 'ops' }, channel: '#ops' } },
          targets: { 'slack-bot-token': { baseUrl: chat.url } },
        },
      })
      expect((await run(world, agentWords(world, 'true'))).code).toBe(125)
      expect(chat.requests).toHaveLength(1)
      expect(await servers.users('alert')).toEqual([])
      const own = recordsOf(world).filter(({ ref }) => ref === 'ops')
      const leases = own.flatMap(({ event }) => (event.startsWith('lease.') ? [event] : []))
      expect(leases).toEqual(['lease.issued', 'lease.revoked'])
    },

    'secrets verify: after the service was asked, and not before': async () => {
      const bought = await stripe({})
      const world = await leasingWorld(servers, 'verify', {
        slots: { key: { secretRef: 'stripe-api-key', service: 'stripe' } },
        refs: { 'stripe-api-key': { provider: 'db', path: 'creds/verify', field: 'password' } },
        config: { targets: { 'stripe-secret-key': { baseUrl: bought.url } } },
      })
      const { out } = await run(world, ['secrets', 'verify', '--config', world.config])
      expect(out).toContain('STRIPE_API_KEY: rejected')
      expect(bought.requests).toHaveLength(1)
      await expectNothingLeft(world, 'verify')
      const order = eventsOf(world).filter((event) => /^(?:lease|credential)\./.test(event))
      expect(order.at(-1)).toBe('lease.revoked')
    },
  },
  there === undefined,
)
