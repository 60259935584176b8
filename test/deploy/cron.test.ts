/** The cron files: each line is run as cron runs it, and the quarterly one is as far apart as it says. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Cron } from 'croner'
import { expect, test } from 'vitest'
import { eventsOf, makeWorld, ROOT, type World } from '../process/support.ts'

interface Line {
  schedule: string
  user: string
  command: string
}

/** crontab(5), the form of /etc/cron.d: variables, and lines with a user. */
function read(name: string): { variables: Record<string, string>; lines: Line[] } {
  const variables: Record<string, string> = {}
  const lines: Line[] = []
  for (const text of readFileSync(join(ROOT, 'deploy/cron', name), 'utf8').split('\n')) {
    const variable = /^([A-Z_]+)=(.*)$/.exec(text)
    const line = /^((?:\S+ ){5})(\S+) (.+)$/.exec(text)
    if (variable) variables[variable[1] ?? ''] = variable[2] ?? ''
    else if (line && !text.startsWith('#')) {
      lines.push({ schedule: line[1]?.trim() ?? '', user: line[2] ?? '', command: line[3] ?? '' })
    }
  }
  return { variables, lines }
}

/** As cron does: sh, an environment of three variables, no stdin, in the home folder. */
function byCron(world: World, command: string): { status: number | null; out: string } {
  const bin = join(world.dir, 'bin')
  rmSync(bin, { recursive: true, force: true })
  mkdirSync(bin)
  for (const name of ['openclaw', 'secretref']) {
    symlinkSync(join(ROOT, 'bin', name), join(bin, name))
  }
  symlinkSync(process.execPath, join(bin, 'node'))
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], {
    cwd: world.env['HOME'],
    env: { HOME: world.env['HOME'], PATH: `${bin}:/usr/bin:/bin`, SHELL: '/bin/sh' },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  return { status, out: `${stdout}${stderr}` }
}

/** The article's config and secrets where cron's user has them. */
function withExpiry(days: number): World {
  const world = makeWorld()
  const home = world.env['HOME'] ?? ''
  const secrets = join(home, '.local/state/secretref/secrets.json')
  const config = join(home, '.config/secretref/config.json')
  for (const path of [secrets, config]) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const expiresAt = new Date(Date.now() + days * 86_400_000).toISOString()
  const value = ['sk', 'test', 'FAKEfakeFAKEfake0000'].join('_')
  writeFileSync(secrets, JSON.stringify({ stripe_api_key: { value, expiresAt } }), { mode: 0o600 })
  writeFileSync(
    config,
    JSON.stringify({
      secrets: { providers: { file: {} } },
      agents: {
        a: {
          'tool-bindings': {
            'stripe-payment': {
              credentials: { apiKey: { secretRef: 'stripe-api-key', envVar: 'STRIPE_API_KEY' } },
            },
          },
        },
      },
      openclaw: {
        gateway: {
          secrets: { refMap: { 'stripe-api-key': { provider: 'file', target: 'stripe_api_key' } } },
        },
      },
    }),
    { mode: 0o600 },
  )
  const dir = join(home, '.local/state/secretref')
  return { ...world, home: { ...world.home, auditLog: join(dir, 'audit.log') } }
}

const { lines: quarterly } = read('openclaw-secrets')

test('the quarterly line: nothing to do while the key has more than 30 days', () => {
  const { status, out } = byCron(withExpiry(120), quarterly[0]?.command ?? '')
  expect({ status, out }).toMatchObject({
    status: 0,
    out: expect.stringContaining('not due before'),
  })
})

test('the quarterly line: with fewer days a person is told, and the exit code is 1', () => {
  const world = withExpiry(20)
  const { status, out } = byCron(world, quarterly[0]?.command ?? '')
  expect(status).toBe(1)
  expect(out).toContain('a person has to bring the new one')
  expect(eventsOf(world)).toContain('alert.raised')
})

/** The longest time from one run to the next, in days. */
function longestGap(schedule: string): number {
  const runs = new Cron(schedule, { paused: true, timezone: 'UTC' }).nextRuns(40, new Date(0))
  const times = runs.map((at) => at.getTime())
  return Math.max(...times.slice(1).map((time, i) => (time - (times[i] ?? 0)) / 86_400_000))
}

test('the quarterly line runs up to 92 days apart, the daily ones one day', () => {
  expect(quarterly.map(({ schedule }) => longestGap(schedule))).toEqual([92])
  expect(read('secretref').lines.map(({ schedule }) => longestGap(schedule))).toEqual([1, 1])
})

test('the daily lines run: nothing is due, and the monitor says that nobody would be told', () => {
  const world = withExpiry(120)
  const ended = read('secretref').lines.map(({ command, user }) => {
    expect(user).toBe('root')
    return byCron(world, command)
  })
  expect(ended).toMatchObject([
    { status: 0, out: expect.stringContaining('not due') },
    { status: 1, out: expect.stringContaining('no channel is configured') },
  ])
})
