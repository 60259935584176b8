/** A start from inside an agent: who may, what the child gets, and what is on record. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  CLI,
  describeOnLinux,
  environment,
  makeWorld,
  PRINT_ENVIRONMENT,
  recordsOf,
  run,
  type Ended,
  type RunOptions,
  type World,
} from './support.ts'

const US = [process.execPath, CLI] as const

/** The fields of an agent with one key. */
function key(name: string, fields: object = {}): object {
  const credentials = { c: { secretRef: `${name}-key`, ...fields } }
  return { 'tool-bindings': { t: { required: true, credentials } } }
}

/** `lead` may start `child`, which may start `grandchild`; each has a key of its own. */
function family(): World {
  const names = ['lead', 'child', 'grandchild', 'other']
  return makeWorld({
    config: {
      secrets: { providers: { file: {} } },
      environments: { staging: { inherit: true }, production: { inherit: true } },
      openclaw: { gateway: { environment: 'staging' } },
      agents: {
        lead: { subagents: ['child'], ...key('lead', { delivery: 'file', pathInEnvVar: true }) },
        child: { subagents: ['grandchild'], ...key('child') },
        grandchild: key('grandchild'),
        other: key('other'),
      },
    },
    secrets: Object.fromEntries(names.map((name) => [`${name}-key`, `fake-value-${name}`])),
  })
}

/** Runs `lead` with this command. */
function lead(world: World, command: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return run(world, ['run', '--config', world.config, '--agent', 'lead', '--', ...command], options)
}

function codeIn({ err }: Ended): string | undefined {
  return /\[(\w+)\]\n/.exec(err)?.[1]
}

describeOnLinux('a sub-agent that is listed', () => {
  test('gets its own credentials and none of its parent’s', async () => {
    const world = family()
    const inner = [...US, 'run', '--agent', 'child', '--', ...PRINT_ENVIRONMENT]
    const { code, stdout } = await lead(world, inner, { env: { INNOCENT: 'passes' } })
    expect(code).toBe(0)
    const variables = environment(stdout)
    expect(variables.get('CHILD_KEY')?.toString()).toBe('fake-value-child')
    expect(variables.get('INNOCENT')?.toString()).toBe('passes')
    expect([...variables.keys()].filter((name) => /LEAD|OTHER|GRAND/.test(name))).toEqual([])
    expect(stdout.toString()).not.toContain('fake-value-lead')
  })

  test('nor what its parent received under another name', async () => {
    const world = family()
    const renamed = ['--secrets-ref', 'lead-key', '--env', 'RENAMED']
    const inner = [...US, 'run', '--agent', 'child', '--', ...PRINT_ENVIRONMENT]
    const args = ['run', '--config', world.config, '--agent', 'lead', ...renamed, '--', ...inner]
    const { stdout } = await run(world, args)
    expect([...environment(stdout).keys()].filter((name) => name.startsWith('RENAMED'))).toEqual([])
  })

  test('is on record as started by its parent’s agent, in its parent’s run', async () => {
    const world = family()
    const inner = [...US, 'run', '--agent', 'child', '--', '/bin/true']
    expect((await lead(world, inner)).code).toBe(0)
    const records = recordsOf(world)
    const parent = records.find(({ event, agent }) => event === 'run.started' && agent === 'lead')
    expect(parent?.actor.type).toBe('user')
    const run1 = parent?.actor.run
    const released = records.filter(({ event }) => event === 'grant.released')
    expect(released).toMatchObject([
      { agent: 'lead', actor: { type: 'user' } },
      { agent: 'child', ref: 'child-key', actor: { type: 'agent', id: 'lead' }, parent: run1 },
    ])
    expect(released[1]?.actor.run).not.toBe(run1)
    expect(
      records.find(({ event, agent }) => event === 'run.ended' && agent === 'child'),
    ).toMatchObject({ parent: run1, actor: { type: 'agent', id: 'lead' } })
  })

  test('may start what it lists itself, and no more', async () => {
    const world = family()
    const third = [...US, 'run', '--agent', 'grandchild', '--', ...PRINT_ENVIRONMENT]
    const { stdout } = await lead(world, [...US, 'run', '--agent', 'child', '--', ...third])
    expect([...environment(stdout).keys()].filter((name) => name.endsWith('_KEY'))).toEqual([
      'GRANDCHILD_KEY',
    ])
    const back = [...US, 'run', '--agent', 'lead', '--', '/bin/true']
    const refused = await lead(world, [...US, 'run', '--agent', 'child', '--', ...back])
    expect([refused.code, codeIn(refused)]).toEqual([125, 'AGENT_NOT_ALLOWED'])
  })

  test('its exit code is its parent’s to see', async () => {
    const inner = [...US, 'run', '--agent', 'child', '--', '/bin/sh', '-c', 'exit 9']
    const { code, out } = await lead(family(), [
      '/bin/sh',
      '-c',
      '"$@"; echo "child: $?"',
      'sh',
      ...inner,
    ])
    expect([code, out]).toEqual([0, 'child: 9\n'])
  })

  test('may be served by a gateway of its own inside', async () => {
    const inner = [
      ...US,
      'gateway',
      'run',
      '--agent',
      'child',
      '--',
      '/bin/sh',
      '-c',
      'echo "$CHILD_KEY"',
    ]
    expect((await lead(family(), inner)).out).toBe('fake-value-child\n')
  })
})

/** Nothing was asked for, and nothing ran. */
function expectRefused(world: World, ended: Ended): void {
  expect([ended.code, codeIn(ended), ended.out]).toEqual([125, 'AGENT_NOT_ALLOWED', ''])
  const agents = recordsOf(world).map(({ agent }) => agent)
  expect(agents.filter((agent) => agent !== undefined && agent !== 'lead')).toEqual([])
}

describeOnLinux('refused inside an agent', () => {
  test.each([
    ['an agent that is not listed', ['run', '--agent', 'other', '--', 'echo', 'ran']],
    ['the agent itself', ['run', '--agent', 'lead', '--', 'echo', 'ran']],
    [
      'a gateway for one that is not listed',
      ['gateway', 'run', '--agent', 'other', '--', 'echo', 'ran'],
    ],
    ['its check, where it has no command', ['gateway', 'run', '--agent', 'other']],
    [
      'on a schedule',
      ['gateway', 'run', '--agent', 'other', '--schedule', '* * * * * *', '--', 'echo', 'ran'],
    ],
    [
      'in another environment',
      ['run', '--agent', 'child', '--environment', 'production', '--', 'echo', 'ran'],
    ],
  ])('%s', async (_, words) => {
    const world = family()
    expectRefused(world, await lead(world, [...US, ...words]))
  })

  test('by another config, even the same text in another file', async () => {
    const world = family()
    const other = join(world.dir, 'other.json')
    copyFileSync(world.config, other)
    const inner = [...US, 'run', '--config', other, '--agent', 'child', '--', 'echo', 'ran']
    expectRefused(world, await lead(world, inner))
    // What the agent sets there is not looked at: the config of its own start counts.
    const setting = `SECRETREF_CONFIG=${other}`
    const words = ['run', '--agent', 'child', '--', 'echo', 'ran']
    expect((await lead(world, ['/usr/bin/env', setting, ...US, ...words])).out).toBe('ran\n')
  })

  test('by a config that was edited since', async () => {
    const world = family()
    const inner = [...US, 'run', '--agent', 'child', '--', 'echo', 'ran']
    const script = `sed 's/"child"$/"child", "other"/' "${world.config}" >new; cat new >"${world.config}"; "$@"`
    const ended = await lead(world, ['/bin/sh', '-c', `${script}; exit $?`, 'sh', ...inner])
    expectRefused(world, ended)
    expect(ended.err).toContain('the config was edited since agent lead was started with it')
  })

  test('with a run that is not known, or over', async () => {
    const world = family()
    const { out } = await lead(world, ['/bin/sh', '-c', 'printf %s "$SECRETREF_RUN"'])
    expect(out).toMatch(/^[0-9a-z]+-[0-9a-f]+$/)
    for (const SECRETREF_RUN of [out, `${out}x`]) {
      const args = ['run', '--config', world.config, '--agent', 'child', '--', 'echo', 'ran']
      const ended = await run(world, args, { env: { SECRETREF_RUN } })
      expect([ended.code, codeIn(ended), ended.out]).toEqual([125, 'AGENT_NOT_ALLOWED', ''])
      expect(ended.err).toContain('SECRETREF_RUN names a run that is not under way')
    }
  })

  test('in a home of the agent’s choice, where its run is not known', async () => {
    const world = family()
    const inner = [...US, 'run', '--config', world.config, '--agent', 'child', '--', 'echo', 'ran']
    const elsewhere = `SECRETREF_HOME=${join(world.dir, 'elsewhere')}`
    expectRefused(world, await lead(world, ['/usr/bin/env', elsewhere, ...inner]))
  })
})
