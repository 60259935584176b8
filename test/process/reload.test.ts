/** `gateway reload`, SIGHUP and the watched config: all of a new config, or nothing of it. */
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeOnLinux, eventsOf, isAlive, recordsOf, run, start, until } from './support.ts'
import type { World } from './support.ts'
import { saidOnStderr, serve, sh, worldOf } from './serving.ts'

const stays = (name: string): object => ({
  command: sh(`echo ${name} $$; exec sleep 600`),
  restart: 'always',
})

function edit(world: World, change: (agents: Record<string, object>) => void): void {
  const config: { agents: Record<string, object> } = JSON.parse(readFileSync(world.config, 'utf8'))
  const { agents } = config
  change(agents)
  writeFileSync(world.config, JSON.stringify(config))
}

function pidOf(out: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(out)?.[1])
}

const reload = (world: World, ...more: string[]): ReturnType<typeof run> =>
  run(world, ['gateway', 'reload', '--config', world.config, ...more])

async function pair(): Promise<{ world: World; gateway: ReturnType<typeof serve> }> {
  const world = worldOf({ first: stays('first'), second: stays('second') })
  const gateway = serve(world)
  await gateway.says(/first \d+\n[^]*second \d+\n|second \d+\n[^]*first \d+\n/)
  await until('socket', () => sockets(world).length > 0)
  return { world, gateway }
}

function sockets(world: World): string[] {
  const dir = world.home.run
  if (!existsSync(dir)) return []
  return readdirSync(dir)
    .filter((name) => name.endsWith('.sock'))
    .map((name) => join(dir, name))
}

describeOnLinux('reload', () => {
  test('adds and removes; who is unchanged keeps its process', async () => {
    const { world, gateway } = await pair()
    const { out } = gateway.soFar()
    edit(world, (agents) => {
      agents['third'] = { ...agents['second'], ...stays('third') }
      delete agents['second']
    })
    const said = await reload(world)
    expect(said).toMatchObject({ code: 0 })
    // On a busy machine the watch may have come first.
    expect(String(said.stdout)).toMatch(
      /^reloaded \(pid \d+\): (added third; removed second|no agent has changed)\n$/,
    )
    await saidOnStderr(gateway, /config reloaded: added third; removed second/)
    await gateway.says(/third \d+/)
    await until('second gone', () => !isAlive(pidOf(out, 'second')))
    expect(isAlive(pidOf(out, 'first'))).toBe(true)
    expect(eventsOf(world)).toContain('config.reloaded')
    expect(gateway.soFar().err).not.toMatch(/AUDIT|audit/)
    process.kill(gateway.pid, 'SIGTERM')
    expect((await gateway.ended).signal).toBe('SIGTERM')
    expect(sockets(world)).toEqual([])
    expect(recordsOf(world).filter(({ event }) => event === 'run.ended')).toHaveLength(3)
  })

  test('a mistake is told with its place, and nothing changes', async () => {
    const { world, gateway } = await pair()
    const { out } = gateway.soFar()
    edit(world, (agents) => {
      agents['third'] = { ...stays('third'), restart: 'sometimes' }
      delete agents['second']
    })
    const said = await reload(world)
    expect(said.code).toBe(1)
    expect(String(said.stderr)).toMatch(/keeps the config[^]*:\d+:\d+: [^\n]*third[^\n]*restart/)
    await saidOnStderr(gateway, /config not reloaded, all stays as it was/)
    for (const name of ['first', 'second']) expect(isAlive(pidOf(out, name))).toBe(true)
    const rejected = recordsOf(world).filter(({ event }) => event === 'config.rejected')
    expect(rejected).toMatchObject([{ code: 'CONFIG_INVALID' }])
  })

  test('HUP without a terminal reloads', async () => {
    const { world, gateway } = await pair()
    edit(world, (agents) => delete agents['second'])
    process.kill(gateway.pid, 'SIGHUP')
    await saidOnStderr(gateway, /config reloaded: removed second/)
  })

  test('a watched config is taken by itself', async () => {
    const { world, gateway } = await pair()
    edit(world, (agents) => delete agents['second'])
    await saidOnStderr(gateway, /config reloaded: removed second/)
  })

  test('a changed one restarts at once where onChange says so, else at its next start', async () => {
    const world = worldOf({
      first: { ...stays('first'), onChange: 'restart' },
      second: stays('second'),
    })
    const gateway = serve(world)
    await gateway.says(/first \d+\n[^]*second \d+\n|second \d+\n[^]*first \d+\n/)
    await until('socket', () => sockets(world).length > 0)
    const { out } = gateway.soFar()
    edit(world, (agents) => {
      Object.assign(agents['first'] ?? {}, { command: sh('echo anew; exec sleep 600') })
      Object.assign(agents['second'] ?? {}, { command: sh('echo anew; exec sleep 600') })
    })
    const said = await reload(world)
    expect(said).toMatchObject({ code: 0 })
    await saidOnStderr(gateway, /config reloaded: changed first, second/)
    await gateway.says(/anew/)
    expect(isAlive(pidOf(out, 'first'))).toBe(false)
    expect(isAlive(pidOf(out, 'second'))).toBe(true)
  })

  test('the socket is ours alone, and garbage does it no harm', async () => {
    const { world } = await pair()
    const [path = ''] = sockets(world)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(world.home.run).mode & 0o777).toBe(0o700)
    for (const text of ['x'.repeat(5000), 'garbage\n', '{"v":1}\n']) {
      const answer = await new Promise<string>((resolve) => {
        let heard = ''
        const socket = connect(path, () => socket.write(text))
        socket.on('data', (chunk) => (heard += String(chunk)))
        socket.on('error', () => {})
        socket.on('close', () => resolve(heard))
      })
      expect(answer).toMatch(/^$|"USAGE"/)
    }
    expect(await reload(world)).toMatchObject({ code: 0 })
  })

  test('of a killed gateway a socket stays; the next one starts, and nobody runs before', async () => {
    const { world, gateway } = await pair()
    process.kill(gateway.pid, 'SIGKILL')
    await gateway.ended
    expect(await reload(world)).toMatchObject({ code: 2 })
    const [stale] = sockets(world)
    const next = serve(world)
    await next.says(/first \d+/)
    await until('replaced', () => sockets(world).length === 1 && sockets(world)[0] !== stale)
    expect(await reload(world)).toMatchObject({ code: 0 })
  })

  test('one that needs trust waits for it', async () => {
    const world = worldOf({ first: stays('first'), second: stays('second') })
    const file = join(world.dir, 'secretref.json')
    writeFileSync(file, readFileSync(world.config), { mode: 0o600 })
    expect(await run(world, ['trust'])).toMatchObject({ code: 0 })
    const gateway = start(world, ['gateway', 'run'], { through: ['setsid'] })
    await gateway.says(/second \d+/)
    edit({ ...world, config: file }, (agents) => delete agents['second'])
    const said = await run(world, ['gateway', 'reload'])
    expect(said.code).toBe(1)
    expect(String(said.stderr)).toMatch(/CONFIG_UNTRUSTED[^]*secretref trust/)
    expect(await run(world, ['trust'])).toMatchObject({ code: 0 })
    await saidOnStderr(gateway, /config reloaded: removed second/)
  })
})
