/** Refs that the config places and nobody is bound to: they end all the same. */
import { expect, test } from 'vitest'
import { alertsOf } from '../../../src/gateway/monitor/alerts.ts'
import { lookAtAll, needsSomebody } from '../../../src/gateway/monitor/look.ts'
import { recordsOf } from '../../process/support.ts'
import { NOW, stage, type Stage } from '../alert/stage.ts'

const inDays = (days: number): string => new Date(NOW.getTime() + days * 86_400_000).toISOString()

const SECRETS = {
  bound: { value: 'fake-bound', expiresAt: inDays(90) },
  near: { value: 'fake-near', expiresAt: inDays(3) },
  over: 'fake-over',
  endless: 'fake-endless',
  'of-staging': { value: 'fake-staging', expiresAt: inDays(2) },
}

function staged(): Promise<Stage> {
  return stage(
    {},
    {
      secrets: SECRETS,
      openclaw: {
        gateway: {
          environment: 'production',
          secrets: {
            refMap: {
              bound: { provider: 'file' },
              near: { provider: 'file' },
              over: { provider: 'file', expiresAt: inDays(-1) },
              endless: { provider: 'file' },
              gone: { provider: 'file' },
            },
          },
        },
      },
      environments: { staging: { secrets: { 'of-staging': { provider: 'file' } } } },
      agents: { a: { 'tool-bindings': { t: { credentials: { k: { secretRef: 'bound' } } } } } },
    },
  )
}

test('each is looked at, and marked', async () => {
  const s = await staged()
  const { watched } = await lookAtAll(s.gateway, { days: 7 })
  const shown = watched.map(({ ref, state, agents, unbound }) => ({ ref, state, agents, unbound }))
  expect(shown).toEqual([
    { ref: 'bound', state: 'fine', agents: ['a'], unbound: undefined },
    { ref: 'near', state: 'expiring', agents: [], unbound: true },
    { ref: 'over', state: 'expired', agents: [], unbound: true },
    { ref: 'endless', state: 'endless', agents: [], unbound: true },
    { ref: 'gone', state: 'unreadable', agents: [], unbound: true },
  ])
  // What is not there, and nobody reads, needs nobody.
  expect(watched.filter(needsSomebody).map(({ ref }) => ref)).toEqual(['near', 'over'])
})

test('people are told that it is of no agent', async () => {
  const s = await staged()
  const alerts = alertsOf(await lookAtAll(s.gateway, { days: 7 }), NOW)
  expect(alerts).toMatchObject([
    {
      event: 'credential.expiring',
      text: expect.stringContaining('near of no agent ends in 3 days'),
    },
    { event: 'credential.expired', severity: 'warning', ref: 'over' },
  ])
  for (const alert of alerts) expect(alert).not.toHaveProperty('agent')
})

test('another environment’s are not this look’s', async () => {
  const s = await staged()
  const { watched } = await lookAtAll(s.gateway, { days: 7, environment: 'staging' })
  expect(watched.filter(({ unbound }) => unbound).map(({ ref }) => ref)).toEqual(['of-staging'])
})

test('each read is on record, in the name of the built-in agent, and delivers nothing', async () => {
  const s = await staged()
  await lookAtAll(s.gateway, { days: 7 })
  const read = recordsOf(s.world).filter(({ agent }) => agent === 'secretref-monitor')
  expect(read.map(({ event, ref }) => `${event} ${String(ref)}`).toSorted()).toEqual([
    'grant.checked endless',
    'grant.checked near',
    'grant.failed gone',
    'grant.intent endless',
    'grant.intent gone',
    'grant.intent near',
  ])
})
