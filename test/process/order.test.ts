/** First the record is on disk, then the value goes; and where one may not go, none does. */
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stripe } from '../fakes/stripe.ts'
import {
  configOf,
  describeOnLinux,
  eventsOf,
  makeWorld,
  run,
  runAgent,
  type Ended,
  type World,
} from './support.ts'
import { callsIn, needStrace, tracing, type Call } from './trace.ts'

const WRITES = ['write', 'pwrite64', 'writev', 'pwritev', 'sendto', 'sendmsg', 'sendfile']
const CALLS = [...WRITES, 'fdatasync', 'fsync', 'execve', 'execveat', 'openat']

async function traced(world: World): Promise<{ ended: Ended; calls: Call[] }> {
  const file = join(world.dir, 'trace')
  const ended = await runAgent(world, ['/bin/echo', 'started'], {
    through: tracing(file, CALLS),
    timeoutMs: 60_000,
  })
  return { ended, calls: callsIn(file) }
}

const isWrite = ({ name }: Call): boolean => WRITES.includes(name)

function executed(calls: readonly Call[], pattern: RegExp): Call[] {
  return calls.filter(
    ({ name, args, result }) => name.startsWith('execve') && result === '0' && pattern.test(args),
  )
}

const RESOLVER = /\/resolver(?:\.cjs|\/main\.ts)"/
const LAUNCHER = /^\("\/bin\/sh", \["\/bin\/sh", "-s", "--"/

/** Whatever the resolver writes to the launcher. */
function scriptWrites(calls: readonly Call[]): Call[] {
  const [resolver] = executed(calls, RESOLVER)
  if (resolver === undefined) throw new Error('no resolver was started')
  return calls.filter(
    (call) => call.pid === resolver.pid && isWrite(call) && call.args.startsWith('(4<'),
  )
}

/** Where the fdatasync returned that made the record of `event` durable. */
function durable(calls: readonly Call[], event: string): number {
  const written = calls.find(
    (call) => isWrite(call) && call.args.includes('/audit.log>') && call.args.includes(event),
  )
  if (written === undefined) throw new Error(`${event} was never written`)
  const synced = calls.find(
    ({ name, args, began, result }) =>
      /^f(?:data)?sync$/.test(name) &&
      args.includes('/audit.log>') &&
      began > written.returned &&
      result === '0',
  )
  if (synced === undefined) throw new Error(`${event} was never made durable`)
  return synced.returned
}

describeOnLinux('traced from outside', () => {
  test('by env: the record is durable, then the first byte is written', async (context) => {
    needStrace(context, 'order of record and value')
    const world = makeWorld({
      config: configOf(['key-0', 'key-1']),
      secrets: { 'key-0': 'fake-value-0', 'key-1': 'fake-value-1' },
    })
    const { ended, calls } = await traced(world)
    expect({ code: ended.code, out: ended.out }).toEqual({ code: 0, out: 'started\n' })

    const writes = scriptWrites(calls)
    expect(writes[0]?.args).toContain('fake-value-0')
    const [launcher] = executed(calls, LAUNCHER)
    for (const event of ['grant.intent', 'grant.released']) {
      expect(durable(calls, event)).toBeLessThan(writes[0]?.began ?? 0)
      expect(durable(calls, event)).toBeLessThan(launcher?.began ?? 0)
    }
    // Nobody but the resolver has written a value, and it to nobody but the launcher.
    const withValue = calls.filter((call) => isWrite(call) && call.args.includes('fake-value'))
    expect(withValue).toEqual(writes)
  }, 60_000)

  test('by file: the record is durable, then the file is there', async (context) => {
    needStrace(context, 'order of record and file')
    const world = makeWorld({
      config: configOf([{ secretRef: 'key', delivery: 'file' }]),
      secrets: { key: 'fake-value' },
    })
    const { ended, calls } = await traced(world)
    expect({ code: ended.code, out: ended.out }).toEqual({ code: 0, out: 'started\n' })
    const writes = calls.filter((call) => isWrite(call) && call.args.includes('fake-value'))
    expect(writes).toHaveLength(1)
    expect(writes[0]?.args).toMatch(/^\(\d+<[^>]*\/0-KEY>, "fake-value"/)
    expect(durable(calls, 'grant.released')).toBeLessThan(writes[0]?.began ?? 0)
  }, 60_000)

  test('to a service: the record is durable, then the request is written', async (context) => {
    needStrace(context, 'order of record and request')
    const service = await stripe({ valid: ['fake-value'] })
    const world = makeWorld({
      secrets: { 'stripe-api-key': 'fake-value' },
      config: {
        ...configOf(['stripe-api-key']),
        targets: { 'stripe-secret-key': { baseUrl: service.url } },
      },
    })
    const file = join(world.dir, 'trace')
    const { code, out } = await run(world, ['secrets', 'verify', '--config', world.config], {
      through: tracing(file, CALLS),
      timeoutMs: 60_000,
    })
    expect({ code, valid: out.includes('STRIPE_API_KEY: valid') }).toEqual({ code: 0, valid: true })
    const calls = callsIn(file)
    const writes = calls.filter((call) => isWrite(call) && call.args.includes('fake-value'))
    expect(writes).toHaveLength(1)
    expect(writes[0]?.args).toMatch(/^\(\d+<(?:socket|TCP)[^>]*>, .*GET \/v1\/balance/)
    const [verifier] = executed(calls, /\/verifier(?:\.cjs|\/main\.ts)"/)
    expect(writes[0]?.pid).toBe(verifier?.pid)
    for (const event of ['grant.intent', 'grant.released']) {
      expect(durable(calls, event)).toBeLessThan(writes[0]?.began ?? 0)
    }
  }, 60_000)

  const good = Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [`key-${i}`, { value: `fake-value-${i}` }]),
  )
  const cases: [what: string, code: string, secrets: object][] = [
    ['missing', 'SECRET_NOT_FOUND', { ...good, 'key-5': undefined }],
    [
      'expired',
      'EXPIRED',
      { ...good, 'key-5': { value: 'fake-value-5', expiresAt: '2001-01-01T00:00:00Z' } },
    ],
    ['undeliverable', 'SECRET_UNDELIVERABLE', { ...good, 'key-5': 'fake-value\u0000' }],
    ['denied', 'FILE_INSECURE', good],
  ]
  test.for(cases)(
    'one of eight is %s: not one byte of any is written',
    { timeout: 60_000 },
    async ([what, code, secrets], context) => {
      needStrace(context, `nothing is written where one is ${what}`)
      const world = makeWorld({ secrets })
      const link = join(world.dir, 'link')
      symlinkSync(world.write('file', 'fake-value'), link)
      const refMap = what === 'denied' ? { 'key-5': { provider: 'file', path: link } } : {}
      world.writeConfig({
        ...configOf(Object.keys(good)),
        openclaw: { gateway: { secrets: { 'active-provider': 'file', refMap } } },
      })
      const { ended, calls } = await traced(world)
      expect({ code: ended.code, out: ended.out }).toEqual({ code: 125, out: '' })
      expect(ended.err).toContain(`[${code}]`)
      expect(scriptWrites(calls)).toEqual([])
      expect(executed(calls, LAUNCHER)).toEqual([])
      expect(calls.filter((call) => isWrite(call) && call.args.includes('fake-value'))).toEqual([])
      const events = eventsOf(world)
      for (const event of ['grant.released', 'grant.delivered', 'run.started']) {
        expect(events).not.toContain(event)
      }
      // Each of the others is on record with why it was withheld.
      expect(events.filter((event) => event.startsWith('grant.denied')).length).toBeGreaterThan(6)
    },
  )
})
