/** What a killed run left behind: a provider that is down, a config that changed, and what doctor does. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import { issuerProgram } from '../fakes/issuer-program.ts'
import { newIssuer, type IssuerState } from '../fakes/issuer.ts'
import { dynamicServers, startDynamic, type Dynamic } from '../servers/dynamic.ts'
import {
  agentWords,
  goOn,
  isRunning,
  killAll,
  leaseFiles,
  leasingWorld,
  soon,
  waits,
} from './leasing.ts'
import { isLinux, recordsOf, run, start, type World } from './support.ts'

const there = isLinux ? dynamicServers('leases that killed runs leave behind') : undefined
let servers: Dynamic
beforeAll(async () => {
  if (there !== undefined) servers = await startDynamic(there)
}, 30_000)
afterAll(() => servers?.stop())

/** A run that is killed with all that belongs to it. */
async function crashed(world: World): Promise<void> {
  const running = start(world, agentWords(world, 'exec sleep 60'))
  await isRunning(world)
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
      /(?:✅|\[ok\]) leases: the lease of a killed run was revoked now\n/,
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
    expect((await doctor(world)).out).toContain('was revoked now')
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

  test('of the credential by which a killed rotation acted; one that ends takes its own back', async () => {
    const world = await leasingWorld(servers, 'admin', { providers: { store: {} } })
    const state = world.write('issuer.json', JSON.stringify(newIssuer('issued', 'fake-first')))
    const command = world.write('bin/issuer', issuerProgram(state), 0o700)
    const config = JSON.parse(readFileSync(world.config, 'utf8'))
    config.openclaw.gateway.secrets.refMap['key'] = {
      provider: 'store',
      rotate: {
        driver: 'exec',
        class: 'issued',
        command,
        grace: '1s',
        admin: { secretRef: 'db-word' },
      },
    }
    writeFileSync(world.config, JSON.stringify(config))
    const words = (...all: string[]): string[] => [...all, '--config', world.config]
    await run(world, words('store', 'init'))
    await run(world, words('secrets', 'set', 'key'), { stdin: Buffer.from('fake-first') })
    const issued = (): IssuerState => JSON.parse(readFileSync(state, 'utf8'))
    writeFileSync(state, JSON.stringify({ ...issued(), slow: ['create'] }))
    const rotation = start(world, words('secrets', 'rotate', '--ref', 'key', '--force'))
    await soon('a creation was sent', () => issued().asked['create'] === 1)
    expect(await servers.users('admin')).toHaveLength(1)
    killAll(rotation.pid)
    await rotation.ended
    expect((await doctor(world)).out).toMatch(/the lease of a killed run was revoked now\n/)
    expect(await servers.users('admin')).toEqual([])
    expect(leftBehind(world)).toMatchObject([{ event: 'lease.revoked', provider: 'db' }])
    expect((await run(world, words('secrets', 'rotate'), { timeoutMs: 60_000 })).code).toBe(0)
    expect(issued().asked['create']).toBe(2)
    // The rotator is through when its command is, but for this.
    await soon('revoked', () => leaseFiles(world).length === 0)
    expect(await servers.users('admin')).toEqual([])
  }, 90_000)

  // Last: it takes the server away.
  test(
    'while its provider is down: kept, on record once, and removed when it is over',
    { timeout: 90_000 },
    async () => {
      const world = await leasingWorld(servers, 'down')
      const short = await leasingWorld(servers, 'short', { ttl: '1s' })
      await crashed(short)
      await crashed(world)
      // And a run that ends while nobody can be asked to revoke.
      const other = await leasingWorld(servers, 'ending')
      const ending = start(other, agentWords(other, waits(other)))
      await isRunning(other)
      await servers.bao.stop()
      goOn(other)
      expect((await ending.ended).code).toBe(0)
      expect(leaseFiles(other)).toEqual([expect.stringMatching(/^0-0-0\..*\.age$/)])
      expect(leftBehind(other, 'not-revoked')).toMatchObject([{ event: 'lease.lost', agent: 'a' }])
      const config = readFileSync(world.config, 'utf8')
      // An agent without credentials: its starts need nobody.
      writeFileSync(
        world.config,
        JSON.stringify({ ...JSON.parse(config), agents: { a: { command: ['/bin/true'] } } }),
      )
      const first = start(world, agentWords(world, waits(world)))
      await soon('on record', () => leftBehind(world, 'not-revoked').length > 0)
      goOn(world)
      expect((await first.ended).code).toBe(0)
      expect(leaseFiles(world)).toEqual([expect.stringMatching(/^0-0-0\..*\.age$/)])
      // Each later look tries again; that it cannot be is known.
      expect((await doctor(world)).out).toContain('could not be revoked')
      expect(leftBehind(world, 'not-revoked')).toMatchObject([
        { event: 'lease.lost', provider: 'db', code: 'PROVIDER_UNAVAILABLE' },
      ])
      // One that is over by now is removed without a question.
      await doctor(short)
      expect(leaseFiles(short)).toEqual([])
      expect(leftBehind(short, 'not-revoked')).toEqual([])
      for (const one of [world, short]) expect(leftBehind(one)).toEqual([])
    },
  )
})
