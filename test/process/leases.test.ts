/** Leases of whole runs: whatever ends a run, or the gateway, its leases are revoked. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fakeVault } from '../fakes/vault.ts'
import { makeWorld, recordsOf, run, start, until, type World } from './support.ts'

const REVOKE = 'PUT /v1/sys/leases/revoke'

function world(address: string, more: Record<string, unknown> = {}): World {
  const made = makeWorld({
    config: {
      agents: {
        report: {
          'tool-bindings': {
            db: {
              required: true,
              credentials: { word: { secretRef: 'db-word', envVar: 'DB_WORD' }, ...more },
            },
          },
        },
      },
      secrets: {
        providers: {
          db: { type: 'vault', engine: 'dynamic', address },
          slow: { type: 'exec', command: '/usr/bin/sleep', args: ['60'], timeoutMs: 60_000 },
        },
      },
      environments: {
        production: {
          secrets: {
            'db-word': { provider: 'db', path: 'creds/readonly', field: 'password' },
            slow: { provider: 'slow' },
            'not-there': { provider: 'db', path: 'creds/readonly', field: 'no-such-field' },
          },
        },
      },
    },
  })
  made.env['VAULT_TOKEN'] = 'fake-token'
  return made
}

const words = (at: World, ...cmd: string[]): string[] => [
  'run',
  '--config',
  at.config,
  '--environment',
  'production',
  '--agent',
  'report',
  '--',
  ...cmd,
]
const leaseFiles = (at: World): string[] => readdirSync(join(at.home.dir, 'leases'))

test('the end of a run revokes its lease, on record on both ends, and leaves no file', async () => {
  const fake = await fakeVault({})
  const at = world(fake.url)
  const ended = await run(at, words(at, '/bin/true'))
  expect([ended.code, ended.err]).toEqual([0, ''])
  expect(fake.count(REVOKE)).toBe(1)
  expect(leaseFiles(at)).toEqual([])
  const events = recordsOf(at).map(({ event }) => event)
  const order: readonly string[] = ['lease.issued', 'grant.released', 'lease.revoked', 'run.ended']
  expect(events.filter((event) => order.includes(event))).toEqual(order)
})

test('kill -9 of the gateway: its keeper revokes what it holds', async () => {
  const fake = await fakeVault({})
  const at = world(fake.url)
  await run(at, words(at, '/bin/sh', '-c', 'kill -9 $PPID; sleep 5'))
  await expect.poll(() => fake.count(REVOKE), { timeout: 5000 }).toBe(1)
  await expect.poll(() => leaseFiles(at), { timeout: 5000 }).toEqual([expect.stringMatching(/\.revoked$/)])
})

test('a start that is refused after the fetch revokes at once', async () => {
  const fake = await fakeVault({})
  const at = world(fake.url, { no: { secretRef: 'not-there', envVar: 'NOT_THERE' } })
  const ended = await run(at, words(at, '/bin/true'))
  expect(ended.code).toBe(125)
  expect(fake.count(REVOKE)).toBe(1)
  expect(leaseFiles(at)).toEqual([])
})

test('a start that is given up while another provider hangs revokes what was issued by then', async () => {
  const fake = await fakeVault({})
  const at = world(fake.url, { slow: { secretRef: 'slow' } })
  const running = start(at, words(at, '/bin/true'))
  await until('issued', () => fake.count('GET /v1/database/creds/readonly') > 0)
  process.kill(running.pid, 'SIGTERM')
  expect((await running.ended).signal).toBe('SIGTERM')
  expect(fake.count(REVOKE)).toBe(1)
  expect(leaseFiles(at)).toEqual([])
})
