/** How `run` and `gateway run` end: as the command itself would, seen from outside and over real shells. */
import { readdirSync } from 'node:fs'
import { constants } from 'node:os'
import { describe, expect, test } from 'vitest'
import {
  CLI,
  configOf,
  describeOnLinux,
  makeWorld,
  recordsOf,
  run,
  runAgent,
  type World,
} from './support.ts'

function withOneSecret(): World {
  return makeWorld({ config: configOf(['k']), secrets: { k: 'fake-value-k' } })
}

/** Words before `-- cmd`, one way to start an agent each. */
const WAYS = [
  ['run', (world: World) => ['run', '--config', world.config, '--agent', 'a', '--']],
  ['gateway run', (world: World) => ['gateway', 'run', '--config', world.config, '--']],
] as const

/** Where shells, signals and our own codes begin and end; `test/gateway/ending.test.ts` has the rest. */
const CODES = [
  0, 1, 2, 63, 64, 124, 125, 126, 127, 128, 129, 130, 137, 143, 159, 160, 192, 254, 255,
]

describe('exit codes', () => {
  for (const [way, words] of WAYS) {
    test(`pass through ${way} unchanged, and into the log`, async () => {
      const world = withOneSecret()
      const seen = []
      for (const code of CODES) {
        seen.push((await run(world, [...words(world), '/bin/sh', '-c', `exit ${code}`])).code)
      }
      expect(seen).toEqual(CODES)
      const exits = recordsOf(world).flatMap(({ event, exit }) =>
        event === 'run.ended' ? [exit?.code] : [],
      )
      expect(exits).toEqual(CODES)
    }, 60_000)
  }
})

/** The default action of these writes a core (signal(7)). */
const CORE = [
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGSYS',
] as const
const PLAIN = [
  'SIGTERM',
  'SIGINT',
  'SIGKILL',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
] as const

describeOnLinux('an agent that a signal ends: we end', () => {
  for (const [way, words] of WAYS) {
    test(`${way}: by the same signal`, async () => {
      const world = withOneSecret()
      for (const name of PLAIN) {
        const kill = `kill -${constants.signals[name]} $$`
        const { code, signal } = await run(world, [...words(world), '/bin/sh', '-c', kill])
        expect({ code, signal }).toEqual({ code: null, signal: name })
        expect(recordsOf(world).at(-1)).toMatchObject({
          event: 'run.ended',
          exit: { signal: name },
        })
      }
    })
  }

  test('by 128+n where the signal would dump a core, and dump none', async () => {
    const world = withOneSecret()
    // The limit is lifted for us; the agent takes it back for itself alone.
    const through = ['/bin/sh', '-c', 'ulimit -c unlimited && exec "$@"', 'sh']
    for (const name of CORE) {
      const number = constants.signals[name]
      const kill = `ulimit -c 0; kill -${number} $$`
      const { code, signal } = await runAgent(world, ['/bin/sh', '-c', kill], { through })
      expect({ name, code, signal }).toEqual({ name, code: 128 + number, signal: null })
    }
    expect(readdirSync(world.dir).filter((file) => file.startsWith('core'))).toEqual([])
  })

  test.each(['dash', 'bash'])('%s shows 128+n for either kind', async (shell) => {
    const world = withOneSecret()
    const script = `for n in 15 2 9 3 11; do "$@" -- /bin/sh -c "ulimit -c 0; kill -$n \\$\\$"; echo $n $?; done 2>/dev/null`
    const through = [shell, '-c', script, 'sh']
    const { out } = await run(world, ['run', '--config', world.config], { through })
    expect(out).toBe('15 143\n2 130\n9 137\n3 131\n11 139\n')
  })
})

describe('before an agent runs', () => {
  for (const [way, words] of WAYS) {
    test(`${way}: 127 where the command is not there, 126 where it cannot be executed`, async () => {
      const world = withOneSecret()
      const file = world.write('not-executable', '#!/bin/sh\n', 0o600)
      const codes = []
      for (const command of ['no-such-command', './no/such/path', file, world.dir]) {
        const { code, err } = await run(world, [...words(world), command])
        codes.push([code, /\[(\w+)\]/.exec(err)?.[1]])
      }
      expect(codes).toEqual([
        [127, 'COMMAND_NOT_FOUND'],
        [127, 'COMMAND_NOT_FOUND'],
        [126, 'COMMAND_NOT_EXECUTABLE'],
        [126, 'COMMAND_NOT_EXECUTABLE'],
      ])
      // Found out before anybody was asked for a secret.
      expect(recordsOf(world)).toEqual([])
    })
  }

  test.each<[string, string[], string]>([
    ['an unknown option', ['run', '--agnet', 'a', '--', 'true'], 'USAGE'],
    ['an option without its value', ['run', '--agent'], 'USAGE'],
    ['no command after --', ['run', '--agent', 'a', '--'], 'USAGE'],
    ['a command without --', ['run', '--agent', 'a', 'true'], 'USAGE'],
    ['no command at all', ['run', '--agent', 'a'], 'USAGE'],
    ['an unknown agent', ['run', '--agent', 'b', '--', 'true'], 'AGENT_UNKNOWN'],
    ['an unknown environment', ['run', '--environment', 'x', '--', 'true'], 'ENVIRONMENT_UNKNOWN'],
    ['a ref that is not bound', ['run', '--secrets-ref', 'x', '--', 'true'], 'REF_NOT_BOUND'],
    ['a log level that is none', ['gateway', 'run', '--log-level', 'x', '--', 'true'], 'USAGE'],
    ['a schedule that is none', ['gateway', 'run', '--schedule', 'x', '--', 'true'], 'USAGE'],
    [
      'a zone that is none',
      ['gateway', 'run', '--schedule', '* * * * *', '--timezone', 'X/Y', '--', 'true'],
      'USAGE',
    ],
    ['a zone without a schedule', ['gateway', 'run', '--timezone', 'UTC', '--', 'true'], 'USAGE'],
  ])('125 for %s', async (_, args, expected) => {
    const world = withOneSecret()
    const { code, err, out } = await run(world, args, { env: { SECRETREF_CONFIG: world.config } })
    expect({ code, out, error: /\[(\w+)\]/.exec(err)?.[1] }).toEqual({
      code: 125,
      out: '',
      error: expected,
    })
  })

  test('125 where the config is not there, where a secret is missing, where the log cannot be written', async () => {
    const world = withOneSecret()
    expect((await run(world, ['run', '--config', 'none.json', '--', 'true'])).code).toBe(125)
    world.writeSecrets({ other: 'fake-value-other' })
    expect(await runAgent(world, ['/bin/echo', 'started'])).toMatchObject({ code: 125, out: '' })
    const blocked = withOneSecret()
    const env = { SECRETREF_HOME: blocked.config }
    expect(await runAgent(blocked, ['/bin/echo', 'started'], { env })).toMatchObject({
      code: 125,
      out: '',
    })
  })

  test('a Node that is too old says so in one sentence', async () => {
    const world = withOneSecret()
    const old = world.write(
      'old-node.cjs',
      `Object.defineProperty(process.versions, 'node', { value: '20.20.0' }); process.argv.splice(1, 1); require(${JSON.stringify(CLI)})`,
    )
    const through = [process.execPath, old]
    const { code, err } = await run(world, ['run', '--', 'true'], { through })
    expect(code).toBe(125)
    expect(err).toMatch(/^secretref: needs Node 24 or newer, and this is Node 20\.20\.0; [^\n]+\n$/)
  })
})
