/** The article's own lines, typed as they stand, through `openclaw` with `bin/` on PATH. */
import { spawnSync } from 'node:child_process'
import { accessSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { skipLoudly } from '../values/loud.ts'
import {
  describeOnLinux,
  eventsOf,
  makeWorld,
  recordsOf,
  ROOT,
  start,
  type Ended,
  type RunOptions,
  type Running,
  type World,
} from './support.ts'

const FIXTURES = join(ROOT, 'test/fixtures/article')
const DAY_MS = 24 * 60 * 60 * 1000

/** So many days from now, as the article writes its dates; its own lie in a past that comes nearer. */
function inDays(days: number): string {
  return `${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)}T04:12:00Z`
}

/** 2.1, with keys that are plainly invented, in the article's place below this world's home. */
function writeSecrets(world: World, slackExpires?: string, slack = 'fake-value-slack'): string {
  const stripeExpires = inDays(365)
  const common = { provider: 'openclaw', createdAt: '2026-03-08T04:12:00Z' }
  const secrets = {
    stripe_api_key: { value: 'fake-value-stripe', ...common, expiresAt: stripeExpires },
    slack_bot_token: {
      value: slack,
      ...common,
      ...(slackExpires !== undefined && { expiresAt: slackExpires }),
    },
  }
  const folder = join(world.env['HOME'] ?? '', '.openclaw/secrets')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify(secrets), { mode: 0o600 })
  return stripeExpires.slice(0, 10)
}

/** A world whose own config is a block of the article, as it stands or with something added. */
function articleWorld(
  block: string,
  add?: (config: { agents: Record<string, object> }) => void,
): World {
  const world = makeWorld()
  const config = JSON.parse(readFileSync(join(FIXTURES, block), 'utf8'))
  add?.(config)
  const text =
    add === undefined ? readFileSync(join(FIXTURES, block), 'utf8') : JSON.stringify(config)
  world.write('xdg/secretref/config.json', text)
  world.env['XDG_CONFIG_HOME'] = join(world.dir, 'xdg')
  world.env['PATH'] = [join(ROOT, 'bin'), world.env['PATH']].join(delimiter)
  return world
}

/** Types a line into a shell, which becomes the command. */
function type(world: World, line: string, options: RunOptions = {}): Running {
  return start(world, [], { through: ['setsid', '/bin/sh', '-c', `exec ${line}`], ...options })
}

function typed(world: World, line: string, options: RunOptions = {}): Promise<Ended> {
  return type(world, line, options).ended
}

const LINE_2_3 = `openclaw gateway run --agent finance-analyst \\
--secrets-ref stripe-api-key \\
--env STRIPE_API_KEY \\
--secrets-provider file`
const LINE_3_3 = `openclaw gateway run --agent payment-analyst \\
--secrets-ref stripe-api-key,slack-bot-token \\
--schedule "0 9 * * 1-5" \\
--log-level info`
const LINE_3_4 = 'openclaw gateway status --agent payment-analyst --secrets'
const LINE_5_3 = 'openclaw gateway status --secrets --all'

describeOnLinux('lines that run', () => {
  test('2.3: a gateway for the agent of 2.2, until it is stopped', async () => {
    const world = articleWorld('2.2.json')
    const valid = writeSecrets(world)
    const running = type(world, LINE_2_3)
    await running.says(/\n/)
    process.kill(running.pid, 'SIGTERM')
    const { signal, out, err } = await running.ended
    expect(signal).toBe('SIGTERM')
    expect(out).toBe(`✅ STRIPE_API_KEY: ready (valid until ${valid})\n`)
    expect(err).toContain(
      'hint: start it with: openclaw run --agent finance-analyst -- cmd; stop this gateway with Ctrl-C\n',
    )
  })

  test('3.3 and 3.4: 3.2 as it stands is checked now and at its times; its lines are ready and no expiry', async () => {
    const world = articleWorld('3.2.json')
    const valid = writeSecrets(world)
    const lines = `✅ STRIPE_API_KEY: ready (valid until ${valid})\n✅ SLACK_BOT_TOKEN: ready (no expiry)\n`
    const running = type(world, LINE_3_3)
    await running.says(/SLACK_BOT_TOKEN.*\n/)
    expect(running.soFar().err).toContain('payment-analyst: starts at "0 9 * * 1-5" (UTC)\n')
    expect(await typed(world, LINE_3_4)).toMatchObject({ code: 0, out: lines, err: '' })
    process.kill(running.pid, 'SIGINT')
    expect(await running.ended).toMatchObject({ signal: 'SIGINT', out: lines })
    // Fetched and wiped; nothing was released, and nothing ran.
    expect(eventsOf(world).filter((event) => event !== 'log.opened')).toEqual([
      'config.loaded',
      'grant.intent',
      'grant.intent',
      'grant.checked',
      'grant.checked',
    ])
    for (const record of recordsOf(world).filter(({ event }) => event === 'grant.checked')) {
      expect(record).toMatchObject({ delivery: 'none', agent: 'payment-analyst' })
    }
    expect((await typed(world, LINE_3_4)).out).toBe(lines)
  })

  test('what a run received stays injected where a later check finds the same, and only then', async () => {
    const world = articleWorld('3.2.json')
    writeSecrets(world)
    expect((await typed(world, 'openclaw run --agent payment-analyst -- true')).code).toBe(0)
    const later = inDays(400)
    const stripe = writeSecrets(world, later)
    // A check says what it found, and delivers nothing; status says what a run still holds.
    const check = async (): Promise<string> => {
      const running = type(world, LINE_3_3)
      await running.says(/SLACK_BOT_TOKEN.*\n/)
      process.kill(running.pid, 'SIGTERM')
      expect((await running.ended).out).not.toContain('injected')
      return (await typed(world, LINE_3_4)).out
    }
    // The same value, of which the store now says more.
    const first = `✅ STRIPE_API_KEY: injected (valid until ${stripe})\n`
    expect(await check()).toBe(
      `${first}✅ SLACK_BOT_TOKEN: injected (valid until ${later.slice(0, 10)})\n`,
    )
    writeSecrets(world, later, 'fake-value-another')
    expect(await check()).toBe(
      `${first}✅ SLACK_BOT_TOKEN: ready (valid until ${later.slice(0, 10)})\n`,
    )
  })

  test('3.4: with a command, and an expiry on both, exactly the article’s two lines', async () => {
    const world = articleWorld('3.2.json', ({ agents }) => {
      agents['payment-analyst'] = {
        ...agents['payment-analyst'],
        command: ['/bin/sh', '-c', 'echo "$STRIPE_API_KEY $SLACK_BOT_TOKEN"'],
      }
    })
    const slack = inDays(300)
    const stripe = writeSecrets(world, slack)
    expect((await typed(world, LINE_3_4)).out).toBe(
      '⚪ STRIPE_API_KEY: never injected\n⚪ SLACK_BOT_TOKEN: never injected\n',
    )
    const ran = await typed(world, 'openclaw gateway run --agent payment-analyst')
    expect(ran).toMatchObject({ code: 0, out: 'fake-value-stripe fake-value-slack\n' })
    const lines = [
      `STRIPE_API_KEY: injected (valid until ${stripe})\n`,
      `SLACK_BOT_TOKEN: injected (valid until ${slack.slice(0, 10)})\n`,
    ] as const
    expect(await typed(world, LINE_3_4)).toMatchObject({
      code: 0,
      out: lines.map((line) => `✅ ${line}`).join(''),
      err: '',
    })
    for (const env of [{ NO_COLOR: '1' }, { LC_ALL: 'C' }, { TERM: 'dumb' }]) {
      const { out } = await typed(world, LINE_3_4, { env })
      expect(out).toBe(lines.map((line) => `[ok] ${line}`).join(''))
    }
  })

  test('5.3: every agent under its name; and for programs', async () => {
    const world = articleWorld('3.2.json', ({ agents }) => {
      agents['empty'] = {}
      agents['payment-analyst'] = { ...agents['payment-analyst'], command: ['/bin/true'] }
    })
    const soon = inDays(3)
    const stripe = writeSecrets(world, soon)
    expect((await typed(world, 'openclaw run --agent payment-analyst')).code).toBe(0)
    const when = soon.slice(0, 10)
    expect(await typed(world, LINE_5_3)).toMatchObject({
      code: 0,
      out: [
        'payment-analyst\n',
        `  ✅ STRIPE_API_KEY: injected (valid until ${stripe})\n`,
        `  ⚠️ SLACK_BOT_TOKEN: injected (expires in 3 days, ${when})\n`,
        'empty\n',
        '  no credentials\n',
      ].join(''),
    })
    const { out } = await typed(world, `${LINE_5_3} --json`)
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      agents: [
        {
          agent: 'payment-analyst',
          lines: [
            { envVar: 'STRIPE_API_KEY', ref: 'stripe-api-key', sign: 'good', state: 'injected' },
            {
              envVar: 'SLACK_BOT_TOKEN',
              ref: 'slack-bot-token',
              sign: 'attention',
              state: 'injected',
            },
          ],
        },
        { agent: 'empty', lines: [] },
      ],
    })
  })

  test('a denial shows in the same manner, and a changed config as stale', async () => {
    const world = articleWorld('3.2.json')
    writeSecrets(world, inDays(-2))
    const running = type(world, 'openclaw gateway run --agent payment-analyst')
    await running.says(/SLACK_BOT_TOKEN: denied \(EXPIRED\)\n/)
    process.kill(running.pid, 'SIGTERM')
    await running.ended
    expect((await typed(world, LINE_3_4)).out).toContain('❌ SLACK_BOT_TOKEN: denied (EXPIRED)\n')
    const text = readFileSync(join(FIXTURES, '3.2.json'), 'utf8')
    world.write('xdg/secretref/config.json', text.replace('"slack_bot_token"', '"another_key"'))
    expect((await typed(world, LINE_3_4)).out).toContain(
      '⚠️ SLACK_BOT_TOKEN: stale (denied before the config changed)\n',
    )
  })

  test('status needs to know of what, and one of the two', async () => {
    const world = articleWorld('3.2.json')
    for (const words of [
      '',
      '--secrets --all --agent payment-analyst',
      '--secrets --agent nobody',
    ]) {
      expect((await typed(world, `openclaw gateway status ${words}`)).code).toBe(1)
    }
  })
})

describeOnLinux('lines that look for what is wrong', () => {
  const UNUSED_ONLY = 'openclaw gateway audit --secrets --unused-only'
  const VERBOSE = 'openclaw gateway audit --secrets --verbose'

  test('3.4: the ref of 5.2 that was migrated and not cleaned up is exactly the article’s line', async () => {
    const slot = JSON.parse(
      readFileSync(join(FIXTURES, '5.2-unused.json5'), 'utf8').replace(/\/\/.*$/gm, ''),
    )
    // In the agent of 3.2, in a tool that its capabilities do not list.
    const world = articleWorld('3.2.json', ({ agents }) => {
      const tools = { github: { credentials: { token: slot } } }
      const agent: { 'tool-bindings'?: object } = agents['payment-analyst'] ?? {}
      agents['payment-analyst'] = {
        ...agent,
        'tool-bindings': { ...agent['tool-bindings'], ...tools },
      }
    })
    writeSecrets(world)
    expect(await typed(world, UNUSED_ONLY)).toMatchObject({
      code: 0,
      out: '⚠️ unused-ref: legacy-github-token (delete after migration)\n',
      err: '',
    })
    expect((await typed(world, `${UNUSED_ONLY} --check`)).code).toBe(1)
    expect((await typed(world, UNUSED_ONLY, { env: { LC_ALL: 'C' } })).out).toBe(
      '[warn] unused-ref: legacy-github-token (delete after migration)\n',
    )
  })

  test('3.4: on 3.2 as it stands, one line that says what was looked at', async () => {
    const world = articleWorld('3.2.json')
    writeSecrets(world)
    expect(await typed(world, UNUSED_ONLY)).toMatchObject({
      code: 0,
      out: '✅ nothing unused: 1 agent, 2 refs, 1 store listed\n',
      err: '',
    })
    // Names were looked at, which is on record, and no value was fetched.
    expect(eventsOf(world)).toEqual(['log.opened', 'config.loaded', 'store.listed'])
  })

  test('5.3: with --verbose, where it is and what to do; what was fetched is on record', async () => {
    const world = articleWorld('3.2.json')
    writeSecrets(world)
    const { code, out, err } = await typed(world, VERBOSE)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('⚪ no-expiry: slack-bot-token\n')
    expect(out).toMatch(/\n {3}\/.*config\.json:\d+:\d+: agents\.payment-analyst\..*\n {3}hint: /)
    expect(eventsOf(world).filter((event) => event !== 'log.opened')).toEqual([
      'config.loaded',
      'store.listed',
      'grant.intent',
      'grant.intent',
      'grant.checked',
      'grant.checked',
    ])
  })
})

describeOnLinux('4.1 and 5.3: rotation', () => {
  test('the cron line: nothing is due, and nothing happens', async () => {
    const world = articleWorld('3.2.json')
    writeSecrets(world)
    const line = 'openclaw secrets rotate --provider stripe --days-remaining 30'
    const { code, out, err } = await typed(world, line)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/stripe-api-key +stripe +stripe-secret-key .*not due/)
    expect(eventsOf(world)).not.toContain('rotation.begun')
  })

  test('the emergency: Stripe makes no keys for programs, so a person is asked for one', async () => {
    const world = articleWorld('3.2.json')
    writeSecrets(world)
    const { code, out } = await typed(world, 'openclaw secrets rotate --force --provider stripe')
    expect(code).toBe(1)
    expect(out).toContain('a person has to bring the new one')
    expect(out).toContain('hint: make it at the service')
    const status = await typed(world, 'openclaw secrets rotation status')
    expect(status.out).toMatch(/stripe-api-key .*waits for a person/)
    expect(eventsOf(world)).toContain('alert.raised')
  })
})

describeOnLinux('3.3: the monitor', () => {
  test('python3 scripts/monitor_secrets.py --check-expiry 7 --alert-channel "#finance-alerts"', async (context) => {
    const world = articleWorld('3.2.json')
    writeSecrets(world)
    if (spawnSync('/usr/bin/python3', ['--version']).status !== 0) {
      skipLoudly(context, 'the article’s monitor line', 'needs python3')
    }
    const line =
      'python3 scripts/monitor_secrets.py --check-expiry 7 --alert-channel "#finance-alerts"'
    const { code, out, err } = await typed(world, line, { cwd: ROOT })
    expect(code).toBe(1)
    expect(out).toContain('stripe-api-key: valid until')
    expect(out).toContain('slack-bot-token: no end is known')
    expect(err).toContain('the config has no way to #finance-alerts')
  })
})

describe('where the command lies', () => {
  test('npx --no-install openclaw, in the repository', async (context) => {
    const world = makeWorld()
    const npx = npxNextTo(process.env['PATH'] ?? '')
    if (npx === undefined) skipLoudly(context, 'npx --no-install openclaw', 'no npx on PATH')
    const path = [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter)
    const { status, stdout, stderr } = spawnSync(npx, ['--no-install', 'openclaw', '--help'], {
      cwd: ROOT,
      env: { ...world.env, PATH: path },
      encoding: 'utf8',
    })
    expect(`${status} ${stdout}${stderr}`).toMatch(/^0 Usage: openclaw /)
  })

  test.each([
    ['by its path', (bin: string) => bin],
    [
      'through a link',
      (bin: string, dir: string) => {
        symlinkSync(bin, join(dir, 'sr'))
        return './sr'
      },
    ],
    [
      'through links to links, on PATH',
      (bin: string, dir: string) => {
        mkdirSync(join(dir, 'links'))
        symlinkSync(bin, join(dir, 'links', 'first'))
        symlinkSync('first', join(dir, 'links', 'secretref'))
        return 'PATH="$PWD/links:$PATH" secretref'
      },
    ],
  ])('bin/secretref %s, from any folder', (_, place) => {
    const world = makeWorld()
    const command = place(join(ROOT, 'bin/secretref'), world.dir)
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', `${command} gateway status`], {
      cwd: world.dir,
      // As where Node is old, or is not there at all: the one that came with the clone runs.
      env: { ...world.env, PATH: '/usr/bin:/bin' },
      encoding: 'utf8',
    })
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^secretref: gateway status needs to know of what \[USAGE\]\n/)
  })
})

function npxNextTo(path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, 'npx'))
    .find((file) => {
      try {
        accessSync(file)
        return true
      } catch {
        return false
      }
    })
}
