/** A gateway that runs one agent once takes a new config too: for what it does beside the agent, and for what is taken from it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeOnLinux, eventsOf, makeWorld, recordsOf, run, start, until } from './support.ts'
import type { Ended, Running, World } from './support.ts'

interface Agents {
  agents: Record<string, object>
}

function world(): World {
  return makeWorld({
    config: {
      secrets: { providers: { file: {} } },
      agents: {
        a: {
          command: ['/bin/sh', '-c', 'echo ready; read line; exit 3'],
          'tool-bindings': { t: { required: true, credentials: { c: { secretRef: 'key' } } } },
        },
      },
    },
    secrets: { key: ['fake', 'key'].join('-') },
  })
}

function edit(w: World, change: (config: Agents) => void): void {
  const config: Agents = JSON.parse(readFileSync(w.config, 'utf8'))
  change(config)
  w.writeConfig(config)
}

const sockets = ({ home }: World): string[] =>
  existsSync(home.run) ? readdirSync(home.run).filter((name) => name.endsWith('.sock')) : []

async function serving(w: World): Promise<Running> {
  const words = ['gateway', 'run', '--agent', 'a', '--log-level', 'info', '--config', w.config]
  const gateway = start(w, words, { stdin: 'pipe' })
  await gateway.says(/ready/)
  await until('its socket', () => sockets(w).length === 1)
  return gateway
}

const reload = (w: World): Promise<Ended> => run(w, ['gateway', 'reload', '--config', w.config])

describeOnLinux('a gateway that runs one agent once', () => {
  test('is reloaded, and its agent goes on and keeps stdin and exit code', async () => {
    const w = world()
    const gateway = await serving(w)
    edit(w, ({ agents }) => Object.assign(agents, { b: { 'tool-bindings': {} } }))
    expect(await reload(w)).toMatchObject({ code: 0, err: '' })
    edit(w, ({ agents }) => Object.assign(agents['a'] ?? {}, { inheritEnv: ['LANG'] }))
    expect((await reload(w)).out).toContain('changed a')
    expect(eventsOf(w).filter((event) => event === 'config.reloaded')).toHaveLength(2)
    expect(gateway.soFar().err).toContain('a: goes on as it is')
    gateway.child.stdin?.end('now\n')
    const ended = await gateway.ended
    expect(ended).toMatchObject({ code: 3, err: expect.not.stringContaining('audit log') })
    expect(sockets(w)).toEqual([])
  })

  test('ends its agent where the config takes what that requires, or the agent itself', async () => {
    const changes: ((config: Agents) => void)[] = [
      ({ agents }) => Object.assign(agents['a'] ?? {}, { 'tool-bindings': {} }),
      (config) => Object.assign(config, { agents: { b: { 'tool-bindings': {} } } }),
    ]
    const reasons = changes.map(async (change) => {
      const w = world()
      const gateway = await serving(w)
      edit(w, change)
      expect(await reload(w)).toMatchObject({ code: 0 })
      expect(await gateway.ended).toMatchObject({ signal: 'SIGTERM' })
      const ended = recordsOf(w).find(({ event }) => event === 'run.ended')
      return [eventsOf(w).includes('grant.revoked'), ended?.reason]
    })
    expect(await Promise.all(reasons)).toEqual([
      [true, 'config-reloaded'],
      [false, 'config-reloaded'],
    ])
  })
})
