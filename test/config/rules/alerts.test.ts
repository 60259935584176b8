import { describe, expect, test } from 'vitest'
import { everyAgentOf } from '../../../src/config/accessors.ts'
import { MONITOR } from '../../../src/config/monitor.ts'
import { complaints, load, refusal } from '../helpers.ts'

const SLACK = { token: { secretRef: 'ops/slack' }, channel: '#finance-alerts' }
const own = { url: 'https://alerts.example.com/in', secret: { secretRef: 'ops/hook' } }
const TOKEN = ['xoxb', '1'.repeat(12), 'FAKE'].join('-')

test('alerts as they may be written', async () => {
  await load({
    alerts: {
      slack: SLACK,
      webhooks: { own, local: { ...own, url: 'http://127.0.0.1:8080/in' } },
      commands: { page: { command: ['/usr/local/bin/page', '--loud'] } },
      routes: [
        { to: ['slack'] },
        { events: ['credential.*', 'lease.lost'], severity: 'critical', to: ['#on-call'] },
        { environments: ['production'], to: ['webhook:own', 'command:page'] },
      ],
    },
  })
  await load({ alerts: { slack: { webhook: { secretRef: 'ops/slack-webhook' } } } })
})

describe('a credential in place of a ref is one', () => {
  test.each([
    [{ slack: { ...SLACK, token: 'anything' } }, 'alerts.slack.token'],
    [{ slack: { ...SLACK, token: { secretRef: 'any thing' } } }, 'alerts.slack.token.secretRef'],
    [{ slack: { ...SLACK, token: { secretRef: TOKEN } } }, 'alerts.slack.token.secretRef'],
    [{ slack: { webhook: 'https://example.com/x' } }, 'alerts.slack.webhook'],
    [{ webhooks: { own: { ...own, secret: 'anything' } } }, 'alerts.webhooks.own.secret'],
    [
      { webhooks: { own: { ...own, url: `https://hooks.slack.com/services/${'A'.repeat(24)}` } } },
      'alerts.webhooks.own.url',
    ],
    [{ commands: { x: { command: ['/bin/x', '--token', 'abc'] } } }, 'alerts.commands.x.command.2'],
  ])('%#', async (alerts, at) => {
    const found = await complaints({ alerts })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(`HARDCODED_CREDENTIAL ${at}: `)
  })

  test('and a name as mixed as a key', async () => {
    const secretRef = 'a1'.repeat(20)
    expect(
      await complaints({ alerts: { webhooks: { own: { ...own, secret: { secretRef } } } } }),
    ).toEqual([
      'HARDCODED_CREDENTIAL alerts.webhooks.own.secret.secretRef: this name of a ref looks like a value',
    ])
  })
})

describe('what cannot be used is said with its place', () => {
  test.each([
    [{ slack: { channel: '#x' } }, 'alerts.slack: nothing says how Slack is reached'],
    [
      { slack: { ...SLACK, webhook: { secretRef: 'w' } } },
      'alerts.slack: a bot and an incoming webhook exclude each other',
    ],
    [
      { slack: { token: { secretRef: 't' } } },
      'alerts.slack: "channel" is missing: a bot must be told where to post',
    ],
    [
      { slack: { ...SLACK, channel: 'finance alerts' } },
      'alerts.slack.channel: must be a channel of Slack such as #finance-alerts, or its id',
    ],
    [
      { webhooks: { own: { ...own, url: 'http://alerts.example.com/in' } } },
      'alerts.webhooks.own.url: must begin with https://, or with http:// and this machine',
    ],
    [
      { webhooks: { own: { ...own, url: 'https://u:p@alerts.example.com/in' } } },
      'alerts.webhooks.own.url: must name no user and no password: what stands before the @ would be shown wherever the address is',
    ],
    [
      { webhooks: { own: { ...own, url: 'http://localhost:1/in' } } },
      'alerts.webhooks.own.url: alerts are not sent to such an address',
    ],
    [
      { webhooks: { 'a.b': own, 'a-b': own } },
      'alerts.webhooks.a-b: this name and "a.b" differ in signs only',
    ],
    [
      { commands: { x: { command: ['page'] } } },
      'alerts.commands.x.command.0: must be an absolute path',
    ],
    [
      { slack: SLACK, routes: [{ to: ['webhook:own'] }] },
      'alerts.routes.0.to.0: no such channel is configured',
    ],
    [
      { slack: { webhook: { secretRef: 'w' } }, routes: [{ to: ['#other'] }] },
      'alerts.routes.0.to.0: an incoming webhook posts to its own channel only',
    ],
  ])('%#', async (alerts, text) => {
    expect(await complaints({ alerts })).toEqual([`CONFIG_INVALID ${text}`])
  })

  test('an event and an environment that are none, with what was meant', async () => {
    const events = { slack: SLACK, routes: [{ events: ['credential.expird'], to: ['slack'] }] }
    const { problems } = await refusal({ alerts: events })
    expect(problems).toMatchObject([
      { at: ['alerts', 'routes', 0, 'events', 0], hint: 'did you mean "credential.expired"?' },
    ])
    const alerts = { slack: SLACK, routes: [{ environments: ['prodution'], to: ['slack'] }] }
    const other = await refusal({ alerts, environments: { production: {} } })
    expect(other.problems).toMatchObject([
      { at: ['alerts', 'routes', 0, 'environments', 0], hint: 'did you mean "production"?' },
    ])
  })
})

describe('the built-in agent', () => {
  test('cannot be written', async () => {
    expect(await complaints({ agents: { [MONITOR]: {} } })).toEqual([
      `CONFIG_INVALID agents.${MONITOR}: this agent is built in: alerts are sent as it`,
    ])
    expect(await complaints({ agent: { id: MONITOR } })).toHaveLength(1)
  })

  test('holds what alerts need and is there only then', async () => {
    const { config } = await load({ alerts: { slack: SLACK, webhooks: { own } } })
    const tools = everyAgentOf(config).get(MONITOR)?.['tool-bindings'] ?? {}
    expect(
      Object.entries(tools).map(([tool, { credentials }]) => [tool, credentials]),
    ).toMatchObject([
      ['slack', { token: { secretRef: 'ops/slack' } }],
      ['webhook/own', { secret: { secretRef: 'ops/hook' } }],
    ])
    const none = await load({ alerts: { commands: { x: { command: ['/bin/x'] } } } })
    expect(everyAgentOf(none.config).has(MONITOR)).toBe(false)
  })
})
