/** Calls against servers that answer as the services do, and against some that no service should be. */
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Call, Checked } from '../../../src/gateway/verify/words.ts'
import { targetById, verifyOf } from '../../../src/targets/lookup.ts'
import type { Verify } from '../../../src/targets/types.ts'
import type { Held } from '../../../src/values/resolver/fetch.ts'
import { verifyAll } from '../../../src/values/verifier/verify.ts'
import { github } from '../../fakes/github.ts'
import { dripping, flooding, garbage, hanging, redirecting } from '../../fakes/hostile.ts'
import { listen, listenSecurely, type Fake } from '../../fakes/listen.ts'
import { slack } from '../../fakes/slack.ts'
import { stripe } from '../../fakes/stripe.ts'

const part = (object: object): string => Buffer.from(JSON.stringify(object)).toString('base64url')

const newValue = (): string => `fake-${randomBytes(12).toString('hex')}`

function held(value: string | undefined): Held {
  const item = {
    ref: 'r',
    envVar: 'R',
    delivery: 'none',
    pathInEnvVar: false,
    chain: [],
    fallbackOn: [],
  } as const
  const about = { provider: 'file', ms: 0, passed: [] }
  if (value === undefined) {
    const failure = { outcome: 'failure', kind: 'absent', code: 'SECRET_NOT_FOUND' } as const
    return { item, report: { ...failure, ...about } }
  }
  const report = { outcome: 'value', fingerprint: 'f:0', warnings: [], ...about } as const
  return { item, report, value: Buffer.from(value) }
}

async function recipeOf(id: string): Promise<Verify> {
  const target = await targetById(id)
  const recipe = target && verifyOf(target)
  if (recipe === undefined) throw new Error(`no call for ${id}`)
  return recipe
}

/** Of which no form is known. */
const UNTOLD = { kind: '', kinds: [], literals: [] }

const CALL_MS = 400

/** One call; `ms` is left out. */
async function asked(
  recipe: Verify,
  value: string,
  more: Partial<Call> & { companion?: string } = {},
  callMs = 5000,
): Promise<Omit<Checked, 'ms'>> {
  const { companion, ...call } = more
  const [checked] = await verifyAll(
    {
      calls: [{ item: 0, recipe, service: UNTOLD, companions: {}, settings: {}, ...call }],
      concurrency: 1,
      deadlineMs: 10_000,
    },
    [held(value), held(companion)],
    { signal: new AbortController().signal, callMs },
  )
  if (checked === undefined) throw new Error('not asked')
  const { ms, ...rest } = checked
  expect(ms).toBeGreaterThanOrEqual(0)
  return rest
}

describe('Stripe', () => {
  test('a key that works, one without the permission, one that is dead', async () => {
    const [valid, restricted] = [newValue(), newValue()]
    const { url: baseUrl } = await stripe({ valid: [valid], restricted: [restricted] })
    const recipe = await recipeOf('stripe-secret-key')
    expect(await asked(recipe, valid, { baseUrl })).toEqual({ verdict: 'valid', status: 200 })
    const alive = { verdict: 'no-permission', status: 403 }
    expect(await asked(recipe, restricted, { baseUrl })).toEqual(alive)
    const dead = { verdict: 'rejected', status: 401 }
    expect(await asked(recipe, newValue(), { baseUrl })).toEqual(dead)
  })
})

describe('Slack answers 200 whatever the token', () => {
  test.each([
    ['invalid_auth', { verdict: 'rejected', status: 200 }],
    ['token_revoked', { verdict: 'rejected', status: 200 }],
    ['ratelimited', { verdict: 'cannot-tell', reason: 'unexpected-answer', status: 200 }],
  ])('and says %s', async (error, expected) => {
    const valid = newValue()
    const { url: baseUrl } = await slack([valid], error)
    const recipe = await recipeOf('slack-bot-token')
    expect(await asked(recipe, valid, { baseUrl })).toEqual({ verdict: 'valid', status: 200 })
    expect(await asked(recipe, newValue(), { baseUrl })).toEqual(expected)
  })
})

describe('GitHub', () => {
  test('says when the token ends, where it does', async () => {
    const valid = newValue()
    const recipe = await recipeOf('github-pat-classic')
    const ending = await github({ valid: [valid], expiration: '2026-12-24 19:07:53 UTC' })
    const expiresAt = '2026-12-24T19:07:53.000Z'
    const found = await asked(recipe, valid, { baseUrl: ending.url })
    expect(found).toEqual({ verdict: 'valid', status: 200, expiresAt })
    const endless = await github({ valid: [valid] })
    expect(await asked(recipe, valid, { baseUrl: endless.url })).not.toHaveProperty('expiresAt')
  })

  test('403 rejects nothing', async () => {
    const limited = newValue()
    const { url: baseUrl } = await github({ limited: [limited] })
    const recipe = await recipeOf('github-pat-classic')
    const unclear = { verdict: 'cannot-tell', reason: 'unexpected-answer', status: 403 }
    expect(await asked(recipe, limited, { baseUrl })).toEqual(unclear)
    expect(await asked(recipe, newValue(), { baseUrl })).toMatchObject({ verdict: 'rejected' })
  })
})

describe('a call that needs more', () => {
  test('gets it from another binding or from the config', async () => {
    const fake = await listen((request, response) => {
      const known = `Basic ${Buffer.from('AC0:fake-token').toString('base64')}`
      response.writeHead(request.headers.authorization === known ? 200 : 401).end()
    })
    const recipe = await recipeOf('twilio-auth-token')
    const baseUrl = `${fake.url}/proxy`
    const fromBinding = { baseUrl, companions: { TWILIO_ACCOUNT_SID: 1 }, companion: 'AC0' }
    expect(await asked(recipe, 'fake-token', fromBinding)).toMatchObject({ verdict: 'valid' })
    const fromConfig = { baseUrl, settings: { TWILIO_ACCOUNT_SID: 'AC0' } }
    expect(await asked(recipe, 'fake-token', fromConfig)).toMatchObject({ verdict: 'valid' })
    expect(new Set(fake.requests)).toEqual(new Set(['GET /proxy/2010-04-01/Accounts/AC0.json']))
    const missing = { verdict: 'cannot-tell', reason: 'companion-missing' }
    const gone = { baseUrl, companions: { TWILIO_ACCOUNT_SID: 1 } }
    expect(await asked(recipe, 'fake-token', gone)).toEqual(missing)
    expect(fake.requests).toHaveLength(2)
  })

  test('a token that says itself when it ends is believed, whatever the service says', async () => {
    const token = `${part({ alg: 'none' })}.${part({ exp: 1_791_400_073 })}.ZmFrZQ`
    const { url: baseUrl } = await stripe({})
    expect(await asked(await recipeOf('stripe-secret-key'), token, { baseUrl })).toMatchObject({
      verdict: 'rejected',
      expiresAt: '2026-10-07T19:07:53.000Z',
    })
  })
})

/** A server that must be left alone. */
async function bystander(): Promise<Fake> {
  return listen((_, response) => response.writeHead(200).end('{"ok":true}'))
}

describe('a value goes to its target alone', () => {
  test.each([301, 302, 303, 307, 308])('a redirect with %d is not followed', async (status) => {
    const elsewhere = await bystander()
    const { url: baseUrl } = await redirecting(elsewhere.url, status)
    const recipe = await recipeOf('slack-bot-token')
    const unclear = { verdict: 'cannot-tell', reason: 'redirect', status }
    expect(await asked(recipe, newValue(), { baseUrl })).toEqual(unclear)
    expect(elsewhere.connections()).toBe(0)
  })

  test('a server that cannot prove who it is is sent nothing', async () => {
    const fake = await listenSecurely((_, response) => response.writeHead(200).end())
    const found = await asked(await recipeOf('stripe-secret-key'), newValue(), {
      baseUrl: fake.url,
    })
    expect(found).toEqual({ verdict: 'unreachable', reason: 'tls' })
    expect(fake.connections()).toBe(1)
    expect(fake.received()).toHaveLength(0)
  })

  test('a URL of another host is no credential of this target', async () => {
    const elsewhere = await bystander()
    const target = await bystander()
    const recipe = await recipeOf('slack-webhook')
    const value = `${elsewhere.url}/services/T0/B0/x`
    const refused = { verdict: 'cannot-tell', reason: 'other-host' }
    expect(await asked(recipe, value, { baseUrl: target.url })).toEqual(refused)
    expect([elsewhere.connections(), target.connections()]).toEqual([0, 0])
  })

  test('a value that is plainly of another service is not shown to this one', async () => {
    const { url: baseUrl, requests } = await github({})
    const recipe = await recipeOf('github-pat-classic')
    const kind = 'github-pat-classic'
    const kinds = [kind, 'github-pat-fine-grained']
    const service = { kind, kinds, literals: ['GitHub token'] }
    const others = ['glpat', randomBytes(10).toString('hex')].join('-')
    const refused = { verdict: 'cannot-tell', reason: 'other-target' }
    expect(await asked(recipe, others, { baseUrl, service })).toEqual(refused)
    expect(requests).toEqual([])
    // One of this service, and one that has no form of its own.
    for (const value of [['ghp', 'a'.repeat(36)].join('_'), newValue()]) {
      expect(await asked(recipe, value, { baseUrl, service })).toMatchObject({
        verdict: 'rejected',
      })
    }
  })

  test('nor is it what goes along with one of this service', async () => {
    const target = await bystander()
    const recipe = await recipeOf('twilio-auth-token')
    const refused = { verdict: 'cannot-tell', reason: 'other-target' }
    const companion = ['ghp', 'a'.repeat(36)].join('_')
    const along = { baseUrl: target.url, companions: { TWILIO_ACCOUNT_SID: 1 }, companion }
    expect(await asked(recipe, newValue(), along)).toEqual(refused)
    expect(target.connections()).toBe(0)
    expect(await asked(recipe, newValue(), { ...along, companion: 'AC0' })).toMatchObject({
      verdict: 'valid',
    })
  })

  test('a recipe without a host needs a base URL, and a base URL must be one', async () => {
    const elsewhere = await bystander()
    const { host: _, ...homeless } = await recipeOf('stripe-secret-key')
    const refused = { verdict: 'cannot-tell', reason: 'other-host' }
    expect(await asked(homeless, newValue())).toEqual(refused)
    const shop = { ...homeless, host: '{shop}.myshopify.com' }
    expect(await asked(shop, newValue(), { baseUrl: 'https://evil.example' })).toEqual(refused)
    const named = elsewhere.url.replace('127.0.0.1', 'localhost')
    expect(await asked(homeless, newValue(), { baseUrl: named })).toEqual(refused)
    expect(elsewhere.connections()).toBe(0)
  })
})

describe('a server that answers as none should', () => {
  test.each<[string, () => Promise<Fake>, object]>([
    ['never', hanging, { verdict: 'unreachable', reason: 'timeout' }],
    ['without an end', dripping, { verdict: 'unreachable', reason: 'timeout' }],
    ['in garbage', garbage, { verdict: 'cannot-tell', reason: 'bad-answer', status: 200 }],
    [
      'in no HTTP at all',
      () => listen((request) => request.socket.end('SSH-2.0-fake\r\n')),
      { verdict: 'cannot-tell', reason: 'bad-answer' },
    ],
    [
      'with a head that does not end',
      () => listen((_, response) => response.writeHead(200, { x: 'x'.repeat(100_000) }).end()),
      { verdict: 'cannot-tell', reason: 'bad-answer' },
    ],
    [
      'by hanging up',
      () => listen((request) => request.socket.destroy()),
      { verdict: 'unreachable', reason: 'connection' },
    ],
    [
      'with another protocol, unasked',
      () =>
        listen((request) => {
          const head = 'HTTP/1.1 101 Switching Protocols'
          request.socket.write(`${head}\r\nconnection: upgrade\r\nupgrade: fake\r\n\r\n`)
        }),
      { verdict: 'cannot-tell', reason: 'bad-answer' },
    ],
    [
      'with another protocol that it does not name, and hangs up',
      () => listen((request) => request.socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')),
      { verdict: 'cannot-tell', reason: 'unexpected-answer', status: 101 },
    ],
    [
      'packed, unasked',
      () => listen((_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('x')),
      { verdict: 'cannot-tell', reason: 'bad-answer', status: 200 },
    ],
  ])('%s', async (_, serve, expected) => {
    const { url: baseUrl } = await serve()
    const recipe = await recipeOf('slack-bot-token')
    expect(await asked(recipe, newValue(), { baseUrl }, CALL_MS)).toEqual(expected)
  })

  test('with a hint that an answer comes, and then the answer', async () => {
    const { url: baseUrl } = await listen((_, response) => {
      response.writeEarlyHints({ link: '</x>; rel=preload' })
      response.writeHead(401).end()
    })
    const found = await asked(await recipeOf('stripe-secret-key'), newValue(), { baseUrl })
    expect(found).toEqual({ verdict: 'rejected', status: 401 })
  })

  test('with ten megabytes: no more is taken than is needed', async () => {
    const fake = await flooding()
    const long = await asked(await recipeOf('slack-bot-token'), newValue(), { baseUrl: fake.url })
    expect(long).toEqual({ verdict: 'cannot-tell', reason: 'answer-too-large', status: 200 })
    // What a status alone decides is not read at all.
    const short = await asked(await recipeOf('stripe-secret-key'), newValue(), {
      baseUrl: fake.url,
    })
    expect(short).toEqual({ verdict: 'valid', status: 200 })
    expect(fake.sent()).toBeLessThan(9 * 1024 * 1024)
  })

  test('where nobody listens, and where there is no such name', async () => {
    const recipe = await recipeOf('stripe-secret-key')
    const refused = { verdict: 'unreachable', reason: 'refused' }
    expect(await asked(recipe, newValue(), { baseUrl: 'http://127.0.0.1:1' })).toEqual(refused)
    // RFC 6761: nothing has a name under it.
    const nobody = { ...recipe, host: 'stripe.invalid' }
    expect(await asked(nobody, newValue())).toEqual({ verdict: 'unreachable', reason: 'dns' })
  })
})

test('many are asked at once, as many as are allowed, each once', async () => {
  let now = 0
  let most = 0
  const fake = await listen((_, response) => {
    most = Math.max(most, ++now)
    setTimeout(() => {
      now -= 1
      response.writeHead(200).end()
    }, 20)
  })
  const recipe = await recipeOf('stripe-secret-key')
  const calls = Array.from({ length: 20 }, (_, item) => ({
    item,
    recipe,
    service: UNTOLD,
    baseUrl: fake.url,
    companions: {},
    settings: {},
  }))
  const values = calls.map(() => held(newValue()))
  const limits = { signal: new AbortController().signal }
  const found = await verifyAll({ calls, concurrency: 3, deadlineMs: 10_000 }, values, limits)
  expect(most).toBe(3)
  expect(fake.requests).toHaveLength(20)
  expect(found.map(({ verdict }) => verdict)).toEqual(calls.map(() => 'valid'))
  // Control has learnt that there is none, and does not ask.
  const gone = verifyAll(
    { calls: calls.slice(0, 1), concurrency: 1, deadlineMs: 10 },
    [held(undefined)],
    limits,
  )
  await expect(gone).rejects.toThrow(TypeError)

  const late = await verifyAll(
    { calls: calls.slice(0, 2), concurrency: 1, deadlineMs: 1 },
    values,
    limits,
  )
  expect(late[1]).toMatchObject({ verdict: 'cannot-tell', reason: 'out-of-time' })
})
