/** `secretref monitor` as cron and people run it: what needs somebody, who is told, and how it ends. */
import { describe, expect, test } from 'vitest'
import { listen } from '../fakes/listen.ts'
import { slack } from '../fakes/slack.ts'
import { selfSigned } from '../fakes/certificate.ts'
import { writeJournal } from '../rotation/written.ts'
import { SECRETS, TOKEN } from '../gateway/alert/stage.ts'
import {
  eventsOf,
  makeWorld,
  recordsOf,
  run,
  start,
  until,
  type Ended,
  type World,
} from './support.ts'

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()

const part = (object: unknown): string => Buffer.from(JSON.stringify(object)).toString('base64url')
const token = (days: number): string =>
  [
    part({ alg: 'HS256' }),
    part({ exp: Math.floor(Date.now() / 1000) + days * 86_400 }),
    'ZmFrZQ',
  ].join('.')

/** Refs of agent `a`, each with what the file says of it. */
function worldOf(refs: Record<string, string | object>, rest: object = {}): World {
  const credentials = Object.fromEntries(Object.keys(refs).map((ref) => [ref, { secretRef: ref }]))
  return makeWorld({
    secrets: { ...SECRETS, ...refs },
    config: {
      secrets: { providers: { file: {} } },
      agents: { a: { 'tool-bindings': { t: { credentials } } } },
      ...rest,
    },
  })
}

function toSlack(url: string): object {
  return {
    alerts: { slack: { token: { secretRef: 'ops/slack' }, channel: '#ops' } },
    targets: { 'slack-bot-token': { baseUrl: url } },
  }
}

const monitor = (world: World, ...words: string[]): Promise<Ended> =>
  run(world, ['monitor', '--config', world.config, ...words])

describe('what is known of an end', () => {
  test('from the store, the config, the value itself: each with its line', async () => {
    const { cert } = selfSigned()
    const world = worldOf({
      dated: { value: 'fake-dated', expiresAt: inDays(5) },
      over: { value: 'fake-over', expiresAt: inDays(-1) },
      later: { value: 'fake-later', expiresAt: inDays(90) },
      token: token(3),
      certificate: cert,
      endless: 'fake-endless',
    })
    const { code, out } = await monitor(world)
    expect(code).toBe(1)
    expect(out).toContain(`dated: ends in 5 days, ${inDays(5).slice(0, 10)} (a)`)
    expect(out).toContain(`over: ended on ${inDays(-1).slice(0, 10)} (a)`)
    expect(out).toContain(`later: valid until ${inDays(90).slice(0, 10)} (a)`)
    expect(out).toContain(`token: ends in 3 days, ${inDays(3).slice(0, 10)} (a)`)
    expect(out).toMatch(/certificate: ends in 1 day, /)
    expect(out).toContain('endless: no end is known (a)')
  })

  test('--check-expiry says how near is near; --json is for programs', async () => {
    const world = worldOf({ dated: { value: 'fake-dated', expiresAt: inDays(5) } })
    const { out } = await monitor(world, '--check-expiry', '3', '--json')
    const { credentials }: { credentials: unknown } = JSON.parse(out)
    expect(credentials).toMatchObject([{ ref: 'dated', state: 'fine', agents: ['a'] }])
  })

  test('what cannot be read needs somebody too', async () => {
    const world = worldOf({ there: 'fake-there' })
    world.writeSecrets({})
    const { code, out } = await monitor(world)
    expect(code).toBe(1)
    expect(out).toMatch(/there: cannot be read: .* \[SECRET_NOT_FOUND\] \(a\)\n {3}hint: /)
  })
})

test('a rotation that was left to a person, when nobody was left to tell of it', async () => {
  const server = await slack([TOKEN])
  const world = worldOf({ later: 'fake-later' }, toSlack(server.url))
  writeJournal(world.home, [
    {
      config: world.config,
      environment: 'default',
      ref: 'app-db',
      from: '1',
      steps: ['intent', 'creating', 'stuck'],
      reason: 'orphan-possible',
      began: new Date(),
    },
  ])
  const { code, out } = await monitor(world)
  expect(code).toBe(1)
  expect(out).toContain('app-db: its rotation is stuck: a credential may live at the service')
  expect(server.messages).toHaveLength(1)
  expect(server.messages[0]?.text).toContain('critical: the rotation of app-db cannot go on: ')
})

describe('who is told', () => {
  test('the channel of the config, or the one that was asked for', async () => {
    const server = await slack([TOKEN])
    const world = worldOf(
      { dated: { value: 'fake-dated', expiresAt: inDays(5) } },
      toSlack(server.url),
    )
    const first = await monitor(world)
    expect(first).toMatchObject({ code: 1, err: 'secretref: alerts: to #ops: 1 sent\n' })
    expect(server.messages.map(({ channel }) => channel)).toEqual(['#ops'])
    expect(server.messages[0]?.text).toContain('dated of a ends in 5 days')
    const other = worldOf(
      { dated: { value: 'fake-dated', expiresAt: inDays(5) } },
      toSlack(server.url),
    )
    const { err } = await monitor(other, '--alert-channel', '#finance-alerts')
    expect(err).toBe('secretref: alerts: to #finance-alerts: 1 sent\n')
    expect(server.messages.at(-1)?.channel).toBe('#finance-alerts')
    expect(eventsOf(other)).toEqual(expect.arrayContaining(['alert.raised', 'alert.sent']))
    const released = recordsOf(other).filter(({ event }) => event === 'grant.released')
    expect(released).toMatchObject([{ agent: 'secretref-monitor', ref: 'ops/slack' }])
  })

  test('the same within the hour is told once', async () => {
    const server = await slack([TOKEN])
    const world = worldOf(
      { dated: { value: 'fake-dated', expiresAt: inDays(5) } },
      toSlack(server.url),
    )
    await monitor(world)
    const { err } = await monitor(world)
    expect(err).toBe('secretref: alerts: to #ops: 1 only counted, as told within the hour\n')
    expect(server.messages).toHaveLength(1)
  })

  test('nothing to tell: nothing is sent, and all is well', async () => {
    const server = await slack([TOKEN])
    const world = worldOf(
      { later: { value: 'fake-later', expiresAt: inDays(90) } },
      toSlack(server.url),
    )
    expect(await monitor(world)).toMatchObject({ code: 0, err: '' })
    expect(server.messages).toEqual([])
  })

  test('without a channel it says so, and the token of an agent is not borrowed', async () => {
    const server = await slack([TOKEN])
    const world = worldOf(
      { 'slack-bot-token': TOKEN, later: { value: 'fake-later', expiresAt: inDays(90) } },
      { targets: { 'slack-bot-token': { baseUrl: server.url } } },
    )
    const { code, err } = await monitor(world, '--alert-channel', '#finance-alerts')
    expect(code).toBe(1)
    expect(err).toContain('the config has no way to #finance-alerts')
    expect(err).toContain('alerts.slack')
    expect((await monitor(world)).err).toContain('no channel is configured')
    expect(server.messages).toEqual([])
  })

  test('a channel that is written nearly so is named, one of another kind is listed', async () => {
    const world = worldOf(
      { later: { value: 'fake-later', expiresAt: inDays(90) } },
      {
        alerts: {
          slack: { token: { secretRef: 'ops/slack' }, channel: '#ops' },
          webhooks: { siem: { url: 'http://127.0.0.1:9/in', secret: { secretRef: 'ops/hook' } } },
        },
      },
    )
    const hintFor = async (asked: string): Promise<string | undefined> => {
      const { code, err } = await monitor(world, '--alert-channel', asked)
      expect(code).toBe(1)
      expect(err).toContain(`the config has no way to ${asked}`)
      return /hint: (.*)/.exec(err)?.[1]
    }
    expect(await hintFor('webhook:siam')).toBe('did you mean "webhook:siem"?')
    expect(await hintFor('webhok:siem')).toBe('did you mean "webhook:siem"?')
    expect(await hintFor('command:page')).toBe(
      'add it to alerts.commands: docs/alerts.md has an example; the config has: slack, #ops, webhook:siem',
    )
    expect(await hintFor('Finance Alerts')).toContain(
      'is written as #finance-alerts or C0123456789',
    )
  })

  test('a webhook that is down: each run says that nothing is sent, and why', async () => {
    const down = await listen((request, response) => {
      request.resume().on('end', () => void response.writeHead(500).end())
    })
    const world = worldOf(
      { dated: { value: 'fake-dated', expiresAt: inDays(5) } },
      { alerts: { webhooks: { siem: { url: down.url, secret: { secretRef: 'ops/hook' } } } } },
    )
    const { err } = await monitor(world)
    expect(err).toContain('an alert not sent to webhook:siem: ')
    expect(err).toContain('secretref: alerts: to webhook:siem: 1 not sent yet\n')
    for (let later = 0; later < 2; later += 1) {
      expect((await monitor(world)).err).toMatch(
        /an alert still waits for webhook:siem, not before \d\d:\d\d:\d\dZ: it answers with an error of its own\n/,
      )
    }
  })

  test('an agent may not look', async () => {
    const world = worldOf({ x: 'fake-x' })
    const { code, err } = await run(world, ['monitor', '--config', world.config], {
      env: { SECRETREF_RUN: 'x' },
    })
    expect(code).not.toBe(0)
    expect(err).toContain('AGENT_NOT_ALLOWED')
  })
})

test('a serving gateway looks by itself', async () => {
  const server = await slack([TOKEN])
  const world = worldOf(
    { dated: { value: 'fake-dated', expiresAt: inDays(5) } },
    toSlack(server.url),
  )
  // Agents come first: it looks a while after they were started.
  const gateway = start(world, ['gateway', 'run', '--config', world.config], {
    through: ['setsid'],
    timeoutMs: 60_000,
  })
  await until('told', () => server.messages.length > 0, 40_000)
  expect(server.messages[0]?.text).toContain('dated of a ends in 5 days')
  gateway.child.kill('SIGTERM')
  await gateway.ended
}, 60_000)
