/**
 * Leases of whole runs, with a real OpenBao and a real PostgreSQL: whatever ends a run, or the gateway, the
 * user that was made for it is gone.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import { fakeVault } from '../fakes/vault.ts'
import { dynamicServers, startDynamic, type Dynamic } from '../servers/dynamic.ts'
import {
  agentWords,
  goOn,
  isRunning,
  keeperOf,
  killAll,
  leaseFiles,
  leasingWorld,
  signIn,
  soon,
  waits,
} from './leasing.ts'
import { eventsOf, isLinux, makeWorld, recordsOf, run, start, type World } from './support.ts'
import { sideBySide } from './side-by-side.ts'
import { hasTerminal, onTerminal } from './terminal.ts'

const there = dynamicServers('leases of whole runs')
let servers: Dynamic
beforeAll(async () => {
  if (there !== undefined) servers = await startDynamic(there)
}, 30_000)
afterAll(() => servers?.stop())

const leftBehind = (world: World): AuditRecord[] =>
  recordsOf(world).filter(({ reason }) => reason === 'left-behind')

const ORDER = new Set(['lease.issued', 'grant.released', 'lease.revoked', 'run.ended'])

sideBySide(
  'a lease of a run',
  {
    'issued for both fields, signed in with, renewed past its life, shown, and revoked at the end':
      async () => {
        const world = await leasingWorld(servers, 'long', { ttl: '5s' })
        const script = `${signIn(servers)} || exit 9; ${waits(world)}; ${signIn(servers)}`
        const running = start(world, agentWords(world, script))
        await soon('renewed twice', () => {
          return eventsOf(world).filter((event) => event === 'lease.renewed').length === 2
        })
        const status = await run(world, [
          'gateway',
          'status',
          '--config',
          world.config,
          '--secrets',
        ])
        expect(status.out).toMatch(
          /^✅ DB_USER: injected \(lease renewed until 20\d\d-[-0-9]+ [:0-9]+ UTC\)\n✅ DB_WORD/,
        )
        goOn(world)
        const ended = await running.ended
        // More than one life of its lease has passed between the two.
        const [first, second] = ended.out.split('\n')
        expect([ended.code, ended.err, first]).toEqual([0, '', second])
        expect(first).toMatch(/^v-.*-long-/)
        expect(await servers.users('long')).toEqual([])
        expect(leaseFiles(world)).toEqual([])
        const events = eventsOf(world)
        // One lease, though two fields were asked for: it is renewed once for both.
        expect(events.filter((event) => ORDER.has(event))).toEqual([
          'lease.issued',
          'grant.released',
          'grant.released',
          'lease.revoked',
          'run.ended',
        ])
        const renewed = recordsOf(world).filter(({ event }) => event === 'lease.renewed')
        expect(renewed[0]).toMatchObject({ agent: 'a', provider: 'db', ref: 'db-user', count: 2 })
        const ends = renewed.map(({ detail }) => Date.parse(String(detail?.['endsAt'])))
        expect((ends[1] ?? 0) - (ends[0] ?? 0)).toBeGreaterThan(1000)
        const after = await run(world, ['gateway', 'status', '--config', world.config, '--secrets'])
        expect(after.out).toContain('DB_USER: injected (its lease was revoked)')
      },

    'kill -9 of the gateway: its keeper revokes, and the next start puts it on record':
      async () => {
        const world = await leasingWorld(servers, 'killed')
        await run(world, agentWords(world, 'kill -9 $PPID; sleep 5'))
        await expect.poll(() => servers.users('killed'), { timeout: 5000 }).toEqual([])
        await expect
          .poll(() => leaseFiles(world), { timeout: 5000 })
          .toEqual([expect.stringMatching(/\.revoked$/)])
        expect(eventsOf(world)).not.toContain('lease.revoked')
        const issued = recordsOf(world).find(({ event }) => event === 'lease.issued')
        const next = start(world, agentWords(world, waits(world)))
        await soon('on record', () => leftBehind(world).length > 0)
        goOn(world)
        await next.ended
        expect(leftBehind(world)).toMatchObject([
          { event: 'lease.revoked', provider: 'db', detail: { run: issued?.actor.run } },
        ])
        expect(leaseFiles(world)).toEqual([])
      },

    ...(hasTerminal && {
      'Ctrl-C on a terminal': async () => {
        const world = await leasingWorld(servers, 'ctrlc')
        const running = start(world, agentWords(world, `echo ready; exec sleep 60`), {
          through: onTerminal,
          stdin: 'pipe',
        })
        await running.says(/ready/)
        expect(await servers.users('ctrlc')).toHaveLength(1)
        running.child.stdin?.write('\x03')
        await running.ended
        await expect.poll(() => servers.users('ctrlc'), { timeout: 5000 }).toEqual([])
        await soon('on record', () => eventsOf(world).includes('lease.revoked'))
        expect(leaseFiles(world)).toEqual([])
      },
    }),

    'a start that is refused after the fetch revokes at once': async () => {
      const world = await leasingWorld(servers, 'refused', {
        slots: { no: { secretRef: 'not-there' } },
        refs: { 'not-there': { provider: 'db', path: 'creds/refused', field: 'no-such-field' } },
      })
      const ended = await run(world, agentWords(world, 'echo started'))
      expect([ended.code, ended.out]).toEqual([125, ''])
      expect(await servers.users('refused')).toEqual([])
      expect(leaseFiles(world)).toEqual([])
      expect(eventsOf(world)).toContain('lease.revoked')
    },

    'a start that is given up while another provider hangs revokes what was issued by then':
      async () => {
        const world = await leasingWorld(servers, 'givenup', {
          slots: { slow: { secretRef: 'slow' } },
          refs: { slow: { provider: 'slow' } },
          providers: {
            slow: { type: 'exec', command: '/usr/bin/sleep', args: ['60'], timeoutMs: 60_000 },
          },
        })
        const running = start(world, agentWords(world, 'echo started'))
        await soon('issued', () => leaseFiles(world).length === 1)
        process.kill(running.pid, 'SIGTERM')
        expect((await running.ended).signal).toBe('SIGTERM')
        expect(await servers.users('givenup')).toEqual([])
        expect(leaseFiles(world)).toEqual([])
      },
  },
  there === undefined,
)

sideBySide(
  'a lease of a run whose keeper dies',
  {
    'a keeper that dies is started again, and has the lease from its file': async () => {
      const world = await leasingWorld(servers, 'keeper')
      const running = start(world, agentWords(world, `${waits(world)}; ${signIn(servers)}`))
      await isRunning(world)
      const first = await soon('a keeper', () => keeperOf(running.pid))
      process.kill(first.pid, 'SIGKILL')
      await soon('another keeper', () => {
        const now = keeperOf(running.pid)
        return now !== undefined && now.pid !== first.pid
      })
      goOn(world)
      const ended = await running.ended
      expect([ended.code, ended.err]).toEqual([0, ''])
      expect(ended.out).toMatch(/^v-.*-keeper-/)
      expect(await servers.users('keeper')).toEqual([])
      const restarted = recordsOf(world).filter(({ event }) => event === 'keeper.restarted')
      expect(restarted).toMatchObject([{ provider: 'db', count: 1, reason: 'died' }])
      expect(eventsOf(world)).not.toContain('lease.lost')
    },

    'a keeper that dies again and again is given up, and the end of the run still revokes':
      async () => {
        const world = await leasingWorld(servers, 'again')
        const running = start(world, agentWords(world, waits(world)))
        await isRunning(world)
        const killed = new Set<number>()
        const givenUp = (): boolean => {
          const keeper = keeperOf(running.pid)?.pid
          if (keeper !== undefined && !killed.has(keeper)) {
            process.kill(keeper, 'SIGKILL')
            killed.add(keeper)
          }
          return eventsOf(world).includes('lease.lost')
        }
        await soon('given up', givenUp, 20_000)
        expect(killed.size).toBe(4)
        goOn(world)
        const ended = await running.ended
        expect(ended.code).toBe(0)
        expect(ended.err).toContain(
          'the lease of DB_USER is lost: the process that renewed it died',
        )
        expect(await servers.users('again')).toEqual([])
        expect(leaseFiles(world)).toEqual([])
        const events = eventsOf(world).filter((event) => /^(?:lease|keeper)\./.test(event))
        const restarted = Array.from({ length: 3 }, () => 'keeper.restarted')
        expect(events).toEqual(['lease.issued', ...restarted, 'lease.lost', 'lease.revoked'])
      },

    'kill -9 of everything: the next start has it revoked, and says so once': async () => {
      const world = await leasingWorld(servers, 'crash')
      const running = start(world, agentWords(world, 'echo ready; exec sleep 60'))
      await running.says(/ready/)
      await isRunning(world)
      killAll(running.pid)
      await running.ended
      const [left] = await servers.users('crash')
      expect(left).toMatch(/^v-/)
      expect(leaseFiles(world)).toEqual([expect.stringMatching(/\.age$/)])
      // Two starts at once: one of them takes it over, and neither waits for that.
      const starts = [1, 2].map(() => start(world, agentWords(world, waits(world))))
      await soon('swept', () => leftBehind(world).length > 0)
      expect(await servers.users('crash')).not.toContain(left)
      goOn(world)
      const ended = await Promise.all(starts.map((one) => one.ended))
      expect(ended.map(({ code, err }) => [code, err])).toEqual([
        [0, ''],
        [0, ''],
      ])
      expect(leaseFiles(world)).toEqual([])
      expect(leftBehind(world)).toMatchObject([{ event: 'lease.revoked', provider: 'db' }])
    },
  },
  there === undefined || !isLinux,
)

test('nothing is delivered where no keeper can hold the lease', async () => {
  const fake = await fakeVault({})
  const world = makeWorld({
    config: {
      agents: {
        a: {
          'tool-bindings': { t: { required: true, credentials: { c: { secretRef: 'word' } } } },
        },
      },
      secrets: { providers: { db: { type: 'vault', engine: 'dynamic', address: fake.url } } },
      openclaw: {
        gateway: {
          secrets: {
            refMap: { word: { provider: 'db', path: 'creds/readonly', field: 'password' } },
          },
        },
      },
    },
  })
  world.env['VAULT_TOKEN'] = 'fake-token'
  // In the place of the folder for leases: a file.
  world.write('state/leases', '')
  const ended = await run(world, agentWords(world, 'echo started'))
  expect([ended.code, ended.out]).toEqual([125, ''])
  expect(ended.err).toContain('the lease of "word" could not be kept on disk, and was given back')
  expect(fake.count('PUT /v1/sys/leases/revoke')).toBe(1)
})
