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
function family(commands: Record<string, readonly string[]> = {}): World {
  const started = (name: string): object => ({ command: commands[name] ?? ['/bin/echo', 'ran'] })
  const names = ['lead', 'child', 'grandchild', 'other']
  return makeWorld({
    config: {
      secrets: { providers: { file: {} } },
      environments: { staging: { inherit: true }, production: { inherit: true } },
      openclaw: { gateway: { environment: 'staging' } },
      agents: {
        lead: { subagents: ['child'], ...key('lead', { delivery: 'file', pathInEnvVar: true }) },
        child: { subagents: ['grandchild'], ...started('child'), ...key('child') },
        grandchild: { ...started('grandchild'), ...key('grandchild') },
        other: { ...started('other'), ...key('other') },
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

const SECRETS = [...US, 'secrets'] as const

const CHILD = [...US, 'run', '--agent', 'child'] as const

describeOnLinux('a sub-agent that is listed', () => {
  test('gets its own credentials and none of its parent’s', async () => {
    const world = family({ child: PRINT_ENVIRONMENT })
    const { code, stdout } = await lead(world, CHILD, { env: { OF_THE_CALLER: 'x' } })
    expect(code).toBe(0)
    const variables = environment(stdout)
    expect(variables.get('CHILD_KEY')?.toString()).toBe('fake-value-child')
    expect([...variables.keys()].filter((name) => /LEAD|OTHER|GRAND/.test(name))).toEqual([])
    expect(stdout.toString()).not.toContain('fake-value-lead')
    // Nor anything else of its parent's choice: NODE_OPTIONS would be a command.
    expect(variables.has('OF_THE_CALLER')).toBe(false)
  })

  test('nor what its parent received under another name', async () => {
    const world = family({ child: PRINT_ENVIRONMENT })
    const renamed = ['--secrets-ref', 'lead-key', '--env', 'RENAMED']
    const args = ['run', '--config', world.config, '--agent', 'lead', ...renamed, '--', ...CHILD]
    const { stdout } = await run(world, args)
    expect(environment(stdout).has('CHILD_KEY')).toBe(true)
    expect([...environment(stdout).keys()].filter((name) => name.startsWith('RENAMED'))).toEqual([])
  })

  test('is on record as started by its parent’s agent, in its parent’s run', async () => {
    const world = family()
    expect((await lead(world, CHILD)).code).toBe(0)
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
    const third = [...US, 'run', '--agent', 'grandchild']
    const world = family({ child: third, grandchild: PRINT_ENVIRONMENT })
    const { stdout } = await lead(world, CHILD)
    expect([...environment(stdout).keys()].filter((name) => name.endsWith('_KEY'))).toEqual([
      'GRANDCHILD_KEY',
    ])
    const back = family({ child: [...US, 'run', '--agent', 'other'] })
    const refused = await lead(back, CHILD)
    expect([refused.code, codeIn(refused)]).toEqual([125, 'AGENT_NOT_ALLOWED'])
  })

  test('its exit code is its parent’s to see', async () => {
    const world = family({ child: ['/bin/sh', '-c', 'exit 9'] })
    const script = ['/bin/sh', '-c', '"$@"; echo "child: $?"', 'sh', ...CHILD]
    const { code, out } = await lead(world, script)
    expect([code, out]).toEqual([0, 'child: 9\n'])
  })

  test('may be served by a gateway of its own inside', async () => {
    const world = family({ child: ['/bin/sh', '-c', 'echo "$CHILD_KEY"'] })
    const inner = [...US, 'gateway', 'run', '--agent', 'child']
    expect((await lead(world, inner)).out).toBe('fake-value-child\n')
  })

  test('runs its own command and never its parent’s choice', async () => {
    const world = family()
    const ended = await lead(world, [...CHILD, '--', '/usr/bin/printenv', 'CHILD_KEY'])
    expect([ended.code, codeIn(ended), ended.out]).toEqual([125, 'COMMAND_LOCKED', ''])
    expect(recordsOf(world).some(({ agent }) => agent === 'child')).toBe(false)
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
    ['an agent that is not listed', ['run', '--agent', 'other']],
    ['the agent itself', ['run', '--agent', 'lead']],
    ['a gateway for one that is not listed', ['gateway', 'run', '--agent', 'other']],
    ['on a schedule', ['gateway', 'run', '--agent', 'other', '--schedule', '* * * * * *']],
    ['in another environment', ['run', '--agent', 'child', '--environment', 'production']],
  ])('%s', async (_, words) => {
    const world = family()
    expectRefused(world, await lead(world, [...US, ...words]))
  })

  test('by another config, even the same text in another file', async () => {
    const world = family()
    const other = join(world.dir, 'other.json')
    copyFileSync(world.config, other)
    const inner = [...US, 'run', '--config', other, '--agent', 'child']
    expectRefused(world, await lead(world, inner))
    // What the agent sets there is not looked at: the config of its own start counts.
    const setting = `SECRETREF_CONFIG=${other}`
    const words = ['run', '--agent', 'child']
    expect((await lead(world, ['/usr/bin/env', setting, ...US, ...words])).out).toBe('ran\n')
  })

  test('by a config that was edited since', async () => {
    const world = family()
    const inner = [...US, 'run', '--agent', 'child']
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
      const args = ['run', '--config', world.config, '--agent', 'child']
      const ended = await run(world, args, { env: { SECRETREF_RUN } })
      expect([ended.code, codeIn(ended), ended.out]).toEqual([125, 'AGENT_NOT_ALLOWED', ''])
      expect(ended.err).toContain('SECRETREF_RUN names a run that is not under way')
    }
  })

  test('in a home of the agent’s choice, where its run is not known', async () => {
    const world = family()
    const inner = [...US, 'run', '--config', world.config, '--agent', 'child']
    const elsewhere = `SECRETREF_HOME=${join(world.dir, 'elsewhere')}`
    expectRefused(world, await lead(world, ['/usr/bin/env', elsewhere, ...inner]))
  })
})

describeOnLinux('what an agent is shown of secrets', () => {
  test('its own refs, in its own environment', async () => {
    const world = family()
    const list = await lead(world, [...SECRETS, 'list', '--json'])
    expect(list.code).toBe(0)
    expect(JSON.parse(list.out)).toMatchObject({
      refs: [{ ref: 'lead-key', environment: 'staging', holders: [{ agent: 'lead' }] }],
    })
    expect(list.out).not.toMatch(/child|other/)
    const described = await lead(world, [...SECRETS, 'describe', 'lead-key'])
    expect(described.code).toBe(0)
    expect(described.out).toContain('"lead-key" in environment staging')
    expect(described.out).not.toContain('production')
  })

  test.each([
    ['another agent’s', ['list', '--agent', 'child'], 'AGENT_NOT_ALLOWED'],
    ['another environment’s', ['list', '--environment', 'production'], 'AGENT_NOT_ALLOWED'],
    ['one that it is not bound to', ['describe', 'child-key'], 'REF_UNKNOWN'],
    ['versions, not even of its own', ['history', 'lead-key'], 'AGENT_NOT_ALLOWED'],
  ])('not %s', async (_what, words, code) => {
    const ended = await lead(family(), [...SECRETS, ...words])
    expect({ code: codeIn(ended), out: ended.out, exit: ended.code }).toEqual({
      code,
      out: '',
      exit: 1,
    })
    expect(ended.err).not.toMatch(/hint: .*child-key/)
  })

  test('nor may it have gateways reload', async () => {
    const world = family()
    const ended = await lead(world, [...US, 'gateway', 'reload', '--config', world.config])
    expect({ code: codeIn(ended), exit: ended.code }).toEqual({
      code: 'AGENT_NOT_ALLOWED',
      exit: 1,
    })
  })
})
