/** `gateway run`: several agents, and who serves whom. */
import { expect, test } from 'vitest'
import { describeOnLinux, recordsOf, run, start } from './support.ts'
import { codeOf, LISTENS, needs, saidOnStderr, serve, sh, worldOf } from './serving.ts'

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
