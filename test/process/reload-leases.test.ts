/** A credential with a lease that a reload takes from a running agent ends at its service too. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askToReload } from '../../src/gateway/control/ask.ts'
import { dynamicServers, startDynamic, type Dynamic } from '../servers/dynamic.ts'
import { leaseFiles, leasingWorld } from './leasing.ts'
import { serve, sh } from './serving.ts'
import { eventsOf, isAlive, recordsOf, until } from './support.ts'

const there = dynamicServers('leases that a reload takes')
let servers: Dynamic
beforeAll(async () => {
  if (there !== undefined) servers = await startDynamic(there)
}, 30_000)
afterAll(() => servers?.stop())

describe.skipIf(there === undefined)('a lease that a reload takes', () => {
  test('is revoked, though the agent goes on with what it has in a variable', async () => {
    const credentials = {
      user: { secretRef: 'db-user', envVar: 'DB_USER' },
      word: { secretRef: 'db-word', envVar: 'DB_WORD' },
    }
    const world = await leasingWorld(servers, 'taken', {
      agent: {
        'tool-bindings': { db: { required: false, credentials } },
        restart: 'always',
        command: sh('echo "as $DB_USER $$"; exec sleep 600'),
      },
    })
    const gateway = serve(world)
    await gateway.says(/^as v-\S+ \d+/m)
    const [, user = '', pid] = /^as (\S+) (\d+)/m.exec(gateway.soFar().out) ?? []
    await until('its start is over', () => gateway.soFar().err.includes('a: started'))
    expect(await servers.users('taken')).toEqual([user])
    const config = JSON.parse(readFileSync(world.config, 'utf8'))
    // Both are of one lease: the other one may go on using it.
    config.agents.a['tool-bindings'].db.credentials = { word: credentials.word }
    world.writeConfig(config)
    expect(await askToReload(world.home, world.config)).toMatchObject([{ answer: { ok: true } }])
    expect(await servers.users('taken')).toEqual([user])
    config.agents.a['tool-bindings'] = {}
    world.writeConfig(config)
    expect(await askToReload(world.home, world.config)).toMatchObject([{ answer: { ok: true } }])
    await expect.poll(() => servers.users('taken'), { timeout: 5000 }).toEqual([])
    // It goes when the server has answered.
    await expect.poll(() => leaseFiles(world), { timeout: 5000 }).toEqual([])
    expect(isAlive(Number(pid))).toBe(true)
    expect(recordsOf(world).filter(({ event }) => event === 'grant.revoked')).toMatchObject([
      { ref: 'db-user', code: 'REF_NOT_BOUND' },
      { ref: 'db-word', code: 'REF_NOT_BOUND' },
    ])
    expect(eventsOf(world)).not.toContain('lease.lost')
    process.kill(gateway.pid, 'SIGTERM')
    await gateway.ended
    expect(eventsOf(world).filter((event) => event === 'lease.revoked')).toHaveLength(1)
  })
})
