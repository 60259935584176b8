/** After a failed run: one record and one line where a service rejects what the agent was given. */
import { describe, expect, test } from 'vitest'
import { hanging } from '../fakes/hostile.ts'
import { stripe } from '../fakes/stripe.ts'
import { serve, saidOnStderr, sh } from './serving.ts'
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

const CREATED = new Date(Date.now() - 30 * 86_400_000).toISOString()

function worldOf(baseUrl: string, agent: object = {}, refMap: object = {}): World {
  return makeWorld({
    secrets: { 'stripe-api-key': { value: 'fake-stripe', createdAt: CREATED } },
    config: {
      secrets: { providers: { file: {} } },
      targets: { 'stripe-secret-key': { baseUrl } },
      openclaw: { gateway: { secrets: { 'active-provider': 'file', refMap } } },
      agents: {
        a: {
          verifyOnFailure: true,
          'auth-profiles': { 'stripe-payment': { required: true, 'on-failure': 'deny-and-alert' } },
          'tool-bindings': {
            'stripe-payment': { credentials: { c: { secretRef: 'stripe-api-key' } } },
          },
          ...agent,
        },
      },
    },
  })
}

function runs(world: World, script: string): Promise<Ended> {
  return run(world, ['run', '--config', world.config, '--', ...sh(script)])
}

const verdicts = (world: World): string[] =>
  eventsOf(world).filter((event) => /^(?:credential|alert)\./.test(event))

describe('an agent that fails', () => {
  test('with a dead key: one line, one record, an alert, and its own exit code; once in five minutes', async () => {
    const bought = await stripe({})
    const world = worldOf(bought.url)
    const first = await runs(world, 'exit 7')
    expect(first.code).toBe(7)
    expect(first.err.split('\n')).toEqual([
      'secretref: a: STRIPE_API_KEY: alert: stripe-secret-key rejects "stripe-api-key" (HTTP 401, 30 days old) [CREDENTIAL_REJECTED]',
      'hint: replace it at Stripe; until then each run will fail',
      '',
    ])
    expect(
      recordsOf(world).filter(({ event }) => /^(?:credential|alert)\./.test(event)),
    ).toMatchObject([
      {
        event: 'credential.rejected',
        agent: 'a',
        ref: 'stripe-api-key',
        target: 'stripe-secret-key',
        detail: { verdict: 'rejected', status: 401, ageDays: 30 },
      },
      { event: 'alert.raised', ref: 'stripe-api-key', reason: 'credential-rejected' },
    ])
    // After the end of the run itself.
    expect(eventsOf(world).indexOf('run.ended')).toBeLessThan(
      eventsOf(world).indexOf('credential.rejected'),
    )
    const again = await runs(world, 'exit 7')
    expect(again).toMatchObject({ code: 7, err: '' })
    expect(bought.requests).toHaveLength(1)
  })

  test('with a key that is also bound where nobody knows what it is for: its service is asked', async () => {
    const bought = await stripe({})
    const twice = {
      mine: { credentials: { c: { secretRef: 'mine' } } },
      'stripe-payment': { credentials: { c: { secretRef: 'stripe-api-key' } } },
    }
    const refMap = { mine: { provider: 'file', target: 'stripe-api-key' } }
    const world = worldOf(bought.url, { 'tool-bindings': twice }, refMap)
    const { err } = await runs(world, 'exit 7')
    expect(err).toContain('[CREDENTIAL_REJECTED]')
    expect(bought.requests).toHaveLength(1)
  })

  test('with a key that works: on record, and nothing is said', async () => {
    const bought = await stripe({ valid: ['fake-stripe'] })
    const world = worldOf(bought.url)
    expect(await runs(world, 'exit 1')).toMatchObject({ code: 1, err: '' })
    expect(verdicts(world)).toEqual(['credential.verified'])
  })

  test('again and again: its service is asked once', async () => {
    const bought = await stripe({})
    const world = worldOf(bought.url, { command: sh('exit 3'), restart: 'always' })
    const gateway = serve(world)
    await until(
      'three runs',
      () => eventsOf(world).filter((event) => event === 'run.ended').length > 2,
    )
    await saidOnStderr(gateway, /CREDENTIAL_REJECTED/)
    expect(bought.requests).toHaveLength(1)
    gateway.child.kill('SIGTERM')
    await gateway.ended
  })
})

describe('nobody is asked', () => {
  test.each([
    ['where it went well', {}, 'exit 0'],
    ['where a signal ended it', {}, 'kill -KILL $$'],
    ['where the config does not say so', { verifyOnFailure: false }, 'exit 1'],
  ])('%s', async (_, agent, script) => {
    const bought = await stripe({})
    const world = worldOf(bought.url, agent)
    await runs(world, script)
    expect(eventsOf(world)).toContain('run.ended')
    expect(bought.connections()).toBe(0)
  })

  test('where we were asked to stop, whatever the agent makes of it', async () => {
    const bought = await stripe({})
    const world = worldOf(bought.url)
    const script = 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done'
    const gateway = start(world, ['run', '--config', world.config, '--', ...sh(script)], {
      through: ['setsid'],
    })
    await gateway.says(/ready/)
    gateway.child.kill('SIGTERM')
    expect(await gateway.ended).toMatchObject({ code: 9 })
    expect(bought.connections()).toBe(0)
  })
})

test('a service that hangs holds nobody up who wants to stop', async () => {
  const slow = await hanging()
  const world = worldOf(slow.url)
  const gateway = start(world, ['run', '--config', world.config, '--', ...sh('exit 5')], {
    through: ['setsid'],
  })
  await until('the call', () => slow.requests.length > 0)
  gateway.child.kill('SIGINT')
  expect(await gateway.ended).toMatchObject({ code: 5 })
  // It was sent, and nobody waited for what comes of it.
  expect(verdicts(world)).toEqual(['credential.unsettled'])
  expect(recordsOf(world).at(-1)).toMatchObject({ reason: 'no-report' })
})
