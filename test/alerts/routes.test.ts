import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { channelOf, channelsOf, routed } from '../../src/alerts/routes.ts'
import { ALERT_EVENTS, ALERTS, SEVERITIES } from '../../src/alerts/types.ts'
import type { Alerts } from '../../src/config/types.ts'

const ref = { secretRef: 'r' }
const bot: Alerts = { slack: { token: ref, channel: '#finance-alerts' } }
const incoming: Alerts = { slack: { webhook: ref, channel: '#finance-alerts' } }
const all: Alerts = {
  ...bot,
  webhooks: { own: { url: 'https://alerts.example.com', secret: ref } },
  commands: { page: { command: ['/bin/page'] } },
}
const WARNING = { event: 'grant.denied', severity: 'warning', environment: 'production' } as const

describe('without routes', () => {
  test('what is at least a warning goes to all', () => {
    expect(routed(all, WARNING)).toEqual(['slack:#finance-alerts', 'webhook:own', 'command:page'])
    expect(routed(all, { ...WARNING, severity: 'info' })).toEqual([])
    expect(routed(undefined, WARNING)).toEqual([])
  })
})

describe('a name of a channel', () => {
  test.each([
    [bot, 'slack', 'slack:#finance-alerts'],
    [bot, '#on-call', 'slack:#on-call'],
    [incoming, 'slack', 'slack'],
    [incoming, '#finance-alerts', 'slack'],
    [incoming, '#on-call', undefined],
    [all, 'webhook:own', 'webhook:own'],
    [all, 'webhook:toString', undefined],
    [all, 'command:own', undefined],
    [all, 'own', undefined],
    [all, 'webook:own', undefined],
    [all, 'C0123456789', 'slack:C0123456789'],
    [{}, 'slack', undefined],
    [undefined, '#finance-alerts', undefined],
  ])('%#: %j', (alerts, to, channel) => {
    expect(channelOf(alerts, to)).toBe(channel)
  })
})

const routes = fc.array(
  fc.record(
    {
      events: fc.array(fc.constantFrom(...ALERT_EVENTS), { minLength: 1 }),
      severity: fc.constantFrom(...SEVERITIES),
      environments: fc.array(fc.constantFrom('production', 'staging'), { minLength: 1 }),
      to: fc.array(fc.constantFrom('slack', '#on-call', 'webhook:own', 'command:page'), {
        minLength: 1,
      }),
    },
    { requiredKeys: ['to'] },
  ),
  { minLength: 1 },
)
const alert = fc.record({
  event: fc.constantFrom(...ALERTS),
  severity: fc.constantFrom(...SEVERITIES),
  environment: fc.constantFrom('production', 'staging', 'default'),
})

test('each route that fits counts, each channel once, and a graver alert goes nowhere less', () => {
  fc.assert(
    fc.property(routes, alert, (given, one) => {
      const alerts = { ...all, routes: given }
      const found = routed(alerts, one)
      expect(new Set(found).size).toBe(found.length)
      const names = new Set(given.flatMap(({ to }) => to.map((name) => channelOf(alerts, name))))
      expect(found.every((channel) => names.has(channel))).toBe(true)
      // What each of them gives alone is what they give together.
      const apart = given.flatMap((route) => routed({ ...all, routes: [route] }, one))
      expect(new Set(apart)).toEqual(new Set(found))
      const graver = routed(alerts, { ...one, severity: 'critical' })
      expect(found.every((channel) => graver.includes(channel))).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('a kind of event is all events of that kind, and no other', () => {
  for (const event of ALERTS) {
    for (const pattern of ALERT_EVENTS) {
      const to = routed(
        { ...bot, routes: [{ events: [pattern], to: ['slack'] }] },
        { ...WARNING, event },
      )
      const fits = pattern === event || pattern === `${event.split('.')[0]}.*`
      expect(to.length > 0).toBe(fits)
    }
  }
  expect(channelsOf(all)).toHaveLength(3)
})
