/** How `gateway run` stops: all of it, in time, and on record. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  eventsOf,
  isAlive,
  describeOnLinux,
  makeWorld,
  processes,
  recordsOf,
  start,
  until,
} from './support.ts'
import { LISTENS, needs, serve, sh, worldOf } from './serving.ts'

const LAUNCHER = join(import.meta.dirname, '../../bin/secretref')

describeOnLinux('stopping', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s stops all, and ends us too', async (signal) => {
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

  test('INT and QUIT that its caller ignores, as a script does for its background jobs, do not; TERM does', async () => {
    const command = sh('trap "" INT QUIT; echo ready; exec sleep 600')
    const world = worldOf({ a: { command, restart: 'always' } })
    const running = start(world, ['gateway', 'run', '--config', world.config], {
      // What is ignored only the launcher sees; Node undoes it.
      through: ['setsid', 'sh', '-c', `trap "" INT QUIT; shift 2; exec '${LAUNCHER}' "$@"`, 'sh'],
    })
    await running.says(/ready/)
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.kill(running.pid, signal)
    await pause(500)
    expect(isAlive(running.pid)).toBe(true)
    expect(eventsOf(world)).not.toContain('run.ended')
    process.kill(running.pid, 'SIGTERM')
    expect(await running.ended).toMatchObject({ code: null, signal: 'SIGTERM' })
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

  test('who waits for its turn to start is not even asked for', async () => {
    const atOnce = Math.max(4, 2 * availableParallelism())
    const names = Array.from({ length: atOnce + 2 }, (_, i) => `agent-${i}`)
    const world = worldOf(Object.fromEntries(names.map((name) => [name, { command: LISTENS }])))
    const program = world.write('slow.sh', '#!/bin/sh\nexec sleep 600\n', 0o700)
    const slow = { type: 'exec', command: program, timeoutMs: 20_000 }
    const config = JSON.parse(readFileSync(world.config, 'utf8'))
    world.writeConfig({ ...config, secrets: { providers: { slow } } })
    const running = serve(world)
    const intents = (): number => eventsOf(world).filter((event) => event === 'grant.intent').length
    await until('as many as may have been asked for', () => intents() === atOnce)
    process.kill(running.pid, 'SIGTERM')
    expect((await running.ended).signal).toBe('SIGTERM')
    expect(intents()).toBe(atOnce)
    expect(eventsOf(world).filter((event) => event === 'grant.failed')).toHaveLength(atOnce)
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
