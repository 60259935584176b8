/** What fails around a gateway must not end its agents, hang it, or be an excuse for silence. */
import { expect, test } from 'vitest'
import {
  configOf,
  describeOnLinux,
  makeWorld,
  recordsOf,
  resolverOf,
  run,
  start,
  until,
} from './support.ts'

const TWO_AGENTS = {
  secrets: { providers: { file: {} } },
  agents: Object.fromEntries(
    ['first', 'second'].map((name) => [
      name,
      {
        command: ['/bin/sh', '-c', `sleep 1; echo ${name} done`],
        'tool-bindings': { t: { required: true, credentials: { c: { secretRef: 'key' } } } },
      },
    ]),
  ),
}

describeOnLinux('a full disk', () => {
  test('behind stderr ends no agent', async () => {
    const world = makeWorld({ config: TWO_AGENTS, secrets: { key: 'fake-value-1' } })
    const ended = await run(world, ['gateway', 'run', '--config', world.config], {
      through: ['/bin/sh', '-c', 'exec "$@" 2>/dev/full', 'sh'],
    })
    expect(ended.code).toBe(0)
    expect(ended.out.split('\n').toSorted()).toEqual(['', 'first done', 'second done'])
    expect(recordsOf(world).filter(({ event }) => event === 'run.ended')).toHaveLength(2)
  })

  test('behind stdout is a failure in words', async () => {
    const world = makeWorld({ config: TWO_AGENTS, secrets: { key: 'fake-value-1' } })
    const ended = await run(world, ['config', 'show', '--config', world.config], {
      through: ['/bin/sh', '-c', 'exec "$@" >/dev/full', 'sh'],
    })
    expect(ended.code).toBe(1)
    expect(ended.err).toContain('the output could not be written [OUTPUT_FAILED]')
  })
})

describeOnLinux('a resolver that is stopped', () => {
  test('is given up at its deadline, killed, and nothing was started', async () => {
    const world = makeWorld({
      config: {
        ...configOf(['key']),
        secrets: { providers: { exec: { command: '/bin/sleep', args: ['600'], timeoutMs: 1000 } } },
      },
    })
    const running = start(world, ['run', '--config', world.config, '--', 'echo', 'ran'])
    const resolver = await until('a resolver', () => resolverOf(running.pid))
    await until('its program', () =>
      recordsOf(world).some(({ event }) => event === 'grant.intent') ? true : undefined,
    )
    process.kill(resolver.pid, 'SIGSTOP')
    const ended = await running.ended
    expect([ended.code, ended.out]).toEqual([125, ''])
    expect(ended.err).toContain('the resolver did not answer in time [TIMEOUT]')
    await until('its end', () => (isGone(resolver.pid) ? true : undefined))
  })
})

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}

test.each(['toString', 'valueOf', 'hasOwnProperty'])(
  'a provider may be called %s',
  async (name) => {
    const world = makeWorld({
      config: { ...configOf(['key']), secrets: { providers: { [name]: { type: 'file' } } } },
      secrets: { key: 'fake-value-1' },
    })
    const words = ['run', '--config', world.config, '--', '/bin/sh', '-c', 'echo "$KEY"']
    expect((await run(world, words)).out).toBe('fake-value-1\n')
  },
)

test('a value in place of a name is not repeated', async () => {
  const world = makeWorld({ config: configOf(['key']), secrets: { key: 'fake-value-1' } })
  const key = ['sk', 'live', 'fakefakefakefakefakefake'].join('_')
  for (const words of [
    ['--secrets-ref', 'key', '--env', `KEY=${key}`],
    ['--secrets-ref', 'key', '--env', key.replace('_', '-')],
    ['--secrets-ref', key],
    ['--agent', key],
    ['--environment', key],
    ['--secrets-provider', key],
    [`--unknown=${key}`],
    [`--${key}`],
    [key],
  ]) {
    const ended = await run(world, ['run', '--config', world.config, ...words, '--', 'true'])
    expect(ended.code).toBe(125)
    expect(ended.err + ended.out).not.toContain('fakefake')
  }
})

describeOnLinux('a stderr that nobody reads', () => {
  test('stops neither schedule nor signals', async () => {
    const world = makeWorld({ config: TWO_AGENTS, secrets: { key: 'fake-value-1' } })
    // The pipe is full before we start, and its reader sleeps.
    const full = 'exec 3>&1; { head -c 65536 /dev/zero >&2; exec "$@" 2>&2 >&3; } 2>&1 | sleep 20'
    const running = start(world, ['gateway', 'run', '--config', world.config], {
      through: ['/bin/bash', '-c', full, 'bash'],
    })
    await running.says(/first done/)
    await running.says(/second done/)
    await until('the end of both on record', () =>
      recordsOf(world).filter(({ event }) => event === 'run.ended').length === 2 ? true : undefined,
    )
  })
})
