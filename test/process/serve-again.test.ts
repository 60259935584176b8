/** When `gateway run` starts an agent again: restarts and schedules. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { describeOnLinux, recordsOf } from './support.ts'
import { saidOnStderr, serve, sh, worldOf } from './serving.ts'

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
