/** `gateway audit --secrets`, as it is typed: every finding once, no value anywhere, a record of each read. */
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import type { AuditFinding } from '../../src/findings/judge/finding.ts'
import { FINDING_CODES } from '../../src/findings/types.ts'
import { writeJournal } from '../rotation/written.ts'
import { loudly } from '../values/loud.ts'
import { expectNoLeak, newSecret, type Secret } from './leaks.ts'
import {
  configOf,
  describeOnLinux,
  eventsOf,
  isRoot,
  makeWorld,
  recordsOf,
  run,
  type Ended,
  type RunOptions,
  type World,
} from './support.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const inDays = (days: number): string =>
  new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)
/** In two pieces, so that no scanner takes it for a real one. */
const LITERAL = ['sk_live_', 'fake0fake0fake0fake0fake0'].join('')

function audit(
  world: World,
  words: readonly string[] = [],
  options: RunOptions = {},
): Promise<Ended> {
  return run(world, ['gateway', 'audit', '--secrets', '--config', world.config, ...words], options)
}

interface Report {
  version: number
  status: string
  summary: Record<string, number>
  findings: AuditFinding[]
  notListed: { provider: string; reason: string }[]
  resolution: {
    environments: string[]
    reads: number
    complete: boolean
    trouble?: { code: string }
  }
}
function reportOf({ out }: Ended): Report {
  const report: Report = JSON.parse(out)
  return report
}

/** One slot in a tool of its own. */
const tool = (secretRef: string, more: object = {}): object => ({
  credentials: { key: { secretRef, ...more } },
})

/** Everything that an audit of this gateway can find, each once or a little more. */
function worldWithEverything(secrets: readonly Secret[]): World {
  const world = makeWorld()
  const [one, two, three] = secrets.map(({ value }) => value)
  world.writeSecrets({
    plain: { value: one, createdAt: inDays(-10), expiresAt: inDays(200) },
    twin: { value: one, expiresAt: inDays(200) },
    soon: { value: two, expiresAt: inDays(3) },
    gone: { value: `${two}gone`, expiresAt: inDays(-3) },
    old: { value: `${two}old`, createdAt: inDays(-400), expiresAt: inDays(200) },
    endless: { value: three },
    stripe_api_key: { value: `${three}stripe`, expiresAt: inDays(200) },
    slack_bot_token: { value: `${three}slack`, expiresAt: inDays(200) },
    moving: { value: `${three}moving`, expiresAt: inDays(200) },
    moved: { value: `${three}moved`, expiresAt: inDays(200) },
  })
  world.write('dev.key', one ?? '')
  const script = world.write('agent.js', `const key = '${LITERAL}'\n`)
  chmodSync(script, 0o666)
  const foreign = world.write('foreign.js', '')
  if (isRoot) chownSync(foreign, 12345, 12345)
  world.writeConfig({
    secrets: { providers: { file: {}, env: {} } },
    agents: {
      analyst: {
        command: [process.execPath, 'agent.js', 'foreign.js'],
        // An audit raises no alert: whoever makes one is looking.
        'auth-profiles': { missing: { 'on-failure': 'deny-and-alert' } },
        'tool-bindings': {
          plain: tool('plain'),
          twin: tool('twin'),
          soon: tool('soon'),
          gone: tool('gone'),
          old: tool('old'),
          endless: tool('endless'),
          missing: tool('missing'),
          'stripe-payment': tool('stripe-api-key'),
          'slack-notifier': tool('slack-bot-token', { envVar: 'STRIPE_SECRET_KEY' }),
          moving: tool('moving', { deprecationDate: inDays(100) }),
          moved: tool('moved', { deprecationDate: inDays(-100) }),
        },
      },
      deployer: { capabilities: ['plain'], 'tool-bindings': { github: tool('legacy-token') } },
    },
    environments: {
      production: {},
      development: { secrets: { plain: { provider: 'file', path: 'dev.key' } } },
    },
    openclaw: {
      gateway: {
        environment: 'production',
        secrets: {
          'active-provider': 'file',
          refMap: {
            'legacy-token': { provider: 'file', note: 'revoke it first' },
            soon: { provider: 'file', rotate: { before: '30d' } },
            plain: { provider: 'file', rotate: { driver: 'generate' } },
          },
        },
      },
    },
  })
  const about = { config: world.config, environment: 'production', ref: 'plain', from: '1' }
  writeJournal(world.home, [{ ...about, steps: ['stuck'], reason: 'refused', began: new Date() }])
  const longAgo = new Date(Date.now() - 100 * DAY_MS)
  utimesSync(world.config, longAgo, longAgo)
  return world
}

describeOnLinux('everything at once', () => {
  test('each finding is there; no value is; each read is on record and nothing is delivered', async () => {
    const secrets = [newSecret(), newSecret(), newSecret()]
    const world = worldWithEverything(secrets)
    // Two at a time: each is several processes.
    const [json, verbose] = await Promise.all([
      audit(world, ['--json']),
      audit(world, ['--verbose']),
    ])
    const [plain, sarif] = await Promise.all([audit(world), audit(world, ['--sarif'])])
    const printed = [json, verbose, plain, sarif]
    const report = reportOf(json)
    const wanted = new Set<string>(FINDING_CODES.slice(0, FINDING_CODES.indexOf('credential')))
    if (!isRoot) {
      loudly('an owner who is somebody else', 'needs root, to give a file away')
      wanted.delete('foreign-owner')
    }
    expect(Object.keys(report.summary).toSorted()).toEqual([...wanted].toSorted())
    for (const { code, message, hint, places } of report.findings) {
      expect(message, code).toMatch(/^[^A-Z].*[^.]$/)
      expect(hint, code).toMatch(/^\S.*[^.]$/)
      expect(places.length, code).toBeGreaterThan(0)
    }
    expect(report).toMatchObject({
      version: 1,
      status: 'unresolved',
      notListed: [{ provider: 'env', reason: 'this kind of provider has no list' }],
      resolution: { environments: ['production', 'development'], complete: false },
    })
    for (const { code, err } of printed) expect({ code, err }).toEqual({ code: 2, err: '' })
    // As a person reads them.
    const lines = plain.out.trimEnd().split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        '⚠️ unused-ref: legacy-token (revoke it first)',
        '❌ unresolved: missing (SECRET_NOT_FOUND, production)',
        '⚪ unknown-ref: missing (points nowhere in development)',
        `❌ expired: gone (since ${inDays(-3)}, production)`,
        `⚠️ expiring: soon (in 3 days, ${inDays(3)}, production)`,
        `⚠️ rotation-overdue: soon (since ${inDays(-27)}, production)`,
        `❌ rotation-stuck: plain (since ${inDays(0)}, production)`,
        '❌ shared-across-environments: plain (development, production)',
        '⚠️ shared-value: plain, twin (one value)',
        `❌ weak-permissions: ${join(world.dir, 'agent.js')} (mode 0666)`,
        '⚠️ target-mismatch: slack-bot-token (variable STRIPE_SECRET_KEY says Stripe, not Slack)',
        '⚪ idle-agent: 2 agents (no run for 90 days)',
      ]),
    )
    const severities = lines.map((line) =>
      ['❌', '⚠️', '⚪'].findIndex((sign) => line.startsWith(sign)),
    )
    expect(severities).toEqual(severities.toSorted((a, b) => a - b))
    expect(verbose.out).toMatch(
      /\n {3}\/.*config\.json:\d+:\d+: .*\.slack-notifier\.credentials\.key\n/,
    )
    expect(JSON.parse(sarif.out)).toMatchObject({ version: '2.1.0' })
    expect(lines.every((line) => verbose.out.includes(`${line}\n`))).toBe(true)

    for (const secret of secrets)
      expectNoLeak(world, secret, printed, ['state/secrets.json', 'dev.key'])
    for (const { out } of printed) expect(out).not.toContain(LITERAL.slice(8, 20))
    expectReadsOnRecord(recordsOf(world))
  })
})

/** Four audits, each of which reads nine values of production that are good, and one of development. */
function expectReadsOnRecord(records: readonly AuditRecord[]): void {
  expect([...new Set(records.map(({ event }) => event))].toSorted()).toEqual([
    'config.loaded',
    'grant.checked',
    'grant.denied',
    'grant.failed',
    'grant.intent',
    'log.opened',
    'store.listed',
  ])
  const checked = records.filter(({ event }) => event === 'grant.checked')
  expect(checked).toHaveLength(4 * 10)
  for (const { delivery, secret, decision } of checked) {
    expect(delivery).toBe('none')
    expect(decision).toBe('allow')
    expect(secret?.fingerprint).toMatch(/^hmac-sha256:[0-9a-f]{32}$/)
  }
  // What was asked for is on record before what came of it.
  const refs = (event: string): string[] =>
    records.filter((record) => record.event === event).map(({ ref = '' }) => ref)
  expect(refs('grant.intent')).toEqual(expect.arrayContaining(refs('grant.checked')))
  expect(refs('grant.intent')).not.toContain('legacy-token')
}

const stored = (value: string): object => ({ value, expiresAt: inDays(200) })

describe('exit codes', () => {
  test('0 where all is well, with one line that says what was looked at', async () => {
    const world = makeWorld({ config: configOf(['key']), secrets: { key: stored('fake-value') } })
    expect(await audit(world, ['--check'])).toMatchObject({
      code: 0,
      out: '✅ nothing found: 1 agent, 1 ref, 1 store listed, 1 value fetched\n',
      err: '',
    })
    expect((await audit(world, ['--unused-only'], { env: { NO_COLOR: '1' } })).out).toBe(
      '[ok] nothing unused: 1 agent, 1 ref, 1 store listed\n',
    )
  })

  test('findings end with 1 under --check only, and notes never do', async () => {
    const secrets = { key: stored('fake-value'), stray: 'fake-value' }
    const world = makeWorld({ config: configOf(['key']), secrets })
    expect((await audit(world)).code).toBe(0)
    expect(await audit(world, ['--check'])).toMatchObject({
      code: 1,
      out: '⚠️ unused-ref: stray (no ref of this config points to it)\n',
    })
    expect(reportOf(await audit(world, ['--json', '--check'])).status).toBe('findings')
    world.writeSecrets({ key: 'fake-value' })
    expect(await audit(world, ['--check'])).toMatchObject({ code: 0, out: '⚪ no-expiry: key\n' })
    expect(reportOf(await audit(world, ['--json'])).status).toBe('clean')
  })

  test('2 where something could not be resolved, with and without --check; names alone need nothing', async () => {
    const world = makeWorld({ config: configOf(['key']) })
    const line = '❌ unresolved: key (SECRET_NOT_FOUND)\n'
    expect(await audit(world)).toMatchObject({ code: 2, out: line })
    expect(await audit(world, ['--check'])).toMatchObject({ code: 2, out: line })
    expect((await audit(world, ['--unused-only', '--check'])).code).toBe(0)
    world.writeConfig({ agents: { a: { 'tool-bindings': { t: tool('nowhere') } } } })
    expect(await audit(world)).toMatchObject({
      code: 2,
      out: expect.stringContaining('❌ unknown-ref: nowhere (points nowhere in default)\n'),
    })
  })

  test('one environment alone is asked for where it is named', async () => {
    const world = makeWorld({
      config: {
        agents: { a: { 'tool-bindings': { t: tool('key') } } },
        environments: {
          production: { secrets: { key: { provider: 'vault', path: 'prod/key' } } },
          development: { secrets: { key: { provider: 'file' } } },
        },
        openclaw: { gateway: { environment: 'production' } },
      },
      secrets: { key: stored('fake-value') },
    })
    expect((await audit(world)).code).toBe(2)
    const report = reportOf(await audit(world, ['--environment', 'development', '--json']))
    expect(report.resolution).toMatchObject({ environments: ['development'], reads: 1 })
    expect(report.findings.map(({ code }) => code)).toEqual(['not-listed'])
    expect((await audit(world, ['--environment', 'nowhere'])).err).toContain('ENVIRONMENT_UNKNOWN')
    expect((await run(world, ['gateway', 'audit'])).err).toContain('[USAGE]')
  })
})

describe('a config that nothing may be fetched by', () => {
  const UNUSED = { refMap: { old: { provider: 'file' } }, 'active-provider': 'file' }

  test('one that was merely found: names and modes, no process, no record, 2', async () => {
    const world = makeWorld({ secrets: { key: 'fake-value', stray: 'fake-value' } })
    const config = { ...configOf(['key']), openclaw: { gateway: { secrets: UNUSED } } }
    world.write('repository/secretref.json', JSON.stringify(config))
    const cwd = join(world.dir, 'repository')
    const words = ['gateway', 'audit', '--secrets']
    expect(await run(world, words, { cwd })).toMatchObject({
      code: 2,
      out: [
        '❌ unresolved: 1 ref (CONFIG_UNTRUSTED)\n',
        '⚠️ unused-ref: old (delete after migration)\n',
        '⚪ not-listed: file (nothing is asked by this config)\n',
      ].join(''),
      err: expect.stringMatching(
        /^secretref: note: no value was looked at: .*not trusted\nhint: .*trust/,
      ),
    })
    expect(await run(world, [...words, '--unused-only'], { cwd })).toMatchObject({
      code: 2,
      out: '⚠️ unused-ref: old (delete after migration)\n',
    })
    expect(eventsOf(world)).toEqual([])
  })

  test('one that holds a credential: its place, everything else that can be told, and not the credential', async () => {
    const world = makeWorld({ secrets: { key: 'fake-value' } })
    world.writeConfig({
      agents: {
        a: {
          'tool-bindings': {
            t: { credentials: { good: { secretRef: 'key' }, bad: LITERAL } },
          },
        },
      },
      openclaw: {
        gateway: { secrets: { refMap: { old: { provider: 'file', note: `was ${LITERAL}` } } } },
      },
    })
    const printed = await Promise.all([
      audit(world),
      audit(world, ['--json']),
      audit(world, ['--sarif']),
    ])
    const [plain, json] = printed
    const text = readFileSync(world.config, 'utf8').split('\n')
    const lineOf = (word: string): number => text.findIndex((line) => line.includes(word)) + 1
    const kind = 'this text holds a Stripe secret or restricted key'
    expect(plain?.out.split('\n')).toEqual(
      expect.arrayContaining([
        '❌ unresolved: 1 ref (HARDCODED_CREDENTIAL)',
        `❌ hardcoded-credential: ${world.config}:${lineOf('"bad"')} (${kind})`,
        `❌ hardcoded-credential: ${world.config}:${lineOf('"note"')} (${kind})`,
        '⚠️ unused-ref: old ((hidden))',
      ]),
    )
    expect(json && reportOf(json).resolution.trouble?.code).toBe('HARDCODED_CREDENTIAL')
    for (const { code, out, err } of printed) {
      expect(code).toBe(2)
      expect(out + err).not.toContain(LITERAL.slice(8))
    }
    expect(eventsOf(world)).toEqual([])
  })

  test('one in which a key stands as the name of a ref: its places, all else, and the key nowhere', async () => {
    const pasted = '0123456789abcdef'.repeat(2)
    const secrets = { refMap: { [pasted]: { provider: 'file' }, old: { provider: 'file' } } }
    const world = makeWorld({
      config: { ...configOf(['key', pasted]), openclaw: { gateway: { secrets } } },
      secrets: { key: 'fake-value' },
    })
    const printed = await Promise.all(
      [[], ['--json'], ['--sarif'], ['--verbose']].map((words) => audit(world, words)),
    )
    const lines = printed[0]?.out.split('\n') ?? []
    expect(
      lines.filter((line) => line.includes('this name of a ref looks like a value')),
    ).toHaveLength(2)
    expect(lines).toContain('⚠️ unused-ref: old (delete after migration)')
    const others = [
      ['run', '--agent', 'a', '--', 'true'],
      ['why', '--agent', 'a'],
      ['config', 'show'],
      ['config', 'check'],
      ['secrets', 'verify', '--all'],
      ['gateway', 'status', '--secrets'],
    ]
    for (const words of others) {
      const ended = await run(world, words, { env: { SECRETREF_CONFIG: world.config } })
      expect(ended.out + ended.err).toContain('HARDCODED_CREDENTIAL')
      printed.push(ended)
    }
    for (const { code, out, err } of printed) {
      expect(code).not.toBe(0)
      expect((out + err).toLowerCase()).not.toContain(pasted)
    }
    expect(eventsOf(world)).toEqual([])
  })

  test('one that others can write, or that has mistakes: said, with what is known', async () => {
    const world = makeWorld({ config: configOf(['key']) })
    chmodSync(world.config, 0o666)
    expect(await audit(world)).toMatchObject({
      code: 2,
      out: [
        `❌ unresolved: ${world.config} (CONFIG_INSECURE)\n`,
        `❌ weak-permissions: ${world.config} (mode 0666)\n`,
      ].join(''),
    })
    chmodSync(world.config, 0o600)
    world.writeConfig({ agents: { a: { bogus: true } } })
    expect(await audit(world)).toMatchObject({
      code: 2,
      out: `❌ unresolved: ${world.config} (CONFIG_INVALID)\n`,
      err: expect.stringMatching(
        /:\d+:\d+: agents\.a\.bogus: .* \[CONFIG_INVALID\]\n(?:.*\n)*.*no value was looked at/,
      ),
    })
    expect((await audit(world)).err).not.toContain('mend it')
  })

  test('inside an agent, and without a log that can be written, nothing is fetched', async () => {
    const world = makeWorld({ config: configOf(['key']), secrets: { key: 'fake-value' } })
    const inside = await audit(world, [], { env: { SECRETREF_RUN: 'some-run' } })
    expect(inside).toMatchObject({
      code: 2,
      out: expect.stringContaining('❌ unresolved: 1 ref (AGENT_NOT_ALLOWED)\n'),
    })
    expect(eventsOf(world)).toEqual([])
    mkdirSync(world.home.auditLog)
    expect(await audit(world)).toMatchObject({
      code: 2,
      out: expect.stringMatching(/❌ unresolved: 1 ref \(AUDIT_[A-Z]+\)\n/),
    })
  })
})

describeOnLinux('a fleet', () => {
  test('500 agents: a page of lines, and a shared ref is read once', async () => {
    const agents = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [
        `agent-${i}`,
        {
          capabilities: i % 40 === 0 ? ['shared'] : ['shared', 'own', 'gone'],
          'tool-bindings': { shared: tool('shared'), own: tool(`own-${i}`), gone: tool('gone') },
        },
      ]),
    )
    const secrets: Record<string, object> = {
      shared: { value: 'fake-value-shared', expiresAt: inDays(200) },
      gone: { value: 'fake-value-gone', expiresAt: inDays(-2) },
    }
    for (let i = 0; i < 500; i++) {
      secrets[`own-${i}`] = { value: `fake-value-${i}`, expiresAt: inDays(i % 2 === 0 ? 2 : 200) }
    }
    const config = {
      secrets: { providers: { file: {} } },
      agents,
      openclaw: { gateway: { secrets: { 'active-provider': 'file' } } },
    }
    const world = makeWorld({ config, secrets })
    const { out, code } = await audit(world, ['--check'])
    expect(code).toBe(1)
    const lines = out.trimEnd().split('\n')
    expect(lines.length).toBeLessThan(40)
    expect(lines).toEqual(
      expect.arrayContaining([
        `❌ expired: gone (since ${inDays(-2)}, 487 agents)`,
        '⚠️ expiring: 227 more (--verbose lists them)',
        '⚠️ uncovered-binding: own (no capability of 13 agents)',
      ]),
    )
    const reads = recordsOf(world).filter(({ event }) => event === 'grant.checked')
    expect(reads).toHaveLength(1 + 487)
    expect(reads.find(({ ref }) => ref === 'shared')).toMatchObject({ count: 500 })
  })
})

test('a script in place of a path, with a credential in it, is neither shown nor a mistake of ours', async () => {
  const script = `export GH=${LITERAL}; ${'echo fake; '.repeat(60)}`
  const config = configOf(['key'], { command: ['/bin/sh', '-c', script, `/dev/null/${LITERAL}`] })
  const world = makeWorld({ config, secrets: { key: 'fake-value-1' } })
  const ended = await audit(world)
  expect(ended.err).not.toContain('INTERNAL')
  expect(ended.out + ended.err).not.toContain(LITERAL)
  expect(ended.out).toContain('hardcoded-credential')
})

test('where nothing can be put on record, no store is listed and no file is searched', async () => {
  const world = makeWorld({ config: configOf(['key']), secrets: { key: 'fake-value-1' } })
  await run(world, ['run', '--config', world.config, '--', 'true'])
  rmSync(world.home.auditLog)
  const ended = await audit(world, ['--json'])
  expect(ended.code).toBe(2)
  const { notListed, resolution } = reportOf(ended)
  expect(resolution.trouble?.code).toBe('AUDIT_TAMPERED')
  expect(notListed.map(({ provider }) => provider)).toContain('file')
})

test('that a store is listed is on record', async () => {
  const world = makeWorld({ config: configOf(['key']), secrets: { key: 'fake-value-1' } })
  await audit(world, ['--unused-only'])
  expect(recordsOf(world)).toContainEqual(
    expect.objectContaining({ event: 'store.listed', provider: 'file' }),
  )
})
