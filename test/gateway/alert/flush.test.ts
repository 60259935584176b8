/** Alerts from the outbox to local servers that check what they are sent, as the real ones do. */
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openOutbox } from '../../../src/alerts/db.ts'
import type { Config } from '../../../src/config/types.ts'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import { flushAlerts } from '../../../src/gateway/alert/flush.ts'
import { settleAlerts } from '../../../src/gateway/alert/duty.ts'
import { raiseAlert } from '../../../src/gateway/alert/raise.ts'
import { hanging } from '../../fakes/hostile.ts'
import { listen } from '../../fakes/listen.ts'
import { until } from '../../process/support.ts'
import { slack } from '../../fakes/slack.ts'
import {
  ALERT,
  hookAt,
  NOW,
  onDisk,
  receiver,
  SECRETS,
  SLACK,
  slackAt,
  stage,
  TOKEN,
  type Stage,
} from './stage.ts'

describe('an alert', () => {
  test('reaches Slack as the built-in agent, which is planned, granted and on record', async () => {
    const server = await slack([TOKEN])
    const s = await stage({ slack: SLACK }, slackAt(server.url))
    await raiseAlert(s.gateway, ALERT)
    expect(await s.flush()).toEqual({ sent: 1, waiting: 0, givenUp: 0 })
    expect(server.messages).toEqual([
      {
        channel: '#finance-alerts',
        text: [
          'warning: stripe-api-key ends in 5 days',
          'hint: rotate it',
          'credential.expiring, ref stripe-api-key, agent payment-analyst, environment default',
        ].join('\n'),
      },
    ])
    const host = server.url.slice('http://'.length)
    const monitor = { agent: 'secretref-monitor', ref: 'ops/slack', tool: 'slack' }
    expect(s.records()).toMatchObject([
      { event: 'alert.raised', reason: 'credential.expiring', ref: 'stripe-api-key' },
      { event: 'grant.intent', ...monitor, detail: { purpose: 'alert', host } },
      {
        event: 'grant.released',
        ...monitor,
        decision: 'allow',
        detail: { purpose: 'alert', host },
      },
      { event: 'alert.sent', detail: { channel: 'slack:#finance-alerts', attempts: 1 } },
    ])
    expect(s.said).toEqual([])
    expect(await s.flush()).toEqual({ sent: 0, waiting: 0, givenUp: 0 })
    expect(server.messages).toHaveLength(1)
  })

  test('reaches a receiver with a signature that fits, Slack’s incoming webhook, and a program', async () => {
    const [own, incoming] = [await receiver(), await listen((_, response) => response.end('ok'))]
    const s = await stage(
      {
        slack: { webhook: { secretRef: 'ops/incoming' } },
        webhooks: { own: hookAt(own.url) },
      },
      {
        secrets: { ...SECRETS, 'ops/incoming': `${incoming.url}/services/T0/B0/fake` },
        targets: { 'slack-webhook': { baseUrl: incoming.url } },
      },
    )
    await raiseAlert(s.gateway, ALERT)
    expect(await s.flush()).toMatchObject({ sent: 2 })
    expect(own.taken).toMatchObject([
      {
        body: {
          type: 'credential.expiring',
          timestamp: '2026-11-25T12:00:00.000Z',
          data: { severity: 'warning', ref: 'stripe-api-key', agent: 'payment-analyst', count: 1 },
        },
      },
    ])
    expect(own.taken[0]?.body.data['id']).toBe(own.taken[0]?.id)
    expect(incoming.requests).toEqual(['POST /services/T0/B0/fake'])
    expect(onDisk(s).includes('/services/T0')).toBe(false)
    expect(s.records()).toContainEqual(
      expect.objectContaining({
        event: 'grant.released',
        ref: 'ops/incoming',
        detail: { purpose: 'alert', host: incoming.url.slice('http://'.length) },
      }),
    )
  })

  test('reaches a program as JSON on its stdin, with nothing of our environment', async () => {
    const s = await stage((world) => {
      const page = world.write('page', `#!/bin/sh\ncat > "$1"\nenv > "$2"\n`, 0o700)
      return {
        commands: { page: { command: [page, join(world.dir, 'out'), join(world.dir, 'env')] } },
      }
    })
    const [out, env] = [join(s.world.dir, 'out'), join(s.world.dir, 'env')]
    await raiseAlert(s.gateway, ALERT)
    expect(await s.flush()).toMatchObject({ sent: 1 })
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ type: 'credential.expiring' })
    const names = readFileSync(env, 'utf8')
      .split('\n')
      .map((line) => line.split('=')[0])
    expect(names.filter((name) => !['PATH', 'PWD', 'SHLVL', '_', ''].includes(name ?? ''))).toEqual(
      [],
    )
  })

  test('of which there were a hundred is one message with a count', async () => {
    const own = await receiver()
    const s = await stage({ webhooks: { own: hookAt(own.url) } })
    for (let i = 0; i < 100; i += 1) await raiseAlert(s.gateway, ALERT)
    await s.flush()
    expect(own.taken.map(({ body }) => body.data['count'])).toEqual([100])
  })
})

describe('a channel that does not take it', () => {
  test('because its token was revoked: on record and said once; sent when there is a new one', async () => {
    const server = await slack([], 'token_revoked')
    const s = await stage({ slack: SLACK }, slackAt(server.url))
    await raiseAlert(s.gateway, ALERT)
    expect(await s.flush()).toMatchObject({ sent: 0, waiting: 1 })
    expect(s.said[0]).toBe(
      'an alert not sent to #finance-alerts: its credential is refused; it is tried again',
    )
    s.at(60)
    expect(await s.flush()).toMatchObject({ waiting: 1 })
    expect(s.said).toHaveLength(2)
    const failed = s.records().filter((one) => 'event' in one && one.event === 'alert.failed')
    expect(failed).toMatchObject([{ reason: 'credential-refused', detail: { state: 'waiting' } }])
  })

  test.each([
    ['another host', 'slack.example'],
    ['one that only looks like it', 'hooks.slack.com.example'],
    ['GovSlack, which the config does not name', 'hooks.slack-gov.com'],
    ['another port', 'hooks.slack.com:8443'],
  ])('because its incoming webhook leads elsewhere (%s): nothing leaves', async (_, host) => {
    const secrets = { 'ops/incoming': `https://${host}/services/T0/B0/fake` }
    const s = await stage({ slack: { webhook: { secretRef: 'ops/incoming' } } }, { secrets })
    await raiseAlert(s.gateway, ALERT)
    expect(await s.flush()).toMatchObject({ sent: 0, waiting: 1 })
    expect(s.said[0]).toContain('not sent to slack: the address of its incoming webhook is not')
    expect(s.records().at(-1)).toMatchObject({ reason: 'elsewhere-refused' })
  })

  test('because its incoming webhook is another server of this machine than the config names', async () => {
    const [named, other] = [await receiver(), await receiver()]
    const s = await stage(
      { slack: { webhook: { secretRef: 'ops/incoming' } } },
      {
        secrets: { 'ops/incoming': `${other.url}/services/T0/B0/fake` },
        targets: { 'slack-webhook': { baseUrl: named.url } },
      },
    )
    await raiseAlert(s.gateway, ALERT)
    expect(await s.flush()).toMatchObject({ sent: 0, waiting: 1 })
    expect([...named.requests, ...other.requests]).toEqual([])
  })

  test('because its token is not there: nothing leaves until it is', async () => {
    const server = await slack([TOKEN])
    const s = await stage({ slack: SLACK }, { ...slackAt(server.url), secrets: {} })
    await raiseAlert(s.gateway, ALERT)
    expect(await s.flush()).toMatchObject({ waiting: 1 })
    expect(server.requests).toEqual([])
    expect(s.records()).toMatchObject([
      { event: 'alert.raised' },
      { event: 'grant.intent' },
      { event: 'grant.failed', code: 'SECRET_NOT_FOUND' },
      { event: 'alert.failed', reason: 'no-credential', code: 'SECRET_NOT_FOUND' },
    ])
    s.world.writeSecrets(SECRETS)
    s.at(60)
    expect(await s.flush()).toMatchObject({ sent: 1 })
  })

  test('because the provider of its token is down: it waits, and nothing leaves', async () => {
    const server = await slack([TOKEN])
    const providers = { vend: { type: 'exec', command: '/no/such/program' } }
    const s = await stage({ slack: SLACK }, { ...slackAt(server.url), providers })
    await raiseAlert(s.gateway, ALERT)
    expect(await s.flush()).toMatchObject({ waiting: 1 })
    expect(s.records().at(-1)).toMatchObject({
      reason: 'no-credential',
      code: 'PROVIDER_UNAVAILABLE',
    })
    expect(s.said[0]).toContain('not sent to #finance-alerts: ')
    expect(server.requests).toEqual([])
  })

  test('because it is busy: as late as it says', async () => {
    const own = await receiver({ status: 429, headers: { 'retry-after': '600' } })
    const s = await stage({ webhooks: { own: hookAt(own.url) } })
    await raiseAlert(s.gateway, ALERT)
    await s.flush()
    s.at(590)
    await s.flush()
    expect(own.requests).toHaveLength(1)
    s.at(601)
    await s.flush()
    expect(own.requests).toHaveLength(2)
    expect(new Set(own.taken.map(({ id }) => id)).size).toBe(1)
  })

  test('because it is busy: no other alert is tried either, and by no other process', async () => {
    const own = await receiver({ status: 429, headers: { 'retry-after': '600' } })
    const s = await stage({ webhooks: { own: hookAt(own.url) } })
    await raiseAlert(s.gateway, ALERT)
    await s.flush()
    s.at(60)
    const another = s.like({})
    await raiseAlert(another, { ...ALERT, severity: 'critical', key: 'another', at: NOW })
    const request = { say: () => {}, signal: new AbortController().signal }
    expect(await flushAlerts(another, request)).toEqual({ sent: 0, waiting: 0, givenUp: 0 })
    expect(own.requests).toHaveLength(1)
    // Whoever raised it knows that nothing is sent now.
    const said: string[] = []
    await settleAlerts(another, (_, sentence) => void said.push(sentence))
    expect(said).toEqual([
      '2 alerts still wait for webhook:own, not before 12:10:00Z: it takes no more for now',
    ])
    s.at(601)
    await flushAlerts(another, request)
    expect(own.requests).toHaveLength(2)
  })

  test('because it answers with an error, or elsewhere: nobody is asked elsewhere', async () => {
    const elsewhere = await receiver()
    const answer = (status: number): ReturnType<typeof receiver> =>
      receiver({ status, headers: { location: `${elsewhere.url}/in` } })
    const [broken, moved, deaf] = [await answer(500), await answer(302), await answer(400)]
    const s = await stage({
      webhooks: {
        broken: hookAt(broken.url),
        moved: hookAt(moved.url),
        deaf: hookAt(deaf.url),
      },
    })
    await raiseAlert(s.gateway, ALERT)
    expect(await s.flush()).toEqual({ sent: 0, waiting: 2, givenUp: 1 })
    const failed = s.records().filter((one) => 'event' in one && one.event === 'alert.failed')
    expect(failed).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ reason: 'server' }),
        expect.objectContaining({ reason: 'destination-refused' }),
        expect.objectContaining({ reason: 'message-refused' }),
      ]),
    )
    expect(elsewhere.requests).toEqual([])
    s.at(5)
    await s.flush()
    expect([broken, moved, deaf].map(({ requests }) => requests.length)).toEqual([2, 2, 1])
  })

  test('because it hangs: no longer than the caller waits, and no other channel waits for it', async () => {
    const [hangs, own] = [await hanging(), await receiver()]
    const s = await stage({ webhooks: { hangs: hookAt(hangs.url), own: hookAt(own.url) } })
    await raiseAlert(s.gateway, ALERT)
    const given = new AbortController()
    const flushed = s.flush(given.signal)
    await until('both', () => hangs.connections() === 1 && own.taken.length === 1)
    await until('the record', () =>
      s.records().some((one) => 'event' in one && one.event === 'alert.sent'),
    )
    given.abort()
    expect(await flushed).toEqual({ sent: 1, waiting: 1, givenUp: 0 })
    // That somebody waited no longer says nothing of the channel.
    expect(s.records().filter((one) => 'event' in one && one.event === 'alert.failed')).toEqual([])
    expect(s.said[0]).toBe('an alert is not sent to webhook:hangs in time')
  })

  test('because it is slow: who waits no longer leaves it to the next one, as if nobody had tried', async () => {
    let patient = false
    const server = await listen((request, response) => {
      request.resume().on('end', () => void (patient && response.writeHead(204).end()))
    })
    const s = await stage({ webhooks: { own: hookAt(server.url) } })
    await raiseAlert(s.gateway, ALERT)
    const given = new AbortController()
    const flushed = s.flush(given.signal)
    await until('the message', () => server.requests.length === 1)
    given.abort()
    expect(await flushed).toEqual({ sent: 0, waiting: 1, givenUp: 0 })
    expect(s.said[0]).toBe('an alert is not sent to webhook:own in time')
    patient = true
    expect(await s.flush()).toEqual({ sent: 1, waiting: 0, givenUp: 0 })
    expect(s.records().at(-1)).toMatchObject({ event: 'alert.sent', detail: { attempts: 1 } })
  })

  test('because a program may be changed by others, or is not there', async () => {
    const s = await stage((world) => {
      const open = world.write('open', '#!/bin/sh\n', 0o700)
      chmodSync(open, 0o722)
      return {
        commands: { open: { command: [open] }, gone: { command: [join(world.dir, 'gone')] } },
      }
    })
    await raiseAlert(s.gateway, ALERT)
    expect(await s.flush()).toMatchObject({ sent: 0, waiting: 2 })
  })
})

test('two who send at once send it once', async () => {
  const own = await receiver()
  const s = await stage({ webhooks: { own: hookAt(own.url) } })
  for (let i = 0; i < 5; i += 1) await raiseAlert(s.gateway, { ...ALERT, key: `k${i}` })
  const both = await Promise.all([s.flush(), s.flush()])
  expect(both[0].sent + both[1].sent).toBe(5)
  expect(own.taken).toHaveLength(5)
  expect(new Set(own.taken.map(({ id }) => id)).size).toBe(5)
})

describe('nothing is sent', () => {
  test('from inside an agent: what is due stays for whoever started it', async () => {
    const own = await receiver()
    const s = await stage({ webhooks: { own: hookAt(own.url) } })
    const inside = s.like({
      parent: {
        run: 'r',
        agent: 'a',
        environment: 'default',
        config: s.world.config,
        configHash: s.gateway.loaded.hash,
        variables: [],
      },
    })
    await raiseAlert(inside, ALERT)
    const request = { say: () => {}, signal: new AbortController().signal }
    expect(await flushAlerts(inside, request)).toEqual({ sent: 0, waiting: 0, givenUp: 0 })
    expect(own.requests).toEqual([])
    expect(await s.flush()).toMatchObject({ sent: 1 })
  })

  test('to a channel that the config no longer has; that is said, and final', async () => {
    const own = await receiver()
    const s = await stage({ webhooks: { own: hookAt(own.url) } })
    await raiseAlert(s.gateway, ALERT)
    const { loaded } = s.gateway
    const without = s.like({ loaded: { ...loaded, config: { ...loaded.config, alerts: {} } } })
    const said: string[] = []
    const request = {
      say: (_: unknown, text: string) => void said.push(text),
      signal: new AbortController().signal,
    }
    expect(await flushAlerts(without, request)).toMatchObject({ givenUp: 1 })
    expect(said).toEqual([
      'an alert not sent to webhook:own: the config has no such channel any more; given up',
    ])
    expect(own.requests).toEqual([])
  })

  test('to a channel of Slack that the config names no longer, though the bot might', async () => {
    const server = await slack([TOKEN])
    const s = await stage({ slack: SLACK }, slackAt(server.url))
    await raiseAlert(s.gateway, ALERT)
    const { loaded } = s.gateway
    const alerts = { slack: { ...SLACK, channel: '#private' } }
    const moved = s.like({ loaded: { ...loaded, config: { ...loaded.config, alerts } } })
    const request = { say: () => {}, signal: new AbortController().signal }
    expect(await flushAlerts(moved, request)).toMatchObject({ givenUp: 1 })
    expect(server.requests).toEqual([])
  })

  test('by another config than its own', async () => {
    const own = await receiver()
    const s = await stage({ webhooks: { own: hookAt(own.url) } })
    await raiseAlert(s.gateway, ALERT)
    const other = s.like({ loaded: { ...s.gateway.loaded, path: '/another/config.json' } })
    const request = { say: () => {}, signal: new AbortController().signal }
    expect(await flushAlerts(other, request)).toMatchObject({ sent: 0 })
  })

  test('to a test server’s address that production would inherit', async () => {
    const server = await slack([TOKEN])
    const s = await stage(
      { slack: SLACK },
      {
        ...slackAt(server.url),
        environments: { production: { inherit: true } },
        openclaw: { gateway: { environment: 'staging' } },
      },
    )
    await raiseAlert(s.gateway, { ...ALERT, environment: 'production' })
    expect(await s.flush()).toMatchObject({ waiting: 1 })
    expect(server.requests).toEqual([])
    expect(s.records().at(-1)).toMatchObject({ reason: 'base-url-misplaced' })
  })
})

/** The same gateway after its config was edited. */
function edited(s: Stage, edit: Partial<Config>): Gateway {
  const { loaded } = s.gateway
  return s.like({ loaded: { ...loaded, config: { ...loaded.config, ...edit } } })
}

describe('what waits when the config is edited', () => {
  const quiet = { say: () => {}, signal: new AbortController().signal }

  test('follows from an incoming webhook to the bot that takes its place', async () => {
    const server = await slack([TOKEN])
    const s = await stage(
      { slack: { webhook: { secretRef: 'ops/incoming' }, channel: '#finance-alerts' } },
      slackAt(server.url),
    )
    await raiseAlert(s.gateway, ALERT)
    const bot = edited(s, { alerts: { slack: SLACK } })
    expect(await flushAlerts(bot, quiet)).toEqual({ sent: 1, waiting: 0, givenUp: 0 })
    expect(server.messages.map(({ channel }) => channel)).toEqual(['#finance-alerts'])
  })

  test('follows from a bot to an incoming webhook of the same channel, and to no other', async () => {
    const incoming = await listen((_, response) => response.end('ok'))
    const s = await stage(
      { slack: SLACK, routes: [{ to: ['slack', '#on-call'] }] },
      {
        targets: { 'slack-webhook': { baseUrl: incoming.url } },
        secrets: { 'ops/incoming': `${incoming.url}/services/T0/B0/fake` },
      },
    )
    await raiseAlert(s.gateway, ALERT)
    const webhook = { secretRef: 'ops/incoming' }
    const alerts = { slack: { webhook, channel: '#finance-alerts' }, routes: [] }
    expect(await flushAlerts(edited(s, { alerts }), quiet)).toEqual({
      sent: 1,
      waiting: 0,
      givenUp: 1,
    })
    expect(incoming.requests).toHaveLength(1)
    expect(s.records()).toContainEqual(
      expect.objectContaining({
        reason: 'no-channel',
        detail: expect.objectContaining({ channel: 'slack:#on-call', state: 'given-up' }),
      }),
    )
  })

  test('of an environment that is there no more is given up at once, whichever channel', async () => {
    const own = await receiver()
    const s = await stage(
      (world) => ({
        webhooks: { own: hookAt(own.url) },
        commands: { page: { command: [world.write('page', '#!/bin/sh\n', 0o700)] } },
      }),
      { environments: { old: { inherit: true } } },
    )
    await raiseAlert(s.gateway, { ...ALERT, environment: 'old' })
    const without = edited(s, { environments: {} })
    expect(await flushAlerts(without, quiet)).toEqual({ sent: 0, waiting: 0, givenUp: 2 })
    expect(own.requests).toEqual([])
    const failed = { event: 'alert.failed', environment: 'old', reason: 'no-environment' }
    expect(s.records().slice(1)).toMatchObject([failed, failed])
  })
})

test('an alert that cannot be read is set aside, on record and said; the others are sent', async () => {
  const own = await receiver()
  const s = await stage({ webhooks: { own: hookAt(own.url) } })
  for (const key of ['a', 'b', 'c', 'd']) await raiseAlert(s.gateway, { ...ALERT, key })
  const db = openOutbox(s.world.home)
  db.exec("UPDATE alerts SET event = 'of.next-year' WHERE key = 'a'")
  db.exec("UPDATE alerts SET at = 'yesterday' WHERE key = 'b'")
  db.exec("UPDATE alerts SET severity = 'fatal' WHERE key = 'c'")
  db.close()
  expect(await s.flush()).toMatchObject({ sent: 1 })
  expect(s.said).toEqual([
    '3 alerts to webhook:own cannot be read: given up',
    '`secretref log show --event alert.raised` shows what was raised',
  ])
  expect(s.records()).toContainEqual(
    expect.objectContaining({
      event: 'alert.failed',
      reason: 'unreadable',
      count: 3,
      detail: { channel: 'webhook:own', state: 'given-up' },
    }),
  )
  s.said.length = 0
  expect(await s.flush()).toEqual({ sent: 0, waiting: 0, givenUp: 0 })
  expect(s.said).toEqual([])
})

test('no value is on disk, in what is said, or in a body', async () => {
  const server = await slack([TOKEN])
  const own = await receiver()
  const s = await stage({ slack: SLACK, webhooks: { own: hookAt(own.url) } }, slackAt(server.url))
  await raiseAlert(s.gateway, { ...ALERT, text: `somebody wrote ${TOKEN}-0123456789 here` })
  await s.flush()
  const all = [
    onDisk(s),
    own.received(),
    Buffer.from(s.said.join('\n')),
    Buffer.from(JSON.stringify(server.messages)),
  ]
  for (const secret of [TOKEN, SECRETS['ops/hook']]) {
    for (const one of all) expect(one.includes(secret)).toBe(false)
  }
})
