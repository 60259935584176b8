/** Signals without a terminal: each that is sent to the gateway alone reaches the agent once. */
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CATCHABLE } from './catchable.ts'
import {
  configOf,
  descendantsOf,
  eventsOf,
  isAlive,
  describeOnLinux,
  makeWorld,
  recordsOf,
  start,
  until,
  type Running,
  type World,
} from './support.ts'

const AGENT = join(import.meta.dirname, 'agent.ts')
/** A session of its own, and so no terminal, whatever the tests were started from. */
const ALONE = ['setsid']

function withOneSecret(): World {
  return makeWorld({ config: configOf(['k']), secrets: { k: 'fake-value-k' } })
}

function startAgent(world: World, ...words: string[]): Running {
  const args = ['run', '--config', world.config, '--', process.execPath, AGENT, ...words]
  return start(world, args, { through: ALONE })
}

function pidIn(running: Running, word: 'ready' | 'child'): number {
  return Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(running.soFar().out)?.[1])
}

describeOnLinux('without a terminal', () => {
  test('every signal that can be caught reaches the agent exactly once', async () => {
    const running = startAgent(withOneSecret())
    await running.says(/^ready/m)
    for (const signal of CATCHABLE) {
      process.kill(running.pid, signal)
      await running.says(new RegExp(`^got ${signal} 1$`, 'm'))
    }
    process.kill(running.pid, 'SIGTERM')
    const { code, out } = await running.ended
    expect(code).toBe(0)
    const got = out.split('\n').filter((line) => line.startsWith('got'))
    expect(got).toEqual([...CATCHABLE, 'SIGTERM'].map((signal) => `got ${signal} 1`))
  })

  test('none is left out but those that no handler may see, or that are not for a program', () => {
    const numbers = new Set(CATCHABLE.map((signal) => constants.signals[signal]))
    const rest = Object.entries(constants.signals)
      .filter(([, number]) => !numbers.has(number))
      .map(([name]) => name)
    expect(rest.toSorted()).toEqual([
      'SIGBUS',
      'SIGCHLD',
      'SIGFPE',
      'SIGILL',
      'SIGKILL',
      'SIGPIPE',
      'SIGSEGV',
      'SIGSTOP',
      'SIGTERM',
      'SIGXFSZ',
    ])
  })

  test('the agent has a session of its own, and a signal to our group reaches it through us once', async () => {
    const running = startAgent(withOneSecret())
    await running.says(/^ready/m)
    process.kill(-running.pid, 'SIGINT')
    await running.says(/^got SIGINT 1$/m)
    process.kill(running.pid, 'SIGTERM')
    expect((await running.ended).out).not.toContain('SIGINT 2')
  })

  test('timeout(1) tells us twice in a row: the agent is asked to end once, and not killed', async () => {
    const running = startAgent(withOneSecret(), 'slow')
    await running.says(/^ready/m)
    process.kill(running.pid, 'SIGTERM')
    // Later than together: the kernel would make one of the two.
    await running.says(/^got SIGTERM 1$/m)
    process.kill(-running.pid, 'SIGTERM')
    const { code, signal, out } = await running.ended
    expect({ code, signal }).toEqual({ code: 0, signal: null })
    expect(out.match(/got SIGTERM/g)).toHaveLength(1)
  })

  test('a second TERM kills the agent and its children', async () => {
    const running = startAgent(withOneSecret(), 'deaf')
    await running.says(/^ready/m)
    const pids = [pidIn(running, 'ready'), pidIn(running, 'child')]
    for (const { pid } of descendantsOf(pidIn(running, 'child'))) pids.push(pid)
    process.kill(running.pid, 'SIGTERM')
    await running.says(/^got SIGTERM 1$/m)
    expect(pids.every(isAlive)).toBe(true)
    // Sooner it would be taken for the same request.
    await pause(250)
    process.kill(running.pid, 'SIGTERM')
    const { signal } = await running.ended
    expect(signal).toBe('SIGKILL')
    await until('all gone', () => !pids.some(isAlive))
    expect(pids.length).toBeGreaterThanOrEqual(2)
  })

  test('a signal that comes during the start waits for the agent', async () => {
    const world = slowWorld('1')
    const running = start(world, ['run', '--config', world.config, '--', '/bin/sleep', '600'], {
      through: ALONE,
    })
    await until('asked', () => readPid(world, 'asked'))
    process.kill(running.pid, 'SIGUSR1')
    const { signal } = await running.ended
    expect(signal).toBe('SIGUSR1')
    expect(recordsOf(world).at(-1)).toMatchObject({
      event: 'run.ended',
      exit: { signal: 'SIGUSR1' },
    })
  })
})

/** A provider that takes its time, and then answers. */
function slowWorld(seconds: string): World {
  const world = makeWorld()
  const provider = world.write(
    'provider.sh',
    `#!/bin/sh
cat >/dev/null
echo $$ >${world.dir}/asked
sleep ${seconds} &
wait
printf '{"protocolVersion":1,"values":{"k":"fake-value-k"}}'
`,
    0o700,
  )
  world.writeConfig(
    configOf(['k'], {}, { slow: { type: 'exec', command: provider, timeoutMs: 20_000 } }),
  )
  return world
}

describeOnLinux('a signal while the credentials are fetched', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends the start at once, nothing is started, and the log says so',
    async (signal) => {
      const world = slowWorld('600')
      const args = ['run', '--config', world.config, '--', '/bin/sh', '-c', 'echo started']
      const running = start(world, args, { through: ALONE })
      const provider = await until('asked', () => readPid(world, 'asked'))
      process.kill(running.pid, signal)
      const ended = await running.ended
      expect({ code: ended.code, signal: ended.signal, out: ended.out }).toEqual({
        code: null,
        signal,
        out: '',
      })
      const [failed, ...rest] = recordsOf(world).filter(({ event }) => event === 'grant.failed')
      expect(failed).toMatchObject({ agent: 'a', ref: 'k', reason: 'start-abandoned' })
      expect(rest).toEqual([])
      expect(eventsOf(world)).not.toContain('grant.released')
      await until('the provider is gone', () => !isAlive(provider))
    },
  )

  test('QUIT ends it too, by exit code, so that no core is dumped', async () => {
    const world = slowWorld('600')
    const running = start(world, ['run', '--config', world.config, '--', '/bin/true'], {
      through: ALONE,
    })
    await until('asked', () => readPid(world, 'asked'))
    process.kill(running.pid, 'SIGQUIT')
    expect((await running.ended).code).toBe(131)
  })
})

function readPid(world: World, name: string): number | undefined {
  const file = join(world.dir, name)
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined
}
