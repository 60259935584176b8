/** `deny-and-alert` as a user meets it: whole runs whose alerts go to servers of the test. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listen } from '../fakes/listen.ts'
import { slack } from '../fakes/slack.ts'
import { receiver, SECRETS, TOKEN } from '../gateway/alert/stage.ts'
import { expectNoLeak, newSecret } from './leaks.ts'
import { copiesIn } from './scan-memory.ts'
import { saidOnStderr, serve, sh } from './serving.ts'
import {
  descendantsOf,
  eventsOf,
  isLinux,
  makeWorld,
  procFile,
  recordsOf,
  run,
  start,
  until,
  type Ended,
  type World,
} from './support.ts'

interface Given {
  alerts?: object
  secrets?: object
  required?: boolean
  agent?: object
  rest?: object
}

/** Agent `a` lacks its Stripe key, and has another one. */
function worldOf({ alerts, secrets = {}, required = true, agent = {}, rest = {} }: Given): World {
  return makeWorld({
    secrets: { ...SECRETS, other: 'fake-other', ...secrets },
    config: {
      secrets: { providers: { file: {} } },
      ...(alerts && { alerts }),
      ...rest,
      agents: {
        a: {
          'auth-profiles': { stripe: { required, 'on-failure': 'deny-and-alert' } },
          'tool-bindings': {
            stripe: { credentials: { key: { secretRef: 'stripe-api-key' } } },
            other: { credentials: { key: { secretRef: 'other' } } },
          },
          ...agent,
        },
      },
    },
  })
}

function toSlack(url: string): Given {
  return {
    alerts: { slack: { token: { secretRef: 'ops/slack' }, channel: '#finance-alerts' } },
    rest: { targets: { 'slack-bot-token': { baseUrl: url } } },
  }
}

function toHook(url: string): Given {
  return { alerts: { webhooks: { own: { url: `${url}/in`, secret: { secretRef: 'ops/hook' } } } } }
}

const runs = (world: World, ...command: string[]): Promise<Ended> =>
  run(world, ['run', '--config', world.config, '--', ...command])

/** While it sends: in no other process, on no command line, in no environment. */
function expectHeldBySenderAlone(control: number, value: string): void {
  const all = descendantsOf(control)
  const sender = all.find(({ argv }) =>
    argv.some((word) => /\/sender(?:\.cjs|\/main\.ts)$/.test(word)),
  )
  expect(copiesIn(sender?.pid ?? 0, value).length).toBeGreaterThan(0)
  expect(copiesIn(control, value)).toEqual([])
  for (const { pid } of [{ pid: control }, ...all]) {
    expect(procFile(pid, 'cmdline') + procFile(pid, 'environ')).not.toContain(value)
  }
}

const alertsIn = (world: World): string[] =>
  eventsOf(world).filter((event) => event.startsWith('alert.'))

describe('a denied credential', () => {
  test('that is required: the agent is not started, and Slack is told why', async () => {
    const server = await slack([TOKEN])
    const secret = newSecret()
    const world = worldOf({ ...toSlack(server.url), secrets: { other: secret.value } })
    const ended = await runs(world, 'true')
    expect(ended.code).toBe(125)
    expect(server.messages).toHaveLength(1)
    expect(server.messages[0]?.channel).toBe('#finance-alerts')
    expect(server.messages[0]?.text).toMatch(
      /^critical: a: STRIPE_API_KEY: .* \[SECRET_NOT_FOUND\]\nhint: .*\ngrant\.denied, ref stripe-api-key, agent a, environment default$/,
    )
    expect(alertsIn(world)).toEqual(['alert.raised', 'alert.sent'])
    expectNoLeak(world, secret, [ended], ['state/secrets.json'])
    const said = `${ended.out}${ended.err}${JSON.stringify(recordsOf(world))}`
    expect(said).not.toContain(TOKEN)
  })

  test('that is not: the agent runs meanwhile, and is not kept waiting', async () => {
    const hook = await receiver()
    const world = worldOf({ ...toHook(hook.url), required: false })
    const running = start(
      world,
      ['run', '--config', world.config, '--', ...sh('echo up; read x')],
      {
        stdin: 'pipe',
      },
    )
    await running.says(/up/)
    await until('the alert', () => hook.taken.length === 1)
    expect(hook.taken[0]?.body).toMatchObject({
      type: 'grant.denied',
      data: { severity: 'warning' },
    })
    running.child.stdin?.end()
    expect((await running.ended).code).toBe(1)
    expect(hook.taken).toHaveLength(1)
    const events = eventsOf(world)
    expect(events.indexOf('run.started')).toBeLessThan(events.indexOf('alert.sent'))
  })

  test('again and again, and by several at once, is one message', async () => {
    const hook = await receiver()
    const world = worldOf(toHook(hook.url))
    await Promise.all([1, 2, 3].map(() => runs(world, 'true')))
    await runs(world, 'true')
    expect(hook.taken).toHaveLength(1)
    expect(alertsIn(world).filter((event) => event === 'alert.raised')).toHaveLength(4)
  })

  test('with no channel: on record and on stderr', async () => {
    const world = worldOf({})
    const ended = await runs(world, 'true')
    expect(ended.err).toContain('a: STRIPE_API_KEY: alert: the agent was not started')
    expect(alertsIn(world)).toEqual(['alert.raised'])
  })
})

test('an alert that cannot be kept is said in a line with what to do, and on record with whose it is', async () => {
  const hook = await receiver()
  const world = worldOf(toHook(hook.url))
  mkdirSync(join(world.home.dir, 'alerts.db'), { recursive: true, mode: 0o700 })
  const ended = await runs(world, 'true')
  expect(ended.code).toBe(125)
  expect(ended.err).toMatch(
    /an alert is sent to nobody \(grant\.denied of stripe-api-key\): \S*alerts\.db is not a file of ours\nhint: something else stands in its place; move it away\n/,
  )
  const failed = recordsOf(world).filter(({ event }) => event === 'alert.failed')
  expect(failed).toMatchObject([{ reason: 'outbox', agent: 'a', ref: 'stripe-api-key' }])
  expect(hook.requests).toEqual([])
})

test('a receiver that takes more than five seconds has it when the command ends', async () => {
  const hook = await listen((request, response) => {
    request.resume().on('end', () => setTimeout(() => response.writeHead(204).end(), 5400))
  })
  const world = worldOf(toHook(hook.url))
  expect((await runs(world, 'true')).code).toBe(125)
  expect(alertsIn(world)).toEqual(['alert.raised', 'alert.sent'])
}, 20_000)

describe('a sender that fails', () => {
  test('is told once, changes no exit code, and holds up no other command', async () => {
    const hook = await listen((request, response) => {
      request.resume().on('end', () => response.writeHead(503).end())
    })
    const world = worldOf(toHook(hook.url))
    const first = await runs(world, 'true')
    expect(first.code).toBe(125)
    expect(first.err).toContain(
      'an alert not sent to webhook:own: it answers with an error of its own; it is tried again',
    )
    expect(alertsIn(world)).toEqual(['alert.raised', 'alert.failed'])
    // It is not due yet: the next command is not held up by it.
    const second = await runs(world, 'true')
    expect(second.err).not.toContain('not sent')
    expect(hook.requests).toHaveLength(1)
  })

  test('because it was killed with everything else: the next command sends it', async () => {
    let answers = false
    const ids: unknown[] = []
    const hook = await listen((request, response) => {
      ids.push(request.headers['webhook-id'])
      if (answers) request.resume().on('end', () => response.writeHead(204).end())
    })
    const world = worldOf(toHook(hook.url))
    const killed = start(world, ['run', '--config', world.config, '--', 'true'])
    await until('the sender', () => hook.requests.length === 1)
    if (isLinux) expectHeldBySenderAlone(killed.pid, SECRETS['ops/hook'])
    killed.child.kill('SIGKILL')
    await killed.ended
    answers = true
    await runs(world, 'true')
    // The same one: a receiver that has taken the first knows it.
    expect(new Set(ids).size).toBe(1)
    expect(ids).toHaveLength(2)
    expect(alertsIn(world).filter((event) => event === 'alert.sent')).toHaveLength(1)
  })
})

test('a gateway that serves sends while its agents wait for their next time', async () => {
  const hook = await receiver()
  const world = worldOf({
    ...toHook(hook.url),
    agent: { command: ['true'], schedule: '* * * * * *' },
  })
  const gateway = serve(world)
  await saidOnStderr(gateway, /was not started/)
  const denials = (): number => hook.taken.filter(({ body }) => body.type === 'grant.denied').length
  await until('the alert', () => denials() === 1)
  gateway.child.kill('SIGTERM')
  await gateway.ended
  expect(denials()).toBe(1)
})
