/** `gateway reload`, SIGHUP and the watched config of a whole gateway. What a reload does: test/cli/reload*. */
import {
  existsSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/state/db.ts'
import { askToReload } from '../../src/gateway/control/ask.ts'
import { isRoot, loudly } from '../values/loud.ts'
import { namespace } from './namespace.ts'
import { saidOnStderr, serve, sh, worldOf } from './serving.ts'
import {
  describeOnLinux,
  descendantsOf,
  eventsOf,
  isAlive,
  makeWorld,
  recordsOf,
  run,
  start,
  until,
  type Ended,
  type Running,
  type World,
} from './support.ts'
import { hasTerminal, onTerminal } from './terminal.ts'

const stays = (name: string): object => ({
  command: sh(`echo ${name} $$; exec sleep 600`),
  restart: 'always',
})

/** As editors do it: no half of it can be read. */
function edit(world: World, change: (agents: Record<string, object>) => void): void {
  const config: { agents: Record<string, object> } = JSON.parse(readFileSync(world.config, 'utf8'))
  change(config.agents)
  const beside = `${world.config}.new`
  writeFileSync(beside, JSON.stringify(config), { mode: 0o600 })
  renameSync(beside, world.config)
}

function pidOf(out: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(out)?.[1])
}

const reload = (world: World, ...more: string[]): Promise<Ended> =>
  run(world, ['gateway', 'reload', '--config', world.config, ...more])

/** Runs, and can be reloaded. */
async function ready(world: World, gateway: Running, ...names: string[]): Promise<void> {
  for (const name of names) await saidOnStderr(gateway, new RegExp(`${name}: started`))
  for (const name of names) await gateway.says(new RegExp(`^${name} \\d+`, 'm'))
  await until('socket', () => sockets(world).length > 0)
}

async function pair(): Promise<{ world: World; gateway: Running }> {
  const world = worldOf({ first: stays('first'), second: stays('second') })
  const gateway = serve(world)
  await ready(world, gateway, 'first', 'second')
  return { world, gateway }
}

function sockets(world: World): string[] {
  const dir = world.home.run
  if (!existsSync(dir)) return []
  return readdirSync(dir)
    .filter((name) => name.endsWith('.sock'))
    .map((name) => join(dir, name))
}

/**
 * Edits, and has the command ask before the watch has seen the edit: the gateway is stopped meanwhile, and
 * finds the question when it goes on; a watch needs two looks.
 */
async function editAndReload(
  world: World,
  gateway: Running,
  change: Parameters<typeof edit>[1],
): Promise<Ended> {
  const [path = ''] = sockets(world)
  process.kill(gateway.pid, 'SIGSTOP')
  edit(world, change)
  const asking = start(world, ['gateway', 'reload', '--config', world.config])
  // One line for the socket itself, and one for each that waits to be accepted; by the name it was made by.
  const made = path.replace(/\.sock$/, '.make')
  const waiting = (): number => readFileSync('/proc/net/unix', 'utf8').split(made).length - 1
  await until('the question', () => waiting() > 1)
  process.kill(gateway.pid, 'SIGCONT')
  return asking.ended
}

describeOnLinux('gateway reload', () => {
  test('prints what changed, or each mistake with its place; at its end the gateway takes its socket away', async () => {
    const { world, gateway } = await pair()
    const { out } = gateway.soFar()
    const said = await editAndReload(world, gateway, (agents) => {
      agents['third'] = { ...agents['second'], ...stays('third') }
      delete agents['second']
    })
    expect(said).toMatchObject({
      code: 0,
      out: `reloaded (pid ${gateway.pid}): added third; removed second\n`,
      err: '',
    })
    await gateway.says(/third \d+/)
    await until('second gone', () => !isAlive(pidOf(out, 'second')))
    expect(isAlive(pidOf(out, 'first'))).toBe(true)
    const refused = await editAndReload(world, gateway, (agents) => {
      agents['fourth'] = { ...stays('fourth'), restart: 'sometimes' }
    })
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toMatch(/keeps the config[^]*:\d+:\d+: [^\n]*fourth[^\n]*restart/)
    await saidOnStderr(gateway, /config not reloaded, all stays as it was/)
    process.kill(gateway.pid, 'SIGTERM')
    expect((await gateway.ended).signal).toBe('SIGTERM')
    expect(sockets(world)).toEqual([])
    expect(gateway.soFar().err).not.toMatch(/AUDIT|audit|INTERNAL/)
    expect(recordsOf(world).filter(({ event }) => event === 'run.ended')).toHaveLength(3)
  })

  test('asks every gateway of the config, HUP one; an agent has one gateway', async () => {
    const world = worldOf({ first: stays('first'), second: stays('second') })
    const [first, second] = [serve(world, '--agent', 'first'), serve(world, '--agent', 'second')]
    await ready(world, first, 'first')
    await ready(world, second, 'second')
    await until('two sockets', () => sockets(world).length === 2)
    const third = await serve(world, '--agent', 'first').ended
    expect(third.code).toBe(125)
    expect(third.err).toContain(`served by another gateway (pid ${first.pid}) [AGENT_BUSY]`)
    expect(sockets(world)).toHaveLength(2)
    const said = await reload(world, '--json')
    expect(said.code).toBe(0)
    const { gateways }: { gateways: { pid: number }[] } = JSON.parse(said.out)
    expect(new Set(gateways.map(({ pid }) => pid))).toEqual(new Set([first.pid, second.pid]))
    // Asked alone; and its agent is gone, so that it has nothing more to do.
    edit(world, (agents) => delete agents['second'])
    process.kill(second.pid, 'SIGHUP')
    await saidOnStderr(second, /config reloaded: removed second/)
    expect(await second.ended).toMatchObject({ code: 0, signal: null })
    await until('one socket', () => sockets(world).length === 1)
    expect(isAlive(pidOf(first.soFar().out, 'first'))).toBe(true)
  })

  test('of a killed gateway a socket stays; the next one removes it, and nobody runs before', async () => {
    const { world, gateway } = await pair()
    process.kill(gateway.pid, 'SIGKILL')
    await gateway.ended
    expect(await reload(world)).toMatchObject({ code: 2 })
    const [stale = ''] = sockets(world)
    const next = serve(world)
    await ready(world, next, 'first')
    await until('replaced', () => sockets(world).length === 1 && !existsSync(stale))
    expect(await askToReload(world.home, world.config)).toHaveLength(1)
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
    expect(await askToReload(world.home, world.config)).toMatchObject([{ answer: { ok: true } }])
  })

  test('`run` beside reloads takes the old config or the new one, whole', async () => {
    const world = worldOf({ first: stays('first'), a: { command: sh('echo $A $B') } })
    world.writeSecrets({ first: 'x', a: 'old', b: 'new' })
    const gateway = serve(world)
    await ready(world, gateway, 'first')
    const beside = (): Promise<Ended> =>
      run(world, ['run', '--config', world.config, '--agent', 'a'])
    const runs: Promise<Ended>[] = []
    for (const ref of ['b', 'a']) {
      runs.push(beside(), beside())
      edit(world, (agents) => {
        const credentials = { c: { secretRef: ref } }
        Object.assign(agents['a'] ?? {}, {
          'tool-bindings': { t: { required: true, credentials } },
        })
      })
      const [asked] = await askToReload(world.home, world.config)
      expect(asked?.answer.ok).toBe(true)
    }
    for (const { code, out, err } of await Promise.all(runs)) {
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toMatch(/^(?:old|new)\n$/)
    }
  })
})

describeOnLinux('HUP', () => {
  test('to a gateway that is just starting does not end it', async () => {
    const world = worldOf({ first: stays('first'), second: stays('second') })
    const db = openDatabase(world.home)
    // Where it claims its agents it waits for us.
    db.exec('BEGIN IMMEDIATE')
    const gateway = serve(world)
    const files = `/proc/${gateway.pid}/fd`
    await until('it waits', () => linksIn(files).includes(realpathSync(world.home.stateDb)))
    process.kill(gateway.pid, 'SIGHUP')
    db.exec('ROLLBACK')
    db.close()
    await ready(world, gateway, 'first', 'second')
    await saidOnStderr(gateway, /config not reloaded: it has not changed/)
  })

  test('on a terminal it ends all, whoever sends it', async (context) => {
    if (!hasTerminal) {
      loudly('HUP on a terminal', 'needs python3')
      context.skip()
    }
    await Promise.all([true, false].map((hangUp) => endsAll(hangUp)))
  })
})

/** What a process has open. */
function linksIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((fd) => readlinkSync(join(folder, fd)))
  } catch {
    // One was closed meanwhile, or the process is not there yet.
    return []
  }
}

/** @param hangUp the window is closed: who held the terminal is gone, and the kernel tells */
async function endsAll(hangUp: boolean): Promise<void> {
  const world = worldOf({ first: stays('first'), second: stays('second') })
  const args = ['gateway', 'run', '--config', world.config]
  const terminal = start(world, args, { through: onTerminal, stdin: 'pipe' })
  await terminal.says(/first \d+\r\n[^]*second \d+\r|second \d+\r\n[^]*first \d+\r/)
  const { out } = terminal.soFar()
  const gateway = descendantsOf(terminal.pid).find(({ argv }) => argv.includes('gateway'))
  process.kill(hangUp ? terminal.pid : (gateway?.pid ?? 0), hangUp ? 'SIGKILL' : 'SIGHUP')
  await until('the gateway has ended', () => !isAlive(gateway?.pid ?? 0))
  for (const name of ['first', 'second']) expect(isAlive(pidOf(out, name))).toBe(false)
  const ends = recordsOf(world).filter(({ event }) => event === 'run.ended')
  expect(ends.map(({ exit }) => exit?.signal)).toEqual(['SIGHUP', 'SIGHUP'])
  expect(eventsOf(world)).not.toContain('config.reloaded')
  expect(sockets(world)).toEqual([])
}

describeOnLinux('a watched config', () => {
  test('waits for trust, and is taken by itself when that is given', async () => {
    const world = worldOf({ first: stays('first'), second: stays('second') })
    const file = join(world.dir, 'secretref.json')
    renameSync(world.config, file)
    const found = { ...world, config: file }
    expect(await run(world, ['trust'])).toMatchObject({ code: 0 })
    const gateway = start(world, ['gateway', 'run'], { through: ['setsid'] })
    await ready(world, gateway, 'first', 'second')
    edit(found, (agents) => delete agents['second'])
    const said = await run(world, ['gateway', 'reload'])
    expect(said.code).toBe(1)
    expect(said.err).toMatch(/CONFIG_UNTRUSTED[^]*secretref trust/)
    expect(isAlive(pidOf(gateway.soFar().out, 'second'))).toBe(true)
    expect(await run(world, ['trust'])).toMatchObject({ code: 0 })
    await saidOnStderr(gateway, /config reloaded: removed second/)
  })
})

describeOnLinux('a full disk', () => {
  test('a reload that cannot be recorded is refused, and taken when there is room', async (context) => {
    const wrapper = namespace(context, 'a reload on a full disk')
    const world = worldOf({ first: stays('first') })
    const script =
      'mount -t tmpfs -o size=512k,mode=0700 none "$SECRETREF_HOME" && exec setsid "$@"'
    const secrets = readFileSync(world.secrets)
    world.write('secrets.json', secrets)
    const config = JSON.parse(readFileSync(world.config, 'utf8'))
    config.secrets.providers.file = { path: join(world.dir, 'secrets.json') }
    world.writeConfig(config)
    const gateway = start(world, ['gateway', 'run', '--config', world.config], {
      through: [...wrapper, '/bin/sh', '-c', script, 'sh'],
    })
    await saidOnStderr(gateway, /first: started/)
    // Its view of its home; ours has nothing mounted there.
    const home = `/proc/${gateway.pid}/root${world.home.dir}`
    await until('the socket', () =>
      readdirSync(join(home, 'run')).some((name) => name.endsWith('.sock')),
    )
    const filler = join(home, 'filler')
    expect(() => writeFileSync(filler, Buffer.alloc(1 << 20))).toThrow(/ENOSPC/)
    // What is left of the log's last page takes some records yet.
    const said = (words: string): number => gateway.soFar().err.split(words).length - 1
    let taken = 0
    for (; said('config not reloaded') === 0; taken++) {
      edit(world, (agents) =>
        Object.assign(agents['first'] ?? {}, { cwd: `/${'./'.repeat(taken)}` }),
      )
      process.kill(gateway.pid, 'SIGHUP')
      const answers = (): number => said('config reloaded') + said('config not reloaded')
      await until('an answer', () => answers() > taken)
    }
    const { err } = gateway.soFar()
    expect(err).toMatch(
      /config not reloaded, all stays as it was: [^\n]*the disk is full \[AUDIT_UNAVAILABLE\]\n/,
    )
    expect(said('config reloaded')).toBe(taken - 1)
    expect(isAlive(pidOf(gateway.soFar().out, 'first'))).toBe(true)
    rmSync(filler)
    process.kill(gateway.pid, 'SIGHUP')
    await until('taken', () => said('config reloaded') === taken)
    expect(said('not on record')).toBe(0)
  })
})

describeOnLinux('gateways in containers that share a home', () => {
  test('leave each other’s sockets alone while they live, and are reloaded together', async (context) => {
    const inContainer = [
      'unshare',
      ...(isRoot ? [] : ['-Ur']),
      '-pf',
      '--mount-proc',
      '--kill-child',
    ]
    const probe = await run(makeWorld(), ['--version'], { through: inContainer })
    if (probe.code !== 0) {
      loudly('sockets of containers', 'pid namespaces are not allowed here')
      context.skip()
    }
    const world = worldOf({ first: stays('first'), second: stays('second') })
    const args = (name: string): string[] => [
      'gateway',
      'run',
      '--config',
      world.config,
      '--agent',
      name,
    ]
    const inside = start(world, args('first'), { through: [...inContainer, 'setsid', '-w'] })
    await ready(world, inside, 'first')
    const [theirs = ''] = sockets(world)
    const outside = serve(world, '--agent', 'second')
    await saidOnStderr(outside, /second: started/)
    await until('two sockets', () => sockets(world).length === 2)
    expect(existsSync(theirs)).toBe(true)
    // Its pid means nothing here, and it serves its agent all the same.
    expect(await serve(world, '--agent', 'first').ended).toMatchObject({ code: 125 })
    const asked = await askToReload(world.home, world.config)
    expect(asked.map(({ answer }) => answer.ok)).toEqual([true, true])
  })
})
