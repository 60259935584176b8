/** What a killed run left behind: a provider that is down, a config that changed, and what doctor does. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import { dynamicServers, startDynamic, type Dynamic } from '../servers/dynamic.ts'
import { agentWords, goOn, killAll, leaseFiles, leasingWorld, waits } from './leasing.ts'
import { eventsOf, isLinux, recordsOf, run, start, until, type World } from './support.ts'

const there = isLinux ? dynamicServers('leases that killed runs leave behind') : undefined
let servers: Dynamic
beforeAll(async () => {
  if (there !== undefined) servers = await startDynamic(there)
}, 30_000)
afterAll(() => servers?.stop())

/** A run that is killed with all that belongs to it. */
async function crashed(world: World): Promise<void> {
  const running = start(world, agentWords(world, 'exec sleep 60'))
  await until('running', () => eventsOf(world).includes('run.started'))
  killAll(running.pid)
  await running.ended
}

const leftBehind = (world: World, what = 'left-behind'): AuditRecord[] =>
  recordsOf(world).filter(({ reason }) => reason === what)
const doctor = (world: World): ReturnType<typeof run> =>
  run(world, ['doctor'], { env: { SECRETREF_CONFIG: world.config } })

describe.skipIf(there === undefined)('a lease that nobody holds any more', () => {
  test('doctor has it revoked, and says so', async () => {
    const world = await leasingWorld(servers, 'doctor')
    await crashed(world)
    expect((await doctor(world)).out).toMatch(
      /(?:✅|\[ok\]) leases: the lease of runs that were killed is revoked now\n/,
    )
    expect(await servers.users('doctor')).toEqual([])
    expect(leaseFiles(world)).toEqual([])
    expect(leftBehind(world)).toMatchObject([{ event: 'lease.revoked' }])
    expect((await doctor(world)).out).not.toContain('leases:')
  })

  test('its token goes to no other server that the config has come to name', async () => {
    const world = await leasingWorld(servers, 'moved')
    await crashed(world)
    const asked: string[] = []
    const other = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(404).end('{}')
    })
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', () => resolve()))
    const address = other.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const config = readFileSync(world.config, 'utf8')
    const moved = config.replace(servers.bao.address, `http://127.0.0.1:${address.port}`)
    writeFileSync(world.config, moved)
    expect((await doctor(world)).out).toContain('could not be revoked')
    expect(asked).toEqual([])
    expect(await servers.users('moved')).toHaveLength(1)
    writeFileSync(world.config, config)
    expect((await doctor(world)).out).toContain('is revoked now')
    expect(await servers.users('moved')).toEqual([])
    other.close()
  })

  test('no start of another config touches it, nor waits for it', async () => {
    const world = await leasingWorld(servers, 'another')
    await crashed(world)
    const own = leaseFiles(world)
    const copy = world.write('copy.json', readFileSync(world.config))
    const words = agentWords({ ...world, config: copy }, 'true')
    expect((await run(world, words)).code).toBe(0)
    expect(leaseFiles(world)).toEqual(own)
    expect(leftBehind(world)).toEqual([])
  })

  // Last: it takes the server away.
  test('while its provider is down: kept, on record once, and removed when it is over', async () => {
    const world = await leasingWorld(servers, 'down', { ttl: '3s' })
    await crashed(world)
    await servers.bao.stop()
    const config = readFileSync(world.config, 'utf8')
    // An agent without credentials: its starts need nobody.
    writeFileSync(
      world.config,
      JSON.stringify({ ...JSON.parse(config), agents: { a: { command: ['/bin/true'] } } }),
    )
    const first = start(world, agentWords(world, waits(world)))
    await until('on record', () => leftBehind(world, 'not-revoked').length > 0)
    goOn(world)
    expect((await first.ended).code).toBe(0)
    expect(leaseFiles(world)).toEqual([expect.stringMatching(/^0-0-0\..*\.age$/)])
    // Each start tries again; that it cannot be is known.
    const swept = async (): Promise<string[]> => {
      await doctor(world)
      return leaseFiles(world)
    }
    await expect.poll(swept, { timeout: 15_000, interval: 500 }).toEqual([])
    expect(leftBehind(world, 'not-revoked')).toMatchObject([
      { event: 'lease.lost', provider: 'db', code: 'PROVIDER_UNAVAILABLE' },
    ])
    expect(leftBehind(world)).toEqual([])
  })
})
