/** On a terminal: what its keys do, what else is sent, job control, and the end of it. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { loudly } from '../values/loud.ts'
import {
  CLI,
  configOf,
  descendantsOf,
  eventsOf,
  isAlive,
  isLinux,
  makeWorld,
  procFile,
  start,
  until,
  type Running,
  type World,
} from './support.ts'
import { hasTerminal, onTerminal } from './terminal.ts'

const AGENT = join(import.meta.dirname, 'agent.ts')
const CTRL = { C: '\u0003', D: '\u0004', Z: '\u001A', BACKSLASH: '\u001C' } as const

const possible = isLinux && hasTerminal
beforeAll(() => {
  if (!possible) loudly('terminal', 'needs Linux and python3')
})

function withOneSecret(): World {
  return makeWorld({ config: configOf(['k']), secrets: { k: 'fake-value-k' } })
}

/** Our own words, run by no shell: we lead the session of the terminal. */
function alone(world: World, command: readonly string[]): Running {
  const args = ['run', '--config', world.config, '--', ...command]
  return start(world, args, { through: onTerminal, stdin: 'pipe' })
}

/** An interactive bash that waits for lines. */
async function shell(world: World): Promise<Running> {
  const words = ['sh', '-c', 'exec bash --norc --noprofile -i', 'shell']
  const running = start(world, [], {
    through: [...onTerminal, ...words],
    stdin: 'pipe',
    env: { TERM: 'dumb', PS1: 'prompt> ' },
  })
  await running.says(/prompt> /)
  return running
}

/** As a line for that shell. */
function lineFor(world: World, command: readonly string[]): string {
  const words = [process.execPath, CLI, 'run', '--config', world.config, '--', ...command]
  return `${words.map((word) => `'${word}'`).join(' ')}\n`
}

function type(running: Running, keys: string): void {
  running.child.stdin?.write(keys)
}

/** The process that an agent's parent is: the gateway. */
function gatewayOf(agent: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(procFile(agent, 'status'))?.[1])
}

function readyPid(running: Running): number {
  return Number(/^ready (\d+)/m.exec(running.soFar().out)?.[1])
}

function stateOf(pid: number): string | undefined {
  return /^State:\s+(\S)/m.exec(procFile(pid, 'status'))?.[1]
}

/** Resizes the window of the terminal that this process is on; the kernel then tells its foreground. */
function resize(pid: number): void {
  const { status } = spawnSync('stty', ['-F', readlinkSync(`/proc/${pid}/fd/0`), 'rows', '33'])
  expect(status).toBe(0)
}

describe.runIf(possible)('each signal reaches the agent exactly once', () => {
  const starts = [
    ['where we lead the session', (world: World) => alone(world, [process.execPath, AGENT])],
    [
      'as a job of a shell',
      async (world: World) => {
        const running = await shell(world)
        type(running, lineFor(world, [process.execPath, AGENT]))
        return running
      },
    ],
  ] as const

  test.each(starts)('%s', async (_, begin) => {
    const running = await begin(withOneSecret())
    await running.says(/^ready \d+/m)
    const agent = readyPid(running)
    const gateway = gatewayOf(agent)
    const got: string[] = []
    const expectOne = async (signal: string): Promise<void> => {
      got.push(`got ${signal} 1`)
      await running.says(new RegExp(`got ${signal} 1\\r`))
    }
    // From the terminal, to the whole group.
    type(running, CTRL.C)
    await expectOne('SIGINT')
    type(running, CTRL.BACKSLASH)
    await expectOne('SIGQUIT')
    resize(agent)
    await expectOne('SIGWINCH')
    // To the gateway alone.
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGTERM'] as const) {
      process.kill(gateway, signal)
      await expectOne(signal)
    }
    await until('the gateway has ended', () => !isAlive(gateway))
    expect(running.soFar().out.match(/got \w+ \d+/g)).toEqual(got)
  })
})

describe.runIf(possible)('the end of it', () => {
  test('a second TERM kills the agent and its children, and not the shell around us', async () => {
    const world = withOneSecret()
    const running = await shell(world)
    type(running, lineFor(world, [process.execPath, AGENT, 'deaf']))
    await running.says(/^ready \d+/m)
    const agent = readyPid(running)
    const gateway = gatewayOf(agent)
    const tree = [agent, ...descendantsOf(agent).map(({ pid }) => pid)]
    expect(tree.length).toBeGreaterThan(1)
    process.kill(gateway, 'SIGTERM')
    await running.says(/^got SIGTERM 1/m)
    expect(tree.every(isAlive)).toBe(true)
    // Sooner it would be taken for the same request.
    await pause(250)
    process.kill(gateway, 'SIGTERM')
    await until('all gone', () => ![gateway, ...tree].some(isAlive))
    type(running, 'echo code=$?\n')
    await running.says(/^code=137/m)
  })

  test.each(['dash', 'bash'])('Ctrl-C breaks a loop of %s', async (name) => {
    const world = withOneSecret()
    const loop = 'for i in 1 2 3; do "$@"; echo "next $i"; done; echo "after"'
    const command = ['/bin/sh', '-c', 'echo ready; exec sleep 600']
    const running = start(world, ['run', '--config', world.config, '--', ...command], {
      through: [...onTerminal, name, '-c', loop, name],
      stdin: 'pipe',
    })
    await running.says(/^ready/m)
    type(running, CTRL.C)
    const { out } = await running.ended
    expect(out).not.toMatch(/next|after/)
  })

  test('Ctrl-C during the start ends it at once, and nothing is started', async () => {
    const world = makeWorld()
    const provider = world.write(
      'provider.sh',
      `#!/bin/sh\necho $$ >${world.dir}/asked\nexec sleep 600\n`,
      0o700,
    )
    const slow = { type: 'exec', command: provider, timeoutMs: 20_000 }
    world.writeConfig(configOf(['k'], {}, { slow }))
    const running = alone(world, ['/bin/sh', '-c', 'echo started'])
    const asked = await until('asked', () => readPid(join(world.dir, 'asked')))
    type(running, CTRL.C)
    // Python shows the death of its child as a negative code.
    const { out, code } = await running.ended
    expect(code).toBe(256 - 2)
    expect(out).not.toContain('started')
    expect(eventsOf(world)).toContain('grant.failed')
    expect(eventsOf(world)).not.toContain('grant.released')
    await until('the provider is gone', () => !isAlive(asked))
  })

  test.each(['where we lead the session', 'as a job of a shell'])(
    'a terminal that is closed takes all with it, %s',
    async (how) => {
      const world = withOneSecret()
      const file = join(world.dir, 'pids')
      const script = `sleep 600 & echo $$ $! >${file}; exec sleep 601`
      const command = ['/bin/sh', '-c', script]
      const running = how.startsWith('as') ? await shell(world) : alone(world, command)
      if (how.startsWith('as')) type(running, lineFor(world, command))
      // The shell makes the file first, and writes into it then.
      const text = await until('the agent runs', () => {
        const written = existsSync(file) ? readFileSync(file, 'utf8') : ''
        return written.endsWith('\n') ? written : undefined
      })
      const [agent = 0] = text.split(' ').map(Number)
      const gateway = gatewayOf(agent)
      const all = [gateway, ...descendantsOf(gateway).map(({ pid }) => pid)]
      expect(all).toContain(agent)
      // The terminal's other side.
      running.child.kill('SIGKILL')
      await until('all gone', () => ![...all, agent].some(isAlive))
    },
  )

  // Not below an interactive bash: it tells its jobs, and at its end the kernel tells them again.
  test.each([
    ['where we lead the session', []],
    ['where a script does', ['dash', '-c', '"$@"; :', 'dash']],
  ])('the agent is told once of a terminal that is closed, %s', async (_, words) => {
    const world = withOneSecret()
    const file = join(world.dir, 'said')
    const script = `exec "${process.execPath}" "${AGENT}" >"${file}"`
    const args = ['run', '--config', world.config, '--', '/bin/sh', '-c', script]
    const running = start(world, args, { through: [...onTerminal, ...words], stdin: 'pipe' })
    const said = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
    await until('the agent runs', () => said().includes('ready'))
    const agent = Number(/ready (\d+)/.exec(said())?.[1])
    const gateway = gatewayOf(agent)
    // Not below the terminal's other side any more: where this test fails, nobody else ends it.
    onTestFinished(() => void (isAlive(gateway) && process.kill(gateway, 'SIGKILL')))
    running.child.kill('SIGKILL')
    await until('told', () => said().includes('got SIGHUP 1'))
    // It lives on, and so does its gateway, which still forwards.
    process.kill(gateway, 'SIGTERM')
    await until('all gone', () => !isAlive(gateway) && !isAlive(agent))
    expect(said().match(/got SIGHUP/g)).toHaveLength(1)
    expect(said()).toContain('got SIGTERM 1')
  })

  test('what an agent sets on the terminal stays set', async () => {
    const world = withOneSecret()
    const running = await shell(world)
    type(running, lineFor(world, ['stty', 'susp', '^U', 'rows', '44']))
    type(running, 'echo code=$? && stty -a | tr ";" "\\n"\n')
    await running.says(/^ susp = \^U\r?$/m)
    await running.says(/^code=0/m)
  })
})

describe.runIf(possible)('job control', () => {
  test('Ctrl-Z stops the agent and us, fg goes on, and its stdin is the terminal', async () => {
    const world = withOneSecret()
    const running = await shell(world)
    type(running, lineFor(world, ['/bin/sh', '-c', 'echo "ready $$"; exec cat']))
    await running.says(/^ready \d+/m)
    const agent = readyPid(running)
    const gateway = gatewayOf(agent)
    type(running, 'first line\n')
    await running.says(/first line\r\nfirst line/)
    type(running, CTRL.Z)
    await running.says(/Stopped/)
    await until('both stopped', () => stateOf(agent) === 'T' && stateOf(gateway) === 'T')
    type(running, 'fg\n')
    await until('both go on', () => stateOf(agent) !== 'T' && stateOf(gateway) !== 'T')
    type(running, 'second line\n')
    await running.says(/second line\r\nsecond line/)
    type(running, CTRL.D)
    await until('ended', () => !isAlive(gateway))
    type(running, 'echo code=$?\n')
    await running.says(/^code=0/m)
  })

  test('an interactive bash inside has job control of its own', async () => {
    const world = withOneSecret()
    const running = await shell(world)
    type(running, lineFor(world, ['bash', '--norc', '--noprofile', '-i']))
    type(running, 'echo inner=$((40 + 2)) $K\n')
    await running.says(/^inner=42 fake-value-k/m)
    type(running, 'sleep 600\n')
    // Its job has the terminal now.
    const sleeper = await until('sleeps', () =>
      descendantsOf(running.pid).find(({ argv }) => argv[0] === 'sleep'),
    )
    type(running, CTRL.Z)
    await running.says(/Stopped\s+sleep 600/)
    type(running, 'kill %1; fg; echo killed=$?\n')
    await running.says(/^killed=\d/m)
    await until('gone', () => !isAlive(sleeper.pid))
    // Its prompt takes it; the gateway, in the background now, does not even see it.
    const prompts = (): number => running.soFar().out.split('prompt> ').length
    await until('its prompt', () => running.soFar().out.endsWith('prompt> '))
    const before = prompts()
    type(running, CTRL.C)
    await until('its next prompt', () => prompts() > before)
    type(running, 'exit 7\n')
    await until('back', () => descendantsOf(running.pid).length === 1)
    type(running, 'echo code=$?\n')
    await running.says(/^code=7/m)
  })
})

function readPid(file: string): number | undefined {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined
}
