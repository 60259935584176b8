/** Surroundings that try to run code in the value wing, or to be handed what is not theirs. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { skipLoudly } from '../values/loud.ts'
import {
  configOf,
  descendantsOf,
  describeOnLinux,
  environment,
  isAlive,
  makeWorld,
  PRINT_ENVIRONMENT,
  procFile,
  resolverOf,
  run,
  runAgent,
  start,
  until,
  watcherOf,
  type World,
} from './support.ts'
import { callsIn, needStrace, tracing } from './trace.ts'
import { letGo, untilAsked, vendWorld } from './vend.ts'

/** An agent with both kinds of delivery, and a provider of each kind that runs here. */
function richWorld(): World {
  const world = makeWorld({ secrets: { key: 'fake-value-by-env', filed: 'fake-value-by-file' } })
  const answer = JSON.stringify({ protocolVersion: 1, values: { vended: 'fake-value-by-exec' } })
  const program = world.write('program', `#!/bin/sh\necho '${answer}'\n`, 0o700)
  const config = configOf(
    ['key', 'vended', { secretRef: 'filed', delivery: 'file' }],
    {},
    {
      file: {},
      exec: { command: program },
    },
  )
  const refMap = { vended: { provider: 'exec' } }
  world.writeConfig({
    ...config,
    openclaw: { gateway: { secrets: { 'active-provider': 'file', refMap } } },
  })
  return world
}

function linesIn(file: string): string[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

const RESOLVER = /\/resolver(?:\.cjs|\/main\.ts)/
const LAUNCHER = /^\/bin\/sh -s --/
const WATCHER = /secretref-watcher/

function expectNoneOfOurs(lines: readonly string[]): void {
  for (const ours of [RESOLVER, LAUNCHER, WATCHER, /\/program/]) {
    expect(lines.filter((line) => ours.test(line))).toEqual([])
  }
}

describeOnLinux('code that comes with the environment', () => {
  test('NODE_OPTIONS runs in the caller’s gateway and agent, and in no process of the value wing', async () => {
    const world = richWorld()
    const marker = join(world.dir, 'marker')
    const hook = world.write(
      'hook.cjs',
      `require('node:fs').appendFileSync(${JSON.stringify(marker)}, process.argv.join(' ') + '\\n')`,
    )
    const env = { NODE_OPTIONS: `--require ${hook}` }
    const agent = [process.execPath, '-e', 'console.log(process.env.KEY)', 'the-agent']
    const ended = await runAgent(world, agent, { env })
    expect(ended.out).toBe('fake-value-by-env\n')
    // It does run where it may; else its absence elsewhere shows nothing.
    expect(linesIn(marker).some((line) => line.includes('the-agent'))).toBe(true)
    expectNoneOfOurs(linesIn(marker))

    writeFileSync(marker, '')
    const line = ['run', '--pristine', '--config', world.config, '--agent', 'a', '--', ...agent]
    expect((await run(world, line, { env })).out).toBe('fake-value-by-env\n')
    expect(linesIn(marker).filter((text) => !text.includes('--pristine'))).toEqual([])
    expect(linesIn(marker).length).toBeLessThan(2)

    writeFileSync(marker, '')
    const set = ['secrets', 'set', 'key', '--config', world.config]
    const stored = await run(world, set, { env, stdin: Buffer.from('fake-value-anew') })
    expect(stored.code).toBe(0)
    expect(linesIn(marker).filter((text) => /setter/.test(text))).toEqual([])
  })

  test('LD_PRELOAD is loaded by the agent, and by no process of the value wing', async (context) => {
    const world = richWorld()
    const marker = join(world.dir, 'marker')
    const source = world.write(
      'preload.c',
      `#include <fcntl.h>
       #include <unistd.h>
       __attribute__((constructor)) static void mark(void) {
         char text[65536];
         int in = open("/proc/self/cmdline", O_RDONLY);
         int out = open("${marker}", O_WRONLY | O_CREAT | O_APPEND, 0600);
         ssize_t n = read(in, text, sizeof text - 1);
         for (ssize_t i = 0; i < n; i++) if (text[i] == 0 || text[i] == '\\n') text[i] = ' ';
         if (n > 0) { text[n++] = '\\n'; if (write(out, text, n)) {} }
         close(in); close(out);
       }`,
    )
    const library = join(world.dir, 'preload.so')
    const cc = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source])
    if (cc.status !== 0) skipLoudly(context, 'LD_PRELOAD', 'no C compiler here')
    const ended = await runAgent(world, ['/bin/echo', 'the-agent'], {
      env: { LD_PRELOAD: library },
    })
    expect(ended.out).toBe('the-agent\n')
    expect(linesIn(marker)).toContain('/bin/echo the-agent ')
    expectNoneOfOurs(linesIn(marker))
  })

  test('start files of shells and exported functions do not reach a shell of ours', async () => {
    const world = richWorld()
    const marker = join(world.dir, 'marker')
    const mark = `printf '%s\\n' "$(tr '\\0' ' ' </proc/$$/cmdline)" >>'${marker}'`
    const file = world.write('start.sh', `${mark}\n`)
    const body = `() { ${mark}; }`
    const env = {
      ENV: file,
      BASH_ENV: file,
      ...Object.fromEntries(
        ['cat', 'exec', 'export', 'trap', 'read', 'kill', 'ulimit'].map((name) => [
          `BASH_FUNC_${name}%%`,
          body,
        ]),
      ),
      SHELLOPTS: 'xtrace',
      PS4: `$(${mark})`,
    }
    const ended = await runAgent(world, PRINT_ENVIRONMENT, { env })
    expect(ended.err).toBe('')
    expect(environment(ended.stdout).get('KEY')?.toString()).toBe('fake-value-by-env')
    for (const name of environment(ended.stdout).keys()) expect(name).not.toContain('BASH_FUNC')
    expect(linesIn(marker)).toEqual([])
  })

  test('programs of the same name in PATH are not ours', async () => {
    const world = richWorld()
    const marker = join(world.dir, 'marker')
    for (const name of ['sh', 'bash', 'cat', 'node', 'rm', 'env', 'kill', 'stty', 'mkdir', 'ps']) {
      world.write(`bin/${name}`, `#!/bin/sh\necho "$0 $*" >>'${marker}'\n`, 0o755)
    }
    const env = { PATH: [join(world.dir, 'bin'), world.env['PATH']].join(delimiter) }
    const ended = await runAgent(world, PRINT_ENVIRONMENT, { env })
    expect(environment(ended.stdout).get('KEY')?.toString()).toBe('fake-value-by-env')
    // The watcher at work: it ends the agent and removes the folder.
    const gateway = start(
      world,
      ['run', '--config', world.config, '--', '/bin/sh', '-c', 'echo "$FILED_FILE"; exec sleep 60'],
      { env },
    )
    await gateway.says(/\n/)
    const folder = dirname(gateway.soFar().out.trim())
    expect(existsSync(folder)).toBe(true)
    gateway.child.kill('SIGKILL')
    await until('the folder has gone', () => !existsSync(folder))
    expect(linesIn(marker)).toEqual([])
  })
})

describeOnLinux('what a process of the value wing is started with', () => {
  test('resolver, launcher, watcher and program get no variable of the caller', async (context) => {
    needStrace(context, 'empty environments')
    const world = richWorld()
    const trace = join(world.dir, 'trace')
    const env = { CALLERS_OWN: 'fake-value-of-the-caller' }
    const through = [...tracing(trace, ['execve']), '/usr/bin/env', '--']
    // `-v` prints each environment in full.
    through.splice(1, 0, '-v')
    const ended = await runAgent(world, ['/bin/echo', 'the-agent'], { env, through })
    expect(ended.out).toBe('the-agent\n')
    const started = callsIn(trace).filter(({ name, result }) => name === 'execve' && result === '0')
    const startedAs = (pattern: RegExp): string[] =>
      started.map(({ args }) => args).filter((args) => pattern.test(args))
    expect(startedAs(/"the-agent"\], \[.*CALLERS_OWN/)).not.toEqual([])
    for (const ours of [
      /^\("[^"]*\/node", \[[^\]]*\/resolver[^\]]*\], \[\]\)/,
      /^\("\/bin\/sh", \["\/bin\/sh", "-s", "--"[^\]]*\], \[\]\)/,
      /^\("\/bin\/sh", \["\/bin\/sh", "-c".*"secretref-watcher", [^\]]*\], \[\]\)/s,
      /^\("[^"]*\/program", \[[^\]]*\], \[\]\)/,
    ]) {
      expect(startedAs(ours)).toHaveLength(1)
    }
  }, 60_000)

  test('nothing of it stands in /proc, and none of it goes into a core dump', async () => {
    const vend = vendWorld({ key: 'fake-value' })
    const { world } = vend
    const show = ['/bin/cat', '/proc/self/coredump_filter']
    const line = ['run', '--config', world.config, '--', ...show]
    const gateway = start(world, line, { env: { CALLERS_OWN: 'fake-value-of-the-caller' } })
    await untilAsked(vend)
    const processes = [
      resolverOf(gateway.pid),
      watcherOf(gateway.pid),
      descendantsOf(gateway.pid).find(({ argv }) => argv.includes(join(world.dir, 'program'))),
    ]
    for (const found of processes) {
      expect(found?.argv.join(' ')).not.toContain('fake-value')
      expect(procFile(found?.pid ?? 0, 'environ')).not.toContain('fake-value')
      expect(isAlive(found?.pid ?? 0)).toBe(true)
    }
    const filters = processes.map((found) => procFile(found?.pid ?? 0, 'coredump_filter').trim())
    const own = readFileSync('/proc/self/coredump_filter', 'utf8')
    expect(filters).toEqual(['00000000', own.trim(), '00000000'])
    letGo(vend)
    expect((await gateway.ended).out).toBe(own)
  })

  test('the program of an exec provider and the agent have no descriptor of ours', async () => {
    const world = makeWorld()
    const list = 'for fd in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$fd ] && echo "has $fd"; done'
    const seen = join(world.dir, 'seen')
    const answer = JSON.stringify({ protocolVersion: 1, values: { key: 'fake-value' } })
    const program = world.write(
      'program',
      `#!/bin/sh\n{ ${list}; echo seen; } >'${seen}'\necho '${answer}'\n`,
      0o700,
    )
    world.writeConfig(configOf(['key'], {}, { exec: { command: program } }))
    const ended = await runAgent(world, ['/bin/sh', '-c', `${list}; echo "$KEY"`])
    expect(ended.out).toBe('fake-value\n')
    expect(readFileSync(seen, 'utf8')).toBe('seen\n')
  })
})

describeOnLinux('a place for files that is not ours', () => {
  test.each(['open to others', 'a link'])(
    'XDG_RUNTIME_DIR is not used where it is %s',
    async (how) => {
      const world = richWorld()
      const place = join(world.dir, 'runtime')
      const target = join(world.dir, 'target')
      mkdirSync(target, { mode: 0o700 })
      if (how === 'a link') symlinkSync(target, place)
      else mkdirSync(place, { mode: 0o777 })
      const agent = ['/bin/sh', '-c', 'echo "$FILED_FILE"']
      const ended = await runAgent(world, agent, { env: { XDG_RUNTIME_DIR: place } })
      expect(ended.code).toBe(0)
      expect(ended.out).not.toContain(world.dir)
    },
  )
})
