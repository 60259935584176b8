/** `gateway run`: several agents, restarts, schedules, and who serves whom. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  describeOnLinux,
  eventsOf,
  isAlive,
  makeWorld,
  processes,
  recordsOf,
  run,
  start,
  until,
  type Running,
  type World,
} from './support.ts'

const AGENT = join(import.meta.dirname, 'agent.ts')
const LISTENS = [process.execPath, AGENT]

/** Agents by name, each with a credential of its own unless it says otherwise. */
function worldOf(agents: Record<string, object>): World {
  const secrets = Object.fromEntries(
    Object.keys(agents).map((name) => [name, `fake-value-${name}`]),
  )
  return makeWorld({
    config: {
      secrets: { providers: { file: {} } },
      agents: Object.fromEntries(
        Object.entries(agents).map(([name, fields]) => [
          name,
          {
            'tool-bindings': { t: { required: true, credentials: { c: { secretRef: name } } } },
            ...fields,
          },
        ]),
      ),
    },
    secrets,
  })
}

function needs(ref: string): object {
  return { t: { required: true, credentials: { c: { secretRef: ref } } } }
}

function serve(world: World, ...args: string[]): Running {
  return start(world, ['gateway', 'run', '--config', world.config, ...args], {
    through: ['setsid'],
  })
}

function sh(script: string): string[] {
  return ['/bin/sh', '-c', script]
}

/** The exit code of a gateway that served two. */
async function codeOf(first: string[], second: string[]): Promise<number | null> {
  const world = worldOf({ first: { command: first }, second: { command: second } })
  return (await serve(world).ended).code
}

async function saidOnStderr(running: Running, pattern: RegExp): Promise<void> {
  await until(String(pattern), () => pattern.test(running.soFar().err))
}

describeOnLinux('several agents', () => {
  test('one that is refused, one that is not found and one that crashes stop no other', async () => {
    const world = worldOf({
      good: { command: sh('echo "good: $GOOD $BAD $LOST $CRASH"; exec sleep 600') },
      bad: { command: sh('echo "bad runs"'), 'tool-bindings': needs('nowhere') },
      lost: { command: ['no-such-command'] },
      crash: { command: sh('echo "crash: $GOOD $BAD $LOST $CRASH"; exit 3') },
    })
    const running = serve(world)
    await running.says(/^good: fake-value-good\s*$/m)
    await running.says(/^crash: +fake-value-crash$/m)
    await saidOnStderr(running, /crash: ended with exit code 3/)
    await saidOnStderr(
      running,
      /lost: the command no-such-command was not found \[COMMAND_NOT_FOUND\]/,
    )
    await saidOnStderr(running, /bad: NOWHERE: .* \[SECRET_NOT_FOUND\]/)
    process.kill(running.pid, 'SIGTERM')
    const { signal, out } = await running.ended
    expect(signal).toBe('SIGTERM')
    expect(out).not.toContain('bad runs')
    const ended = recordsOf(world).filter(({ event }) => event === 'run.ended')
    expect(ended.map(({ agent, exit }) => [agent, exit])).toEqual([
      ['crash', { code: 3 }],
      ['good', { signal: 'SIGTERM' }],
    ])
  })

  test('the exit code is 0 where all ended well, 1 where one did not, 125 where none was started', async () => {
    expect(await codeOf(sh('exit 0'), sh('exit 0'))).toBe(0)
    expect(await codeOf(sh('exit 0'), sh('exit 3'))).toBe(1)
    expect(await codeOf(sh('exit 0'), ['no-such-command'])).toBe(1)
    expect(await codeOf(['no-such-command'], ['no-such-command'])).toBe(125)
  })

  test('none has our stdin, and each has a session of its own', async () => {
    const show = sh('cat; cut -d " " -f 6 /proc/self/stat; echo "$$ done"')
    const world = worldOf({ first: { command: show }, second: { command: show } })
    const running = start(world, ['gateway', 'run', '--config', world.config], { stdin: 'pipe' })
    running.child.stdin?.write('not for agents\n')
    const { code, out } = await running.ended
    expect(code).toBe(0)
    expect(out).not.toContain('not for agents')
    const numbers = out.match(/\d+/g) ?? []
    // Session and pid of each are the same number.
    expect(numbers).toHaveLength(4)
    expect(new Set(numbers).size).toBe(2)
  })

  test('signals that end nothing go on to all of them', async () => {
    const world = worldOf({ first: { command: LISTENS }, second: { command: LISTENS } })
    const running = serve(world)
    await running.says(/ready[^]*ready/)
    process.kill(running.pid, 'SIGUSR1')
    process.kill(running.pid, 'SIGWINCH')
    await running.says(/SIGUSR1 1[^]*SIGUSR1 1/)
    await running.says(/SIGWINCH 1[^]*SIGWINCH 1/)
    process.kill(running.pid, 'SIGTERM')
    const { signal, out } = await running.ended
    expect(signal).toBe('SIGTERM')
    expect(out.match(/got SIGTERM 1/g)).toHaveLength(2)
    expect(out).not.toMatch(/ 2$/m)
  })

  test('what is meant for one agent needs its name', async () => {
    const world = worldOf({ first: { command: sh('exit 0') }, second: { command: sh('exit 0') } })
    for (const words of [
      ['--', 'true'],
      ['--secrets-ref', 'first'],
      ['--schedule', '* * * * *'],
    ]) {
      const { code, err } = await run(world, ['gateway', 'run', '--config', world.config, ...words])
      expect([code, /\[(\w+)\]/.exec(err)?.[1]]).toEqual([125, 'USAGE'])
    }
    expect(recordsOf(world)).toEqual([])
  })
})

describeOnLinux('stopping', () => {
  test.each(['SIGINT', 'SIGHUP'] as const)('%s stops all, and ends us too', async (signal) => {
    const world = worldOf({
      first: { command: sh('echo ready; exec sleep 600'), restart: 'always' },
      second: { command: sh('echo ready; exec sleep 600') },
    })
    const running = serve(world)
    await running.says(/ready\n[^]*ready\n/)
    process.kill(running.pid, signal)
    expect(await running.ended).toMatchObject({ code: null, signal })
    const exits = recordsOf(world).flatMap(({ exit }) => (exit === undefined ? [] : [exit]))
    expect(exits).toEqual([{ signal }, { signal }])
  })

  test('an agent that does not go is killed at the second TERM, with its children', async () => {
    const world = worldOf({
      deaf: { command: [...LISTENS, 'deaf'], restart: 'always' },
      other: { command: LISTENS },
    })
    const running = serve(world)
    await running.says(/ready[^]*ready/)
    const child = Number(/^child (\d+)/m.exec(running.soFar().out)?.[1])
    process.kill(running.pid, 'SIGTERM')
    await running.says(/SIGTERM 1[^]*SIGTERM 1/)
    expect(isAlive(child)).toBe(true)
    await pause(250)
    process.kill(running.pid, 'SIGTERM')
    expect((await running.ended).signal).toBe('SIGTERM')
    await until('gone', () => !isAlive(child))
    expect(recordsOf(world).at(-1)).toMatchObject({ agent: 'deaf', exit: { signal: 'SIGKILL' } })
  })

  test('and without one after ten seconds', async () => {
    const world = worldOf({ deaf: { command: [...LISTENS, 'deaf'], restart: 'always' } })
    const running = serve(world)
    await running.says(/ready/)
    process.kill(running.pid, 'SIGTERM')
    await running.says(/SIGTERM 1/)
    const asked = performance.now()
    expect((await running.ended).signal).toBe('SIGTERM')
    expect(performance.now() - asked).toBeGreaterThan(9000)
    expect(recordsOf(world).at(-1)).toMatchObject({
      event: 'run.ended',
      exit: { signal: 'SIGKILL' },
    })
  })

  test('a check that is under way is given up at once, and the log says so', async () => {
    const world = makeWorld()
    const program = world.write(
      'slow.sh',
      `#!/bin/sh\necho $$ >${world.dir}/asked\nexec sleep 600\n`,
      0o700,
    )
    world.writeConfig({
      secrets: { providers: { slow: { type: 'exec', command: program, timeoutMs: 20_000 } } },
      agents: { a: { 'tool-bindings': needs('k') } },
    })
    const running = serve(world)
    await until(
      'asked',
      () =>
        processes().some(({ argv }) => argv[0] === 'sleep') &&
        eventsOf(world).includes('grant.intent'),
    )
    process.kill(running.pid, 'SIGTERM')
    expect((await running.ended).signal).toBe('SIGTERM')
    expect(recordsOf(world).at(-1)).toMatchObject({
      event: 'grant.failed',
      reason: 'start-abandoned',
    })
  })
})

describeOnLinux('restart', () => {
  test('on-failure: again after a second, until it ends well, with its code', async () => {
    const world = worldOf({ a: { restart: 'on-failure' } })
    const script = `echo "run $A"; [ -e ${world.dir}/second ] && exit 0; touch ${world.dir}/second; exit 3`
    const { code, out, err } = await serve(world, '--', ...sh(script)).ended
    expect({ code, out }).toEqual({ code: 0, out: 'run fake-value-a\nrun fake-value-a\n' })
    expect(err).toContain('a: ended with exit code 3\nsecretref: a: starts again in 1 s\n')
    // Each run asked anew, and has a name of its own.
    const runs = recordsOf(world).filter(({ event }) => event === 'grant.released')
    expect(new Set(runs.map(({ actor }) => actor.run)).size).toBe(2)
  })

  test('always: also after a good end, and no more once we are asked to stop', async () => {
    const world = worldOf({ a: { restart: 'always' } })
    const running = serve(world, '--', ...sh('echo run'))
    await running.says(/run\nrun\n/)
    await saidOnStderr(running, /starts again in 2 s/)
    process.kill(running.pid, 'SIGTERM')
    expect((await running.ended).signal).toBe('SIGTERM')
  })

  test('never, and nothing said of it: once, with its code, or its signal', async () => {
    const world = worldOf({ a: { restart: 'never', command: sh('echo run; kill -9 $$') } })
    expect(await serve(world).ended).toMatchObject({ signal: 'SIGKILL', out: 'run\n' })
  })

  test('of an agent that is refused, it tries again too', async () => {
    const world = worldOf({ a: { restart: 'on-failure', command: sh('echo run') } })
    world.writeSecrets({ other: 'fake-value' })
    const running = serve(world)
    await saidOnStderr(running, /starts again in 1 s/)
    world.writeSecrets({ a: 'fake-value-a' })
    expect(await running.ended).toMatchObject({ code: 0, out: 'run\n' })
  })
})

describeOnLinux('schedule', () => {
  test('starts at its times; what falls into the run before it is skipped and recorded', async () => {
    const world = worldOf({ a: { schedule: '* * * * * *', command: sh('echo run; sleep 1.5') } })
    const running = serve(world)
    await saidOnStderr(running, /a: starts at "\* \* \* \* \* \*" \(UTC\)/)
    await running.says(/run\nrun\n/)
    process.kill(running.pid, 'SIGTERM')
    expect((await running.ended).signal).toBe('SIGTERM')
    const records = recordsOf(world)
    const skipped = records.filter(({ event }) => event === 'run.skipped')
    expect(skipped.length).toBeGreaterThanOrEqual(1)
    for (const record of skipped) {
      expect(record).toMatchObject({
        agent: 'a',
        reason: 'overlap',
        detail: { due: expect.any(String) },
      })
    }
    const [first, second] = records.filter(({ event }) => event === 'run.started')
    const apart = Date.parse(second?.time ?? '') - Date.parse(first?.time ?? '')
    expect(apart).toBeGreaterThan(1500)
  })

  test('of the command line wins, in its zone', async () => {
    const world = worldOf({
      a: { schedule: '* * * * * *', timezone: 'UTC', command: sh('echo run') },
    })
    const running = serve(world, '--schedule', '0 9 * * 1-5', '--timezone', 'Asia/Taipei')
    await saidOnStderr(running, /a: starts at "0 9 \* \* 1-5" \(Asia\/Taipei\)/)
    await pause(1100)
    process.kill(running.pid, 'SIGTERM')
    expect((await running.ended).out).toBe('')
  })
})

describeOnLinux('who serves an agent', () => {
  test('one gateway at a time; the second is told who; `run` beside it is fine', async () => {
    const world = worldOf({ a: {}, b: {} })
    const first = serve(world, '--agent', 'a', '--', ...sh('echo ready; exec sleep 600'))
    await first.says(/ready/)
    const second = await serve(world, '--agent', 'a', '--', 'true').ended
    expect(second.code).toBe(125)
    expect(second.err).toContain(
      `agent a is served by another gateway (pid ${first.pid}) [AGENT_BUSY]`,
    )
    const all = await serve(world, '--', 'true').ended
    expect(all.code).toBe(125)
    expect((await serve(world, '--agent', 'b', '--', ...sh('exit 4')).ended).code).toBe(4)
    const beside = ['run', '--config', world.config, '--agent', 'a', '--', 'echo', 'beside']
    const both = await Promise.all([run(world, beside), run(world, beside)])
    expect(both.map(({ out }) => out)).toEqual(['beside\n', 'beside\n'])
    process.kill(first.pid, 'SIGTERM')
    expect((await first.ended).signal).toBe('SIGTERM')
    // Given back.
    expect((await serve(world, '--agent', 'a', '--', ...sh('exit 5')).ended).code).toBe(5)
  })

  test('the claim of a killed gateway is taken over', async () => {
    const world = worldOf({ a: {} })
    const first = serve(world, '--', ...sh('echo ready; exec sleep 600'))
    await first.says(/ready/)
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    expect((await serve(world, '--', ...sh('exit 6')).ended).code).toBe(6)
  })
})

describeOnLinux('what is said', () => {
  test.each([
    ['error', /^$/],
    ['warn', /^$/],
    [
      'info',
      /^secretref: a: A: granted from file \(no expiry\)\nsecretref: a: started \(pid \d+\)\n$/,
    ],
  ])('--log-level %s', async (level, pattern) => {
    const world = worldOf({ a: { command: sh('exit 0') } })
    expect((await serve(world, '--log-level', level).ended).err).toMatch(pattern)
  })
})
