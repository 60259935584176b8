/** What the agent finds as its caller left it: streams, ignored signals, limits, folder. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  configOf,
  describeOnLinux,
  makeWorld,
  run,
  ROOT,
  runAgent,
  start,
  type Ended,
  type Running,
  until,
  type World,
} from './support.ts'

const AGENT = join(import.meta.dirname, 'agent.ts')
/** The wrapper that comes with a clone: it notes for Node what Node itself forgets. */
const BIN = join(ROOT, 'bin/secretref')

function withOneSecret(): World {
  return makeWorld({ config: configOf(['k']), secrets: { k: 'fake-value-k' } })
}

/** `bin/secretref run` of a command, as the `"$@"` of a script of this shell. */
function startIn(world: World, shell: string, script: string, command: readonly string[]): Running {
  // What `start` puts first, Node and the command line's file, is the wrapper's own affair.
  const whole = `shift 2; set -- '${BIN}' "$@"; ${script}`
  const args = ['run', '--config', world.config, '--', ...command]
  return start(world, args, { through: [shell, '-c', whole, shell], stdin: 'pipe' })
}

function runIn(
  world: World,
  shell: string,
  script: string,
  command: readonly string[],
): Promise<Ended> {
  return startIn(world, shell, script, command).ended
}

describe('streams', () => {
  const big = randomBytes(10 * 1024 * 1024)

  test('10 MB through stdin and stdout arrive whole', async () => {
    const world = withOneSecret()
    const { code, stdout } = await runAgent(world, ['/bin/cat'], { stdin: big })
    expect(code).toBe(0)
    expect(stdout.equals(big)).toBe(true)
  })

  test('also where stderr and stdout are one pipe, we write to it too, and its reader is slow', async () => {
    const world = withOneSecret()
    const file = world.write('big', big)
    // Every write of the agent must succeed: dd gives up at the first EAGAIN.
    const agent = [
      '/bin/sh',
      '-c',
      `dd if="${file}" bs=1M 2>/dev/null && dd if="${file}" bs=1M >&2 2>/dev/null`,
    ]
    const script = `{ "$@"; echo "code=$?" >&3; } 2>&1 | { sleep 0.3; sha256sum | cut -c 1-64; }`
    const through = ['/bin/sh', '-c', `exec 3>&2; ${script}`, 'sh']
    const args = [
      'gateway',
      'run',
      '--config',
      world.config,
      '--log-level',
      'error',
      '--',
      ...agent,
    ]
    const { out, err } = await run(world, args, { through })
    expect(err).toBe('code=0\n')
    expect(out.trim()).toBe(createHash('sha256').update(big).update(big).digest('hex'))
  })

  test('stdin stays unread where the agent does not read it', async () => {
    const world = withOneSecret()
    const through = ['/bin/sh', '-c', 'printf "first\\nsecond\\n" | { "$@"; cat; }', 'sh']
    const args = [
      'run',
      '--config',
      world.config,
      '--',
      '/bin/sh',
      '-c',
      'read -r line; echo "agent: $line"',
    ]
    const { out } = await run(world, args, { through })
    expect(out).toBe('agent: first\nsecond\n')
  })

  test('closed ones do not stop it', async () => {
    const world = withOneSecret()
    const file = join(world.dir, 'ran')
    const through = ['/bin/sh', '-c', '"$@" <&- >&- 2>&-; echo "code=$?"', 'sh']
    const args = [
      'run',
      '--config',
      world.config,
      '--',
      '/bin/sh',
      '-c',
      `echo yes >${file}; exit 5`,
    ]
    const { out } = await run(world, args, { through })
    expect(out).toBe('code=5\n')
  })
})

describeOnLinux('limits and folder', () => {
  const SHOW = 'ulimit -S -n; umask; cat /proc/self/coredump_filter; pwd -P'
  const SET = 'ulimit -S -n 700; umask 0027; echo 0x33 >/proc/self/coredump_filter'

  test('of the caller, started directly', async () => {
    const world = withOneSecret()
    const through = ['/bin/sh', '-c', `${SET}; "$@"; exit $?`, 'sh']
    const { out } = await runAgent(world, ['/bin/sh', '-c', SHOW], { through })
    expect(out).toBe(`700\n0027\n00000033\n${world.dir}\n`)
  })

  test('of the caller, which became the wrapper and then Node', async () => {
    const world = withOneSecret()
    const { out } = await runIn(world, '/bin/sh', `${SET}; exec "$@"`, ['/bin/sh', '-c', SHOW])
    expect(out).toBe(`700\n0027\n00000033\n${world.dir}\n`)
  })
})

describeOnLinux('descriptors', () => {
  const OPEN = 'exec 20</etc/passwd; exec bash -c \'exec 250</etc/passwd; exec "$@"\' bash "$@"'
  /** The numbers of those that a shell script's process has of that file. */
  const LIST = 'ls -l /proc/$$/fd | grep -c /etc/passwd'

  test('of the caller reach neither the agent, nor the resolver, nor a program of it', async () => {
    const world = makeWorld()
    const answer = JSON.stringify({ protocolVersion: 1, values: { k: 'fake-value-k' } })
    // A shell's own list, its parent's (the resolver's) after it, each as a count.
    const list = `${LIST}; ls -l /proc/$PPID/fd | grep -c /etc/passwd`
    const seen = join(world.dir, 'seen')
    const command = world.write(
      'program',
      `#!/bin/sh\n{ ${list}; } >'${seen}'\necho '${answer}'\n`,
      0o700,
    )
    world.writeConfig(configOf(['k'], {}, { exec: { command } }))
    const through = ['bash', '-c', OPEN, 'bash']
    const ended = await runAgent(world, ['/bin/sh', '-c', `${list}; echo "$K"`], { through })
    // The agent's parent is the gateway.
    expect(ended).toMatchObject({ code: 0, out: '0\n0\nfake-value-k\n' })
    expect(readFileSync(seen, 'utf8')).toBe('0\n0\n')
  })

  test('of Node itself all close on exec, so that none is taken for the caller’s', async () => {
    const script = `
      const { readdirSync, readFileSync, writeSync } = require('node:fs')
      const kept = readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return fd > 2 && !/^flags:\\s+0?2/m.test(readFileSync('/proc/self/fdinfo/' + fd, 'latin1'))
        } catch { return false }
      })
      writeSync(1, JSON.stringify(kept))`
    // Above 2 everything is closed first.
    const close = 'for fd in /proc/$$/fd/*; do n=${fd##*/}; [ $n -gt 2 ] && eval "exec $n>&-"; done'
    const through = ['bash', '-c', `${close}; exec "$1" -e "$0"`, script]
    const { out } = await start(makeWorld(), [], { through }).ended
    expect(out).toBe('[]')
  })
})

/** The mask of ignored signals of the agent, as a number. */
const SHOW_IGNORED = ['/bin/grep', 'SigIgn', '/proc/self/status']

function maskIn(out: string): number {
  return Number.parseInt(/SigIgn:\s+([0-9a-f]+)/.exec(out)?.[1] ?? 'none', 16)
}

const HUP = 1
const INT_QUIT = 2 + 4

describeOnLinux('ignored signals', () => {
  test.each(['dash', 'bash'])('none, from %s', async (shell) => {
    const { out } = await runIn(withOneSecret(), shell, 'exec "$@"', SHOW_IGNORED)
    expect(maskIn(out)).toBe(0)
  })

  test.each(['dash', 'bash'])('HUP under nohup, from %s', async (shell) => {
    const { out } = await runIn(withOneSecret(), shell, 'nohup "$@"', SHOW_IGNORED)
    expect(maskIn(out)).toBe(HUP)
  })

  test.each(['dash', 'bash'])('INT and QUIT in the background of %s', async (shell) => {
    const { out } = await runIn(withOneSecret(), shell, '"$@" & wait', SHOW_IGNORED)
    expect(maskIn(out)).toBe(INT_QUIT)
  })

  test('several, PIPE and USR1 among them', async () => {
    const mask = (1 << 12) + (1 << 9) + HUP
    const script = `trap '' 1 10 13; exec "$@"`
    const { out } = await runIn(withOneSecret(), 'bash', script, SHOW_IGNORED)
    expect(maskIn(out)).toBe(mask)
  })

  test('they do not end us, and reach an agent that handles them all the same', async () => {
    const world = withOneSecret()
    const running = startIn(world, 'bash', 'exec setsid nohup "$@"', [process.execPath, AGENT])
    await running.says(/^ready/m)
    process.kill(running.pid, 'SIGHUP')
    await running.says(/^got SIGHUP 1$/m)
    process.kill(running.pid, 'SIGTERM')
    expect(await running.ended).toMatchObject({ code: 0, signal: null })
  })

  test('nor do they end a start that is under way', async () => {
    const world = makeWorld()
    const [asked, go] = [join(world.dir, 'asked'), join(world.dir, 'go')]
    const program = world.write(
      'provider.sh',
      `#!/bin/sh
touch '${asked}'
while ! [ -e '${go}' ]; do sleep 0.02; done
printf '{"protocolVersion":1,"values":{"k":"fake-value-k"}}'
`,
      0o700,
    )
    world.writeConfig(
      configOf(['k'], {}, { slow: { type: 'exec', command: program, timeoutMs: 20_000 } }),
    )
    const running = startIn(world, 'bash', 'exec setsid nohup "$@"', ['/bin/echo', 'started'])
    await until('asked', () => existsSync(asked))
    process.kill(running.pid, 'SIGHUP')
    world.write('go', '')
    expect(await running.ended).toMatchObject({ code: 0, signal: null, out: 'started\n' })
  })

  test('nor does HUP end a gateway that serves several: it is asked to reload', async () => {
    const world = withOneSecret()
    const command = [process.execPath, AGENT]
    world.writeConfig(configOf(['k'], { command, restart: 'on-failure' }))
    const whole = `shift 2; exec setsid nohup '${BIN}' "$@"`
    const args = ['gateway', 'run', '--config', world.config]
    const running = start(world, args, { through: ['bash', '-c', whole, 'bash'], stdin: 'pipe' })
    await running.says(/^ready/m)
    process.kill(running.pid, 'SIGHUP')
    await until('the reload', () => running.soFar().err.includes('it has not changed'))
    process.kill(running.pid, 'SIGTERM')
    const { signal, out } = await running.ended
    expect(signal).toBe('SIGTERM')
    expect(out).not.toContain('got SIGHUP')
  })
})
