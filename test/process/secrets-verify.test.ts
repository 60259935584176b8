/** `secrets verify` as a user runs it: what it says, what it records, and where a value does not go. */
import { request } from 'node:https'
import { join } from 'node:path'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { credentialsOf } from '../../src/state/credentials.ts'
import { readDatabase } from '../../src/state/db.ts'
import { github } from '../fakes/github.ts'
import { garbage, hanging, redirecting } from '../fakes/hostile.ts'
import { listen, listenSecurely, type Fake } from '../fakes/listen.ts'
import { slack } from '../fakes/slack.ts'
import { stripe } from '../fakes/stripe.ts'
import { expectNoLeak, formsIn, newSecret } from './leaks.ts'
import { copiesIn, initialEnvironment } from './scan-memory.ts'
import {
  descendantsOf,
  describeOnLinux,
  makeWorld,
  procFile,
  recordsOf,
  ROOT,
  run,
  start,
  until,
  type Ended,
  type Process,
  type World,
} from './support.ts'

const STRIPE = 'stripe-secret-key'
const SLACK = 'slack-bot-token'
const GITHUB = 'github-pat-classic'

const slot = (secretRef: string): object => ({ credentials: { c: { secretRef } } })

/**
 * Agent `a` with the article's two tools and GitHub; agent `b` shares its Stripe key.
 *
 * @param urls where each target is asked
 */
function worldOf(secrets: object, urls: Record<string, string>): World {
  return makeWorld({
    secrets,
    config: {
      secrets: { providers: { file: {} } },
      targets: Object.fromEntries(
        Object.entries(urls).map(([target, baseUrl]) => [target, { baseUrl }]),
      ),
      agents: {
        a: {
          'tool-bindings': {
            'stripe-payment': slot('stripe-api-key'),
            'slack-notifier': slot('slack-bot-token'),
            github: slot('github-token'),
          },
        },
        b: { 'tool-bindings': { 'stripe-payment': slot('stripe-api-key') } },
      },
    },
  })
}

function verify(world: World, ...args: string[]): Promise<Ended> {
  return run(world, ['secrets', 'verify', '--config', world.config, ...args])
}

function verifierOf(pid: number): Process | undefined {
  return descendantsOf(pid).find(({ argv }) => argv.some((word) => /verifier/.test(word)))
}

/** The records of credentials, as event, ref and detail. */
function verdictsOf(world: World): object[] {
  return recordsOf(world).flatMap(({ event, ref, target, reason, detail }) =>
    event.startsWith('credential.')
      ? [{ event, ref, target, ...(reason && { reason }), ...detail }]
      : [],
  )
}

const hostOf = ({ url }: Fake): string => url.slice('http://'.length)

describe('asks each service', () => {
  test('says what it answers, with what to do; 2 where one is not settled', async () => {
    const [bought, chat, code] = [
      await stripe({}),
      await slack(['fake-slack']),
      await github({ limited: ['fake-github'] }),
    ]
    const createdAt = new Date(Date.now() - 400 * 86_400_000).toISOString()
    const world = worldOf(
      {
        'stripe-api-key': { value: 'fake-stripe', createdAt },
        'slack-bot-token': 'fake-slack',
        'github-token': 'fake-github',
      },
      { [STRIPE]: bought.url, [SLACK]: chat.url, [GITHUB]: code.url },
    )
    const { code: exit, out, err } = await verify(world, '--agent', 'a')
    expect({ exit, err }).toEqual({ exit: 2, err: '' })
    expect(out.split('\n')).toEqual([
      `❌ STRIPE_API_KEY: rejected (${STRIPE}, at ${hostOf(bought)} by the config's baseUrl, HTTP 401, 400 days old)`,
      '   hint: replace it at Stripe, then `secretref secrets set stripe-api-key`',
      `✅ SLACK_BOT_TOKEN: valid (${SLACK}, at ${hostOf(chat)} by the config's baseUrl, HTTP 200)`,
      `⚠️ GITHUB_TOKEN: cannot tell (${GITHUB}, at ${hostOf(code)} by the config's baseUrl, HTTP 403, this answer is not known)`,
      '',
    ])
    expect(verdictsOf(world)).toEqual([
      {
        event: 'credential.rejected',
        ref: 'stripe-api-key',
        target: STRIPE,
        verdict: 'rejected',
        host: hostOf(bought),
        status: 401,
        ageDays: 400,
      },
      {
        event: 'credential.verified',
        ref: 'slack-bot-token',
        target: SLACK,
        verdict: 'valid',
        host: hostOf(chat),
        status: 200,
      },
      {
        event: 'credential.unsettled',
        ref: 'github-token',
        target: GITHUB,
        reason: 'unexpected-answer',
        verdict: 'cannot-tell',
        host: hostOf(code),
        status: 403,
      },
    ])
    // Before anything was fetched it was on record who would be asked.
    const intents = recordsOf(world).filter(({ event }) => event === 'grant.intent')
    expect(intents.map(({ detail }) => detail)).toEqual(
      [bought, chat, code].map((fake) => ({ purpose: 'verify', host: hostOf(fake) })),
    )
    expect(recordsOf(world).some(({ event }) => event === 'alert.raised')).toBe(false)
  })

  test('1 where one is rejected, 0 where none is; what an answer says of the end is kept', async () => {
    const expiration = `${new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)} 12:00:00 UTC`
    const bought = await stripe({ valid: ['fake-stripe'] })
    const code = await github({ valid: ['fake-github'], expiration })
    const world = worldOf(
      { 'stripe-api-key': 'fake-stripe', 'github-token': 'fake-github', 'slack-bot-token': 'no' },
      { [STRIPE]: bought.url, [SLACK]: (await slack([])).url, [GITHUB]: code.url },
    )
    const whole = await verify(world, '--all', '--json')
    expect(whole.code).toBe(1)
    const { credentials } = JSON.parse(whole.out)
    expect(credentials).toMatchObject([
      // One question for both agents.
      { ref: 'stripe-api-key', agents: ['a', 'b'], verdict: 'valid', asked: true },
      { ref: 'slack-bot-token', agents: ['a'], verdict: 'rejected' },
      { ref: 'github-token', verdict: 'valid', expiresAt: expect.stringMatching(/T12:00:00/) },
    ])
    expect(bought.requests).toEqual(['GET /v1/balance'])

    const github1 = await verify(world, '--target', 'github')
    expect(github1).toMatchObject({ code: 0 })
    expect(github1.out).toMatch(/^⚠️ GITHUB_TOKEN: valid \(.*, expires in 3 days, /)
    const db = readDatabase(world.home)
    if (db === undefined) throw new Error('no state')
    const kept = credentialsOf(db, { config: world.config, environment: 'default' })
    db.close()
    expect(kept.get('github-token')).toMatchObject({
      verdict: 'valid',
      target: GITHUB,
      expiresAt: `${expiration.slice(0, 10)}T12:00:00.000Z`,
    })
    expect(kept.get('slack-bot-token')).toMatchObject({ verdict: 'rejected' })
  })

  test('2 where a value cannot be fetched, and nobody is asked for it', async () => {
    const bought = await stripe({})
    const world = worldOf({}, { [STRIPE]: bought.url })
    const { code, out } = await verify(world, '--target', STRIPE)
    expect(code).toBe(2)
    expect(out).toContain('❌ STRIPE_API_KEY: not fetched (SECRET_NOT_FOUND) for a, b\n')
    expect(out).toContain('   hint: run: secretref secrets set stripe-api-key\n')
    expect(bought.connections()).toBe(0)
  })

  test('by the article’s own config, with a file of secrets and nothing else', async () => {
    const bought = await stripe({ valid: ['fake-stripe'] })
    const chat = await slack(['fake-slack'])
    const article = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/article/3.2.json'), 'utf8'))
    const targets = { [STRIPE]: { baseUrl: bought.url }, [SLACK]: { baseUrl: chat.url } }
    const world = makeWorld({
      config: { ...article, targets },
      secrets: {
        stripe_api_key: { value: 'fake-stripe', provider: 'openclaw' },
        slack_bot_token: { value: 'fake-slack', provider: 'openclaw' },
      },
    })
    const { code, out } = await verify(world)
    expect(code).toBe(0)
    expect(out).toMatch(/^✅ STRIPE_API_KEY: valid .*\n✅ SLACK_BOT_TOKEN: valid .*\n$/)
  })

  test.each<[string, string[], string]>([
    ['more than one choice', ['--all', '--agent', 'a'], 'USAGE'],
    ['an unknown flag', ['--everything'], 'USAGE'],
    ['an unknown environment', ['--environment', 'nowhere'], 'ENVIRONMENT_UNKNOWN'],
    ['an unknown target', ['--target', 'stripe-secret-kee'], 'TARGET_UNKNOWN'],
  ])('refuses %s', async (_, args, code) => {
    const world = worldOf({}, {})
    const { code: exit, err } = await verify(world, ...args)
    // 1 would say that a credential is rejected.
    expect(exit).toBe(2)
    expect(err).toContain(`[${code}]`)
  })
})

/** A credential that goes with another. */
function withCompanion(secrets: object, baseUrl: string, companion: object = {}): World {
  const account = { secretRef: 'account', envVar: 'TWILIO_ACCOUNT_SID' }
  return makeWorld({
    secrets,
    config: {
      secrets: { providers: { file: {} } },
      targets: { 'twilio-auth-token': { baseUrl } },
      agents: {
        a: {
          'tool-bindings': {
            phone: slot('twilio-auth-token'),
            account: { credentials: { c: account }, ...companion },
          },
        },
      },
    },
  })
}

describe('policy decides again on what was fetched', () => {
  const EXPIRED = '2001-01-01T00:00:00Z'

  test('what may leave, and to whom, is on record before it does', async () => {
    let before: ReturnType<typeof recordsOf> = []
    const fake = await listen((_, response) => {
      before = recordsOf(world)
      response.writeHead(200).end()
    })
    const world = withCompanion({ 'twilio-auth-token': 'fake-token', account: 'AC0' }, fake.url)
    expect(await verify(world)).toMatchObject({ code: 0 })
    const detail = { purpose: 'verify', host: hostOf(fake) }
    expect(before.map(({ event, ref }) => [event, ref])).toEqual([
      ['log.opened', undefined],
      ['config.loaded', undefined],
      ['grant.intent', 'twilio-auth-token'],
      ['grant.intent', 'account'],
      ['grant.released', 'twilio-auth-token'],
      ['grant.released', 'account'],
    ])
    for (const { event, ...record } of before) {
      if (event !== 'grant.released') continue
      const secret = { fingerprint: expect.stringMatching(/^hmac-sha256:/) }
      expect(record).toMatchObject({ detail, delivery: 'none', decision: 'allow', secret })
    }
  })

  test('what the store says has expired is not sent', async () => {
    const bought = await stripe({ valid: ['fake-stripe'] })
    const world = worldOf(
      { 'stripe-api-key': { value: 'fake-stripe', expiresAt: EXPIRED } },
      { [STRIPE]: bought.url },
    )
    const { code, out } = await verify(world, '--target', STRIPE)
    expect(code).toBe(2)
    expect(out).toContain('❌ STRIPE_API_KEY: not fetched (EXPIRED) for a, b\n')
    expect(bought.connections()).toBe(0)
    expect(recordsOf(world).slice(-1)).toMatchObject([{ event: 'grant.denied', code: 'EXPIRED' }])
    expect(verdictsOf(world)).toEqual([])
  })

  test.each<[string, object | undefined, string]>([
    ['expired', { value: 'AC0', expiresAt: EXPIRED }, 'EXPIRED'],
    ['not there', undefined, 'SECRET_NOT_FOUND'],
  ])('nor is what needs another that is %s', async (_, account, code) => {
    const fake = await listen((__, response) => response.writeHead(200).end())
    const world = withCompanion({ 'twilio-auth-token': 'fake-token', account }, fake.url)
    const { code: exit, out } = await verify(world)
    expect(exit).toBe(2)
    expect(out).toMatch(
      /^⚠️ TWILIO_AUTH_TOKEN: not asked: .* \(twilio-auth-token, missing: TWILIO_ACCOUNT_SID\)$/m,
    )
    expect(fake.connections()).toBe(0)
    expect(recordsOf(world).slice(-2)).toMatchObject([
      { event: 'grant.denied', ref: 'twilio-auth-token', reason: 'another-required-failed' },
      { ref: 'account', decision: 'deny', code },
    ])
  })

  test('and what is bound for another service does not go along', async () => {
    const fake = await listen((_, response) => response.writeHead(200).end())
    const world = withCompanion(
      { 'twilio-auth-token': 'fake-token', account: 'fake-github' },
      fake.url,
      { service: 'github' },
    )
    const { code, out } = await verify(world)
    expect(code).toBe(2)
    expect(out).toContain('TWILIO_AUTH_TOKEN: not asked: what is bound for the call beside it')
    expect(fake.connections()).toBe(0)
  })
})

describe('a value goes nowhere else', () => {
  test('not to where a redirect leads, not to a proxy, not by foreign roots of TLS', async () => {
    const elsewhere = await listen((_, response) => response.writeHead(200).end('{"ok":true}'))
    const away = await redirecting(elsewhere.url)
    const foreign = await listenSecurely((_, response) => response.writeHead(200).end())
    // The server would be good for whoever trusts it.
    const trusted = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request(foreign.url, { ca: foreign.cert, agent: false }, (answer) => {
        resolve(answer.resume().statusCode)
      })
      asked.on('error', reject).end()
    })
    expect(trusted).toBe(200)
    const before = foreign.received().length

    const stripeKey = newSecret()
    const slackToken = newSecret()
    const world = worldOf(
      { 'stripe-api-key': stripeKey.value, 'slack-bot-token': slackToken.value },
      { [STRIPE]: foreign.url, [SLACK]: away.url },
    )
    const roots = world.write('roots.pem', foreign.cert)
    const { code, out } = await run(
      world,
      ['secrets', 'verify', '--config', world.config, '--agent', 'a', '--json'],
      {
        env: {
          HTTP_PROXY: elsewhere.url,
          HTTPS_PROXY: elsewhere.url,
          ALL_PROXY: elsewhere.url,
          NODE_USE_ENV_PROXY: '1',
          NODE_EXTRA_CA_CERTS: roots,
          SSL_CERT_FILE: roots,
          NODE_TLS_REJECT_UNAUTHORIZED: '0',
        },
      },
    )
    expect(code).toBe(2)
    expect(JSON.parse(out).credentials).toMatchObject([
      { ref: 'stripe-api-key', verdict: 'unreachable', reason: 'tls' },
      { ref: 'slack-bot-token', verdict: 'cannot-tell', reason: 'redirect', status: 307 },
      { ref: 'github-token', code: 'SECRET_NOT_FOUND' },
    ])
    expect(elsewhere.connections()).toBe(0)
    expect(foreign.received()).toHaveLength(before)
    // The target itself has it: else nothing is shown by not finding it elsewhere.
    expect(formsIn(away.received(), slackToken)).toContain('raw')
    expect(formsIn(away.received(), stripeKey)).toEqual([])
  })

  test('not into any output, record, file or argument, whatever a service repeats of it', async () => {
    const stripeKey = newSecret()
    const slackToken = newSecret()
    const world = worldOf(
      { 'stripe-api-key': stripeKey.value, 'slack-bot-token': slackToken.value },
      { [STRIPE]: (await stripe({})).url, [SLACK]: (await garbage()).url },
    )
    const printed = [
      await verify(world, '--agent', 'a'),
      await verify(world, '--agent', 'a', '--json'),
      await run(world, ['log', 'show', '--json']),
    ]
    expect(printed.map(({ code }) => code)).toEqual([2, 2, 0])
    for (const secret of [stripeKey, slackToken]) {
      expectNoLeak(world, secret, printed, ['state/secrets.json'])
    }
  })

  test('not by a config that was merely found', async () => {
    const elsewhere = await listen((_, response) => response.writeHead(200).end())
    const world = makeWorld({ secrets: { 'stripe-api-key': 'fake-value-of-the-user' } })
    const folder = join(world.dir, 'clone')
    mkdirSync(folder)
    const config = {
      secrets: { providers: { file: {} } },
      targets: { [STRIPE]: { baseUrl: elsewhere.url } },
      agents: {
        a: {
          'tool-bindings': {
            'stripe-payment': { credentials: { c: { secretRef: 'stripe-api-key' } } },
          },
        },
      },
    }
    writeFileSync(join(folder, 'secretref.json'), JSON.stringify(config), { mode: 0o600 })
    const refused = await run(world, ['secrets', 'verify'], { cwd: folder })
    expect(refused.code).toBe(2)
    expect(refused.err).toContain('[CONFIG_UNTRUSTED]')
    expect(elsewhere.connections()).toBe(0)
    // That it is the missing trust which kept it back.
    expect(await run(world, ['trust'], { cwd: folder })).toMatchObject({ code: 0 })
    expect(await run(world, ['secrets', 'verify'], { cwd: folder })).toMatchObject({ code: 0 })
    expect(elsewhere.connections()).toBe(1)
  })

  test('not from inside a run', async () => {
    const bought = await stripe({})
    const world = worldOf({ 'stripe-api-key': 'fake' }, { [STRIPE]: bought.url })
    const args = ['secrets', 'verify', '--config', world.config, '--all']
    const { code, err } = await run(world, args, { env: { SECRETREF_RUN: 'r' } })
    expect({ code, refused: err.includes('[AGENT_NOT_ALLOWED]') }).toEqual({
      code: 2,
      refused: true,
    })
    expect(bought.connections()).toBe(0)
  })
})

describeOnLinux('while a service is asked', () => {
  test('a verifier does not outlive us', async () => {
    const slow = await hanging()
    const world = worldOf({ 'stripe-api-key': 'fake' }, { [STRIPE]: slow.url })
    const control = start(world, [
      'secrets',
      'verify',
      '--config',
      world.config,
      '--target',
      STRIPE,
    ])
    const verifier = await until('the call', () =>
      slow.requests.length > 0 ? verifierOf(control.pid) : undefined,
    )
    control.child.kill('SIGKILL')
    await until('the verifier has gone', () => procFile(verifier.pid, 'status') === '')
  })

  test('only the verifier holds the value, and it ends with us', async () => {
    const { marker, value } = newSecret()
    const slow = await hanging()
    const world = worldOf({ 'stripe-api-key': value }, { [STRIPE]: slow.url })
    const args = ['secrets', 'verify', '--config', world.config, '--target', STRIPE]
    const control = start(world, args)
    const verifier = await until('the call', () =>
      slow.requests.length > 0 ? verifierOf(control.pid) : undefined,
    )
    expect(copiesIn(verifier.pid, marker).length).toBeGreaterThan(0)
    expect(copiesIn(control.pid, marker, initialEnvironment(control.pid))).toEqual([])
    for (const { pid } of [{ pid: control.pid }, ...descendantsOf(control.pid)]) {
      expect(procFile(pid, 'cmdline') + procFile(pid, 'environ')).not.toContain(marker)
    }
    control.child.kill('SIGTERM')
    expect(await control.ended).toMatchObject({ signal: 'SIGTERM' })
    await until('the verifier has gone', () => procFile(verifier.pid, 'status') === '')
    // It was sent: that, to whom and which value is on record, and that nobody knows what came of it.
    const fingerprint = expect.stringMatching(/^hmac-sha256:/)
    const host = hostOf(slow)
    expect(recordsOf(world).slice(-2)).toMatchObject([
      { event: 'grant.released', secret: { fingerprint }, detail: { purpose: 'verify', host } },
      { event: 'credential.unsettled', reason: 'no-report', secret: { fingerprint } },
    ])
    expect(recordsOf(world).map(({ reason }) => reason)).not.toContain('start-abandoned')
  })
})
