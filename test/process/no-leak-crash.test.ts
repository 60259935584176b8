/** What a crash or a look from inside leaves of a gateway: core dump, diagnostic report, heap snapshot. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { skipLoudly } from '../values/loud.ts'
import { expectNoLeak, newSecret, type Secret } from './leaks.ts'
import {
  configOf,
  describeOnLinux,
  isAlive,
  makeWorld,
  procFile,
  resolverOf,
  start,
  until,
  type RunOptions,
  type Running,
  type World,
} from './support.ts'
import { letGo, untilAsked, vendWorld } from './vend.ts'

const SOURCES = ['state/secrets.json']

/** A gateway whose agent has its credentials, by env and by file, and stays. Its dumps go to `dumps`. */
async function holding(
  secret: Secret,
  options: RunOptions,
): Promise<{ world: World; gateway: Running; dumps: string }> {
  const world = makeWorld({
    config: configOf(['key', { secretRef: 'other', delivery: 'file' }]),
    secrets: { key: secret.value, other: secret.value },
  })
  const dumps = join(world.dir, 'dumps')
  mkdirSync(dumps)
  const agent = 'trap "" USR2; echo "ready $OTHER_FILE"; exec sleep 60'
  const line = ['run', '--pristine', '--config', world.config, '--', '/bin/sh', '-c', agent]
  const gateway = start(world, line, { ...options, cwd: dumps })
  await gateway.says(/ready/)
  return { world, gateway, dumps }
}

/** The one file that came into `dumps`, when it is whole and ends as it should. */
async function dumped(dumps: string, whole: (dump: Buffer) => boolean): Promise<Buffer> {
  return until('a dump', () => {
    const [name] = readdirSync(dumps)
    const dump = name === undefined ? undefined : readFileSync(join(dumps, name))
    return dump !== undefined && whole(dump) ? dump : undefined
  })
}

describeOnLinux('what is left of a gateway', () => {
  test('a core dump holds no value', async (context) => {
    const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
    if (/^[|/]/.test(pattern)) skipLoudly(context, 'core dump', `it goes to ${pattern}`)
    const secret = newSecret()
    const through = ['/bin/sh', '-c', 'ulimit -c unlimited; exec "$@"', 'sh']
    const { world, gateway, dumps } = await holding(secret, { through })
    if (!/^Max core file size\s+unlimited/m.test(procFile(gateway.pid, 'limits'))) {
      skipLoudly(context, 'core dump', 'the hard limit forbids it')
    }
    gateway.child.kill('SIGSEGV')
    await until('it has gone', () => !isAlive(gateway.pid), 30_000)
    const core = await dumped(dumps, () => true)
    // It is a whole one: the gateway knows its refs and what it recorded.
    expect(core.includes('grant.released')).toBe(true)
    const { out, err } = gateway.soFar()
    const printed = { code: null, signal: null, out, err }
    expectNoLeak(
      world,
      secret,
      [{ ...printed, stdout: Buffer.from(out), stderr: Buffer.from(err) }],
      SOURCES,
    )
  }, 60_000)

  test.each([
    ['a diagnostic report', '--report-on-signal --report-signal=SIGUSR2', '"header"'],
    ['a heap snapshot', '--heapsnapshot-signal=SIGUSR2', 'grant.released'],
  ])(
    '%s holds no value',
    async (_what, flags, sign) => {
      const secret = newSecret()
      const { world, gateway, dumps } = await holding(secret, { env: { NODE_OPTIONS: flags } })
      gateway.child.kill('SIGUSR2')
      const dump = await dumped(dumps, (text) =>
        text.subarray(-3).toString().trimEnd().endsWith('}'),
      )
      expect(dump.includes(sign)).toBe(true)
      gateway.child.kill('SIGTERM')
      expectNoLeak(world, secret, [await gateway.ended], SOURCES)
    },
    60_000,
  )

  test('killed with -9: nothing of it holds a value but the secrets file', async () => {
    const secret = newSecret()
    const { world, gateway } = await holding(secret, {})
    gateway.child.kill('SIGKILL')
    const ended = await gateway.ended
    // By its watcher, which outlives it.
    const file = /ready (\S+)/.exec(ended.out)?.[1] ?? ''
    expect(file).toMatch(/\/0-OTHER$|\/1-OTHER$/)
    await until('its file has gone', () => !existsSync(file))
    expectNoLeak(world, secret, [ended], SOURCES)
  })
})

/** Empty where the descriptor was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** Sockets that a process listens on (proc(5), net/tcp: state 0A). */
function listens(pid: number): boolean {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1]
      return inode === undefined ? [] : [inode]
    }),
  )
  return ['net/tcp', 'net/tcp6'].some((table) =>
    procFile(pid, table)
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .some((fields) => fields[3] === '0A' && own.has(fields[9] ?? '')),
  )
}

describeOnLinux('SIGUSR1 opens no inspector', () => {
  test('in the gateway, and not in a resolver', async () => {
    const vend = vendWorld({ key: 'fake-value' })
    const gateway = start(vend.world, [
      'run',
      '--config',
      vend.world.config,
      '--',
      '/bin/sleep',
      '60',
    ])
    await untilAsked(vend)
    const resolver = resolverOf(gateway.pid)?.pid ?? 0
    for (const pid of [gateway.pid, resolver]) {
      process.kill(pid, 'SIGUSR1')
      // Long enough for Node to have opened one: it takes some ten milliseconds.
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(isAlive(pid) && listens(pid)).toBe(false)
    }
    expect(gateway.soFar().err).not.toContain('Debugger')
    letGo(vend)
  })
})
