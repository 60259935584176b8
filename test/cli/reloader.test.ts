/** What a reload does to the agents that are served: all of a new config, or nothing of it. */
import { expect, test } from 'vitest'
import { claimAgent, releaseAgent } from '../../src/state/runs.ts'
import { describeOnLinux, isAlive, until } from '../process/support.ts'
import { endsOf, needs, pidOf, says, serving, stays, type Edited } from './reloading.ts'

function rename(config: Edited, from: string, to: string, fields: object): void {
  config.agents[to] = { ...config.agents[from], ...fields }
  delete config.agents[from]
}

describeOnLinux('a reload', () => {
  test('adds and removes; who is unchanged keeps its process', async () => {
    const stage = await serving({ first: stays('first'), second: stays('second') })
    await stage.run('first', 'second')
    await stage.sees(/first \d+\n[^]*second \d+\n|second \d+\n[^]*first \d+\n/)
    stage.edit((config) => rename(config, 'second', 'third', { command: says('third') }))
    expect(await stage.reloader.reload('asked')).toMatchObject({
      ok: true,
      added: ['third'],
      removed: ['second'],
      changed: [],
    })
    await stage.sees(/third \d+/)
    await until('second gone', () => !isAlive(pidOf(stage, 'second')))
    expect(isAlive(pidOf(stage, 'first'))).toBe(true)
    await until('recorded', () => endsOf(stage, 'second').length > 0)
    expect(endsOf(stage, 'second')).toEqual([[{ signal: 'SIGTERM' }, 'config-reloaded']])
    expect(stage.io.stderr).toContain('config reloaded: added third; removed second\n')
    expect(stage.io.stderr).toContain('second: the config no longer has it; it is ended\n')
    expect(stage.server.served.has('second')).toBe(false)
  })

  test('with a mistake tells it with its place, and nothing changes', async () => {
    const stage = await serving({ first: stays('first'), second: stays('second') })
    await stage.run('first', 'second')
    await stage.sees(/first \d+\n[^]*second \d+\n|second \d+\n[^]*first \d+\n/)
    const before = stage.reloader.gateway
    stage.edit((config) => rename(config, 'second', 'third', { restart: 'sometimes' }))
    const answer = await stage.reloader.reload('asked')
    expect(answer).toMatchObject({ ok: false, code: 'CONFIG_INVALID' })
    expect(answer).toMatchObject({ problems: [{ line: 1, severity: 'error' }] })
    expect(stage.reloader.gateway).toBe(before)
    expect([...stage.server.served.keys()]).toEqual(['first', 'second'])
    expect(isAlive(pidOf(stage, 'second'))).toBe(true)
    expect(stage.io.stderr).toMatch(/config not reloaded, all stays as it was: .*CONFIG_INVALID/)
    const rejected = stage.records().filter(({ event }) => event === 'config.rejected')
    expect(rejected).toMatchObject([{ code: 'CONFIG_INVALID' }])
    expect(stage.events()).not.toContain('config.reloaded')
  })

  test('with an agent whose command is not there is refused whole, and says whose', async () => {
    const stage = await serving({ first: stays('first') })
    stage.edit((config) => {
      config.agents['second'] = stays('second')
      config.agents['lost'] = stays('lost', { command: ['no-such-command'] })
    })
    expect(await stage.reloader.reload('asked')).toMatchObject({
      ok: false,
      code: 'COMMAND_NOT_FOUND',
      message: 'lost: the command no-such-command was not found',
    })
    expect([...stage.server.served.keys()]).toEqual(['first'])
  })

  test('with an agent that another gateway serves is refused whole, and tried again each minute', async () => {
    const stage = await serving({ first: stays('first') })
    const { db, loaded } = stage.reloader.gateway
    const key = { config: loaded.path, agent: 'third' }
    // Some process that goes on for as long as we do.
    claimAgent(db, key, { pid: process.ppid, started: undefined }, () => false)
    stage.edit((config) => (config.agents['third'] = stays('third')))
    expect(await stage.reloader.reload('asked')).toMatchObject({ ok: false, code: 'AGENT_BUSY' })
    expect([...stage.server.served.keys()]).toEqual(['first'])
    for (let look = 0; look < 31; look++) await stage.watch.look()
    expect([...stage.server.served.keys()]).toEqual(['first'])
    expect(stage.io.stderr.match(/config not reloaded/g)).toHaveLength(1)
    releaseAgent(db, key, process.ppid)
    for (let look = 0; look < 30; look++) await stage.watch.look()
    expect([...stage.server.served.keys()]).toEqual(['first', 'third'])
  })

  test('a removed agent that comes back before it has ended starts after that', async () => {
    const deaf = [
      '/bin/sh',
      '-c',
      `trap "sleep 0.3; exit" TERM; echo "deaf $$" >>seen; while :; do sleep 0.05; done`,
    ]
    const stage = await serving({ first: stays('first'), a: stays('a', { command: deaf }) })
    await stage.run('a')
    await stage.sees(/deaf \d+/)
    const a = { ...stays('a') }
    stage.edit((config) => delete config.agents['a'])
    await stage.reloader.reload('asked')
    stage.edit((config) => (config.agents['a'] = a))
    expect(await stage.reloader.reload('asked')).toMatchObject({ added: ['a'] })
    await stage.sees(/^a \d+/m)
    expect(isAlive(pidOf(stage, 'deaf'))).toBe(false)
    await until('one run', () => endsOf(stage, 'a').length === 1)
  })

  test('that leaves no agent ends the gateway', async () => {
    const stage = await serving({ first: stays('first') })
    await stage.run('first')
    stage.edit((config) => (config.agents = {}))
    expect(await stage.reloader.reload('asked')).toMatchObject({ ok: true, removed: ['first'] })
    expect(await stage.ended).toEqual([])
    expect(stage.server.ending).toBe(true)
    stage.edit((config) => (config.agents['first'] = stays('first')))
    expect(await stage.reloader.reload('asked')).toMatchObject({ code: 'STATE_UNAVAILABLE' })
  })
})

describeOnLinux('a changed agent', () => {
  test('is started again where onChange says so; else it goes on, and has the change at its next start', async () => {
    const stage = await serving({
      first: stays('first', { onChange: 'restart' }),
      second: stays('second'),
    })
    await stage.run('first', 'second')
    await stage.sees(/first \d+\n[^]*second \d+\n|second \d+\n[^]*first \d+\n/)
    stage.edit(({ agents }) => {
      Object.assign(agents['first'] ?? {}, { command: says('anew first') })
      Object.assign(agents['second'] ?? {}, { command: says('anew second') })
    })
    expect(await stage.reloader.reload('asked')).toMatchObject({ changed: ['first', 'second'] })
    await stage.sees(/anew first \d+/)
    expect(isAlive(pidOf(stage, 'first'))).toBe(false)
    expect(isAlive(pidOf(stage, 'second'))).toBe(true)
    expect(stage.io.stderr).toContain(
      'second: goes on as it is; what has changed holds from its next',
    )
    expect(stage.seen()).not.toContain('anew second')
  })

  test('that could not be started is tried again; one that has run to its end is not', async () => {
    const once = { restart: 'never', command: ['/bin/sh', '-c', 'echo "ran" >>seen'] }
    const stage = await serving({
      on: stays('on'),
      failed: stays('failed', { restart: 'never', 'tool-bindings': needs({ K: 'nowhere' }) }),
      over: stays('over', once),
    })
    await stage.run('on', 'over')
    await until('both over', () =>
      /failed: K: [^]*over: ended|over: ended[^]*failed: K:/.test(stage.io.stderr),
    )
    stage.edit(({ agents }) => {
      Object.assign(agents['failed'] ?? {}, { 'tool-bindings': needs({ K: 'l' }) })
      Object.assign(agents['over'] ?? {}, { 'tool-bindings': needs({ K: 'l' }) })
    })
    expect(await stage.reloader.reload('asked')).toMatchObject({ changed: ['failed', 'over'] })
    await stage.run('failed')
    expect(stage.seen().match(/ran/g)).toHaveLength(1)
  })

  test('without a command is checked anew', async () => {
    const stage = await serving({ on: stays('on'), a: { 'tool-bindings': needs({ K: 'k' }) } })
    await until('checked', () => stage.io.stdout.includes('K: ready'))
    stage.edit(({ agents }) => {
      Object.assign(agents['a'] ?? {}, { 'tool-bindings': needs({ L: 'l' }) })
    })
    expect(await stage.reloader.reload('asked')).toMatchObject({ changed: ['a'] })
    await until('checked anew', () => stage.io.stdout.includes('L: ready'))
  })

  test('that is being started is started by the new config alone: nothing of the old one is released', async () => {
    const stage = await serving({ first: stays('first') })
    await stage.run('first')
    // Answers nothing until it is let go.
    const slow = ['#!/bin/sh', 'while [ ! -e go ]; do sleep 0.02; done', 'echo fake', ''].join('\n')
    stage.write('slow.sh', slow, 0o700)
    stage.edit((config) => {
      Object.assign(config, {
        secrets: {
          providers: {
            slow: { type: 'exec', command: `${stage.dir}/slow.sh`, timeoutMs: 20_000 },
            file: { path: `${stage.dir}/secrets.json` },
          },
        },
        openclaw: {
          gateway: {
            secrets: { 'active-provider': 'file', refMap: { old: { provider: 'slow' } } },
          },
        },
      })
      config.agents['a'] = stays('a', {
        command: says('a $K'),
        'tool-bindings': needs({ K: 'old' }),
      })
    })
    expect(await stage.reloader.reload('asked')).toMatchObject({ ok: true, added: ['a'] })
    await until('asked', () =>
      stage.records().some(({ event, agent }) => event === 'grant.intent' && agent === 'a'),
    )
    stage.edit(({ agents }) =>
      Object.assign(agents['a'] ?? {}, { 'tool-bindings': needs({ K: 'l' }) }),
    )
    expect(await stage.reloader.reload('asked')).toMatchObject({ ok: true, changed: ['a'] })
    await stage.sees(/^a fake-value-l/m)
    const about = stage.records().filter(({ agent }) => agent === 'a')
    expect(about.filter(({ event }) => event === 'grant.released').map(({ ref }) => ref)).toEqual([
      'l',
    ])
    expect(
      about.filter(({ reason }) => reason === 'start-abandoned').map(({ ref }) => ref),
    ).toEqual(['old'])
  })
})
