/** A value delivered as a file: where it lies, who can reach it, and that it goes, however a run ends. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { pidNamespace } from '../../src/gateway/surroundings.ts'
import { skipLoudly } from '../values/loud.ts'
import {
  configOf,
  descendantsOf,
  describeOnLinux,
  isAlive,
  makeWorld,
  resolverOf,
  run,
  runAgent,
  start,
  until,
  watcherOf,
  type Running,
  type World,
} from './support.ts'

const VALUE = 'fake-value-in-a-file'
const SLOT = { secretRef: 'key', delivery: 'file' } as const

function fileWorld(secrets: object = { key: VALUE }, more: readonly string[] = []): World {
  return makeWorld({ config: configOf([SLOT, ...more]), secrets })
}

/** A tmpfs folder of its own for this world, so that nobody else's start looks into it. */
function withRuntime(world: World): string {
  const runtime = mkdtempSync('/dev/shm/test-secretref-')
  onTestFinished(() => rmSync(runtime, { recursive: true, force: true }))
  world.env['XDG_RUNTIME_DIR'] = runtime
  return runtime
}

/** An agent that says where its file is, and stays. */
const STAYS = ['/bin/sh', '-c', 'echo "$KEY_FILE"; exec sleep 60'] as const

async function staying(world: World): Promise<{ gateway: Running; agent: number; folder: string }> {
  const line = ['run', '--config', world.config, '--agent', 'a', '--', ...STAYS]
  const gateway = start(world, line)
  await gateway.says(/\n/)
  const folder = dirname(gateway.soFar().out.trim())
  expect(existsSync(join(folder, '0-KEY'))).toBe(true)
  // It says its word just before it becomes `sleep`.
  const { pid: agent } = await until('the agent', () =>
    descendantsOf(gateway.pid).find(({ argv }) => argv[0] === 'sleep'),
  )
  onTestFinished(() => {
    if (isAlive(agent)) process.kill(agent, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  return { gateway, agent, folder }
}

describeOnLinux('a value delivered as a file', () => {
  test('lies in a 0600 file in a 0700 folder on tmpfs, and is gone when the run is', async () => {
    const world = fileWorld()
    const agent = `stat -c '%a %u %F' "$KEY_FILE" "\${KEY_FILE%/*}"; stat -f -c %T "$KEY_FILE"
      cat "$KEY_FILE"; echo; echo "\${KEY-none}"; echo "$KEY_FILE"`
    const ended = await runAgent(world, ['/bin/sh', '-c', agent])
    const me = process.geteuid?.()
    const lines = ended.out.split('\n')
    expect(lines.slice(0, 5)).toEqual([
      `600 ${me} regular file`,
      `700 ${me} directory`,
      'tmpfs',
      VALUE,
      'none',
    ])
    expect(existsSync(lines[5] ?? '')).toBe(false)
    expect(existsSync(dirname(lines[5] ?? ''))).toBe(false)
  })

  test('its path stands in the variable itself where the config asks for it', async () => {
    const world = makeWorld({
      config: configOf([{ ...SLOT, pathInEnvVar: true }]),
      secrets: { key: VALUE },
    })
    const agent = 'cat "$KEY"; [ "$KEY" = "$KEY_FILE" ] && echo " same"'
    expect((await runAgent(world, ['/bin/sh', '-c', agent])).out).toBe(`${VALUE} same\n`)
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('is gone after %s', async (signal) => {
    const { gateway, agent, folder } = await staying(fileWorld())
    gateway.child.kill(signal)
    expect((await gateway.ended).signal).toBe(signal)
    expect(existsSync(folder)).toBe(false)
    expect(isAlive(agent)).toBe(false)
  })

  test('is gone where the agent was not started', async () => {
    const world = fileWorld({ key: VALUE }, ['missing'])
    const runtime = withRuntime(world)
    const ended = await runAgent(world, ['/bin/echo', 'started'])
    expect({ code: ended.code, out: ended.out }).toEqual({ code: 125, out: '' })
    expect(readdirSync(runtime)).toEqual([])
  })

  test('is gone after kill -9 of the gateway, and the agent with it', async () => {
    const { gateway, agent, folder } = await staying(fileWorld())
    gateway.child.kill('SIGKILL')
    await until('the folder has gone', () => !existsSync(folder))
    await until('the agent has gone', () => !isAlive(agent))
  })

  test('is gone at the next start after kill -9 of gateway and watcher, whatever is started', async () => {
    const world = fileWorld()
    const runtime = withRuntime(world)
    const { gateway, agent, folder } = await staying(world)
    expect(dirname(folder)).toBe(runtime)
    process.kill(watcherOf(gateway.pid)?.pid ?? 0, 'SIGKILL')
    gateway.child.kill('SIGKILL')
    await until('the gateway has gone', () => !isAlive(gateway.pid))
    // Nobody is left to do it.
    expect(existsSync(join(folder, '0-KEY'))).toBe(true)
    expect(isAlive(agent)).toBe(true)

    const other = makeWorld({ config: configOf(['key']), secrets: { key: VALUE } })
    other.env['XDG_RUNTIME_DIR'] = runtime
    expect((await runAgent(other, ['/bin/echo', 'started'])).out).toBe('started\n')
    expect(existsSync(folder)).toBe(false)
  })

  test('a link by the name of such a folder survives, and what it leads to', async () => {
    const world = fileWorld()
    const runtime = withRuntime(world)
    const target = join(runtime, 'target')
    mkdirSync(target, { mode: 0o700 })
    writeFileSync(join(target, 'theirs'), '')
    // Above what Linux gives as a pid (proc(5), pid_max).
    const link = join(runtime, `secretref-4194305-1-${pidNamespace()}-AbCdEf`)
    symlinkSync(target, link)
    expect((await runAgent(world, ['/bin/echo', 'started'])).out).toBe('started\n')
    expect(existsSync(join(link, 'theirs'))).toBe(true)
  })

  test('is not taken away by a start beside it', async () => {
    const world = fileWorld()
    const { folder } = await staying(world)
    expect((await runAgent(world, ['/bin/echo', 'started'])).out).toBe('started\n')
    expect(existsSync(join(folder, '0-KEY'))).toBe(true)
  })

  test('a resolver killed before its time leaves no folder', async () => {
    const world = fileWorld()
    const runtime = withRuntime(world)
    const gateway = start(world, ['run', '--config', world.config, '--', '/bin/echo', 'started'])
    process.kill((await until('a resolver', () => resolverOf(gateway.pid))).pid, 'SIGKILL')
    expect((await gateway.ended).code).toBe(125)
    expect(readdirSync(runtime)).toEqual([])
  })
})

/** The words that give a program a /dev/shm of its own, made by `mount …`. */
function withShm(context: TestContext, mount: string): string[] {
  const words = ['/usr/bin/unshare', '-m', '/bin/sh', '-c']
  const works = spawnSync(words[0] ?? '', [...words.slice(1), mount])
  if (works.status !== 0) skipLoudly(context, 'another /dev/shm', 'needs root and namespaces')
  return [...words, `${mount} && exec "$@"`, 'sh']
}

describeOnLinux('where tmpfs fails', () => {
  test('a full one: nothing is started, and the words say so', async (context) => {
    const through = withShm(context, 'mount -t tmpfs -o size=64k tmpfs /dev/shm')
    const world = fileWorld({ key: 'v'.repeat(500_000) })
    const ended = await runAgent(world, ['/bin/echo', 'started'], { through })
    expect({ code: ended.code, out: ended.out }).toEqual({ code: 125, out: '' })
    expect(ended.err).toMatch(/could not be delivered \(ENOSPC\).*\[DELIVERY_FAILED\]/)
    expect(ended.err).toContain('the folder for files is full')
  })

  test('there is none: in our own 0700 folder on disk, and gone when the run is', async (context) => {
    const world = fileWorld()
    const disk = join(world.dir, 'disk')
    mkdirSync(disk)
    const through = withShm(context, `mount --bind '${disk}' /dev/shm`)
    const ended = await runAgent(world, ['/bin/sh', '-c', 'echo "$KEY_FILE"; cat "$KEY_FILE"'], {
      through,
    })
    const [path = '', value] = ended.out.split('\n')
    expect(value).toBe(VALUE)
    expect(path.startsWith(`${world.home.run}/secretref-`)).toBe(true)
    expect(readdirSync(world.home.run)).toEqual([])
    expect(readdirSync(disk)).toEqual([])
  })

  test('there is none, and a link stands in its place: nothing is started', async (context) => {
    const world = fileWorld()
    const disk = join(world.dir, 'disk')
    mkdirSync(disk, { mode: 0o700 })
    symlinkSync(disk, world.home.run)
    const through = withShm(context, `mount --bind '${disk}' /dev/shm`)
    const ended = await runAgent(world, ['/bin/echo', 'started'], { through })
    expect({ code: ended.code, out: ended.out }).toEqual({ code: 125, out: '' })
    expect(ended.err).toMatch(/no folder for files could be made \[DELIVERY_FAILED\]/)
    expect(readdirSync(disk)).toEqual([])
  })
})

test('file and variable side by side', async () => {
  const world = fileWorld({ key: VALUE, other: 'fake-value-by-env' }, ['other'])
  const agent = ['/bin/sh', '-c', 'cat "$KEY_FILE"; echo " $OTHER"']
  const line = ['run', '--config', world.config, '--agent', 'a', '--', ...agent]
  expect((await run(world, line)).out).toBe(`${VALUE} fake-value-by-env\n`)
})
