/** Each finding by the least that makes it, as the line that a person reads; and the judgement as a whole. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AuditFacts, BindingFact } from '../../../src/findings/judge/facts.ts'
import { judge } from '../../../src/findings/judge/judge.ts'
import { findingsText } from '../../../src/findings/text.ts'
import type { FetchedFailure } from '../../../src/policy/fetched.ts'
import { factOf, factsOf, fetchedFact, NOW, pathOf, valueOf } from './facts.ts'

/** Every line for these facts. */
function linesOf(given: Partial<AuditFacts>): string[] {
  const text = findingsText(judge(factsOf(given)), { signs: true, verbose: false })
  return text === '' ? [] : text.trimEnd().split('\n')
}

const UNKNOWN = { code: 'REF_UNKNOWN', message: 'points nowhere', hint: 'place it' } as const
const refEntry = (ref: string, note?: string): AuditFacts['placed'][number] => ({
  ref,
  entry: { provider: 'file', ...(note === undefined ? {} : { note }) },
  at: ['refMap', ref],
  chain: [],
})
const failure = (given: Partial<FetchedFailure> = {}): FetchedFailure => ({
  outcome: 'failure',
  kind: 'absent',
  code: 'SECRET_NOT_FOUND',
  reason: 'no-such-key',
  provider: 'file',
  ms: 1,
  passed: [],
  ...given,
})
const DAY_MS = 86_400_000
const rotationIn = (
  environment: string,
  ref = 'stripe-api-key',
  step: AuditFacts['rotations'][number]['step'] = 'stuck',
): AuditFacts['rotations'][number] => ({
  ref,
  environment,
  step,
  reason: 'refused',
  failures: 3,
  since: new Date('2026-11-20T00:00:00Z'),
})
const inBoth = (value: object, other: object = value): BindingFact[] => [
  fetchedFact({}, value),
  fetchedFact({ environment: 'development' }, other),
]
const fleet = (count: number, fact: (agent: string) => BindingFact): BindingFact[] =>
  Array.from({ length: count }, (_, i) => fact(`agent-${i}`))
const listed = (names: string[]): AuditFacts['stores'][number] => ({
  outcome: 'listed',
  provider: 'file',
  path: '/s/secrets.json',
  names,
  hidden: 0,
  more: 0,
})

test('where nothing is wrong nothing is said', () => {
  expect(linesOf({})).toEqual([])
})

describe('one finding and its line', () => {
  test.each<[string, Partial<AuditFacts>, string]>([
    [
      'the article’s',
      { placed: [refEntry('legacy-github-token')] },
      '⚠️ unused-ref: legacy-github-token (delete after migration)',
    ],
    [
      'a note says what is to become of it',
      { placed: [refEntry('old', 'kept until May')] },
      '⚠️ unused-ref: old (kept until May)',
    ],
    [
      'a name in a store',
      { stores: [listed(['stray'])] },
      '⚠️ unused-ref: stray (no ref of this config points to it)',
    ],
    [
      'a copy of what is used, in a store that nothing reads it from',
      { stores: [listed(['stripe_api_key'])] },
      '⚠️ unused-ref: stripe_api_key (a copy in file that nothing reads)',
    ],
    [
      'unknown',
      { bindings: [factOf({ binding: { problem: UNKNOWN } })] },
      '❌ unknown-ref: stripe-api-key (points nowhere in production)',
    ],
    [
      'unknown elsewhere only',
      {
        environments: ['production', 'development'],
        bindings: [
          fetchedFact(),
          factOf({ binding: { problem: UNKNOWN }, environment: 'development' }),
        ],
      },
      '⚪ unknown-ref: stripe-api-key (points nowhere in development)',
    ],
    [
      'a value that is not there',
      { bindings: [factOf({ fetched: failure() })] },
      '❌ unresolved: stripe-api-key (SECRET_NOT_FOUND)',
    ],
    [
      'a plan that cannot be served',
      {
        bindings: [factOf({ binding: { problem: { ...UNKNOWN, code: 'ENVIRONMENT_MISMATCH' } } })],
      },
      '❌ unresolved: stripe-api-key (ENVIRONMENT_MISMATCH)',
    ],
    [
      'an outage is one, however many refs',
      {
        bindings: ['a', 'b', 'c'].map((ref) =>
          factOf({
            binding: { ref },
            fetched: failure({ kind: 'unavailable', code: 'TIMEOUT', reason: 'timeout' }),
          }),
        ),
      },
      '❌ unresolved: 3 refs (TIMEOUT, file)',
    ],
    [
      'ended, as the config says',
      { bindings: [factOf({ binding: { expiresAt: '2026-11-01' } })] },
      '❌ expired: stripe-api-key (since 2026-11-01)',
    ],
    [
      'ended, as the store says',
      { bindings: [fetchedFact({}, { expiresAt: '2026-11-24T12:00:00.000Z' })] },
      '❌ expired: stripe-api-key (since 2026-11-24)',
    ],
    [
      'ending',
      { bindings: [fetchedFact({}, { expiresAt: '2026-12-01T23:59:59.000Z' })] },
      '⚠️ expiring: stripe-api-key (in 7 days, 2026-12-01)',
    ],
    [
      'deprecated',
      { bindings: [fetchedFact({ binding: { deprecationDate: '2027-01-01' } })] },
      '⚠️ deprecated-ref: stripe-api-key (from 2027-01-01)',
    ],
    [
      'deprecated and past',
      { bindings: [fetchedFact({ binding: { deprecationDate: '2026-03-01', note: 'use x' } })] },
      '❌ deprecation-passed: stripe-api-key (since 2026-03-01, use x)',
    ],
    [
      'old',
      { bindings: [fetchedFact({}, { createdAt: '2026-08-25T23:00:00.000Z' })] },
      '⚠️ not-rotated: stripe-api-key (91 days, since 2026-08-25)',
    ],
    [
      'a rotation that is due by its rule',
      { bindings: [fetchedFact({ rule: { every: 7 * DAY_MS } })] },
      '⚠️ rotation-overdue: stripe-api-key (since 2026-11-08)',
    ],
    [
      'a rotation that is left to a person',
      { rotations: [rotationIn('production')] },
      '❌ rotation-stuck: stripe-api-key (since 2026-11-20)',
    ],
    [
      'plaintext in production',
      { bindings: [fetchedFact({ plaintext: ['file', 'env'] })] },
      '❌ plaintext-in-production: env (can serve stripe-api-key)',
    ],
    [
      'one value in two environments',
      { environments: ['production', 'development'], bindings: inBoth({}) },
      '❌ shared-across-environments: stripe-api-key (development, production)',
    ],
    [
      'one value under two refs',
      { bindings: [fetchedFact(), fetchedFact({ binding: { ref: 'twin', slot: 'b' } })] },
      '⚠️ shared-value: stripe-api-key, twin (one value)',
    ],
    [
      'another form',
      { bindings: [fetchedFact({}, { form: 'unfit' })] },
      '⚠️ format-mismatch: stripe-api-key (not the form of stripe)',
    ],
    [
      'another service',
      {
        bindings: [fetchedFact({ binding: { envVar: 'SLACK_BOT_TOKEN' } })],
        services: new Map([
          ['slack-bot-token', 'Slack'],
          ['stripe-secret-key', 'Stripe'],
        ]),
      },
      '⚠️ target-mismatch: stripe-api-key (variable SLACK_BOT_TOKEN says Slack, not Stripe)',
    ],
    [
      'a file that others can read',
      { paths: [pathOf({ mode: 0o100640 })] },
      '❌ weak-permissions: /s/secrets.json (mode 0640)',
    ],
    [
      'a file behind a shut folder',
      { paths: [pathOf({ mode: 0o100644, shutOff: true })] },
      '⚪ weak-permissions: /s/secrets.json (mode 0644, only a folder above it keeps others out)',
    ],
    [
      'a folder on the way',
      {
        paths: [
          pathOf({
            path: '/s',
            folder: true,
            mode: 0o40777,
            rule: 'unwritable',
            towards: ['/s/x'],
          }),
        ],
      },
      '❌ weak-permissions: /s (mode 0777, on the way to /s/x)',
    ],
    [
      'somebody else’s',
      { paths: [pathOf({ uid: 7 })] },
      '❌ foreign-owner: /s/secrets.json (user 7)',
    ],
    [
      'no capability',
      { bindings: [factOf({ covered: false, decision: fetchedFact().decision })], placed: [] },
      '⚠️ uncovered-binding: stripe-payment (no capability of payment-analyst)',
    ],
    [
      'plain text',
      {
        literals: [
          {
            message: 'this text holds a key',
            kind: 'a key',
            severity: 'error',
            place: { file: '/c', line: 3 },
          },
        ],
      },
      '❌ hardcoded-credential: /c:3 (a key)',
    ],
    [
      'nobody runs it',
      {
        agents: [{ agent: 'a', at: [], running: false, lastRun: new Date('2026-08-25T23:00:00Z') }],
      },
      '⚪ idle-agent: a (last run on 2026-08-25)',
    ],
    [
      'never run since the config was written',
      {
        agents: [{ agent: 'a', at: [], running: false }],
        configWritten: new Date('2026-01-01T00:00:00Z'),
      },
      '⚪ idle-agent: a (never run)',
    ],
    [
      'a store without a list',
      { stores: [{ outcome: 'not-listed', provider: 'env', reason: 'no list' }] },
      '⚪ not-listed: env (no list)',
    ],
  ])('%s', (_, given, line) => {
    expect(linesOf(given)).toContain(line)
    // Only what belongs to it: an uncovered ref is unused too.
    expect(linesOf(given).length).toBeLessThanOrEqual(2)
  })

  test('no expiry is a note, and only of a value that there is', () => {
    const { expiresAt: _, ...endless } = valueOf()
    expect(linesOf({ bindings: [factOf({ fetched: endless })] })).toEqual([
      '⚪ no-expiry: stripe-api-key',
    ])
    expect(linesOf({ bindings: [factOf()] })).toEqual([])
  })
})

describe('what is no finding', () => {
  test.each<[string, Partial<AuditFacts>]>([
    [
      'the last day that is not near',
      { bindings: [fetchedFact({}, { expiresAt: '2026-12-02T00:00:00.000Z' })] },
    ],
    [
      'the last day that is not old',
      { bindings: [fetchedFact({}, { createdAt: '2026-08-26T00:00:00.000Z' })] },
    ],
    [
      'one value in two environments that are not production',
      {
        home: 'staging',
        environments: ['staging', 'development'],
        bindings: [
          fetchedFact({ environment: 'staging' }),
          fetchedFact({ environment: 'development' }),
        ],
      },
    ],
    [
      'two values in two environments',
      {
        environments: ['production', 'development'],
        bindings: inBoth({}, { fingerprint: `hmac-sha256:${'1'.repeat(32)}` }),
      },
    ],
    [
      'a sticky folder of root that all may write',
      {
        paths: [pathOf({ folder: true, uid: 0, mode: 0o41777, rule: 'unwritable', orRoot: true })],
      },
    ],
    [
      'an agent that runs',
      { agents: [{ agent: 'a', at: [], running: true, lastRun: new Date(0) }] },
    ],
    [
      'a name in a store that a binding reads',
      {
        files: new Map([['file', '/s/secrets.json']]),
        stores: [listed(['stripe_api_key'])],
      },
    ],
  ])('%s', (_, given) => {
    expect(linesOf(given)).toEqual([])
  })
})

const expired = (agent: string, ref = 'stripe-api-key'): BindingFact =>
  factOf({ binding: { agent, ref, expiresAt: '2026-11-01' } })
const uncovered = (agent: string): BindingFact =>
  factOf({ binding: { agent }, covered: false, decision: fetchedFact().decision })

describe('a fleet stays readable', () => {
  test('500 agents with one mistake are one line', () => {
    expect(linesOf({ bindings: fleet(500, (agent) => expired(agent)) })).toEqual([
      '❌ expired: stripe-api-key (since 2026-11-01, 500 agents)',
    ])
    expect(linesOf({ bindings: fleet(500, uncovered) })).toContain(
      '⚠️ uncovered-binding: stripe-payment (no capability of 500 agents)',
    )
    const agents = Array.from({ length: 12 }, (_, i) => ({
      agent: `a${i}`,
      at: [],
      running: false,
      lastRun: new Date(0),
    }))
    expect(linesOf({ agents })).toEqual(['⚪ idle-agent: 12 agents (no run for 90 days)'])
  })

  test('many of one kind are cut, those that touch most agents first', () => {
    const own = fleet(40, (agent) => expired(agent, `ref-of-${agent}`))
    const shared = fleet(40, (agent) => expired(agent, 'z-shared'))
    const lines = linesOf({ bindings: [...own, ...shared] })
    expect(lines).toHaveLength(11)
    expect(lines[0]).toBe('❌ expired: z-shared (since 2026-11-01, 40 agents)')
    expect(lines.at(-1)).toBe('❌ expired: 31 more (--verbose lists them)')
  })

  test('every finding that is cut is there with --verbose, with agents, places and what to do', () => {
    const facts = factsOf({ bindings: fleet(3, (agent) => expired(agent)) })
    expect(findingsText(judge(facts), { signs: false, verbose: true })).toBe(
      [
        '[fail] expired: stripe-api-key (since 2026-11-01, 3 agents)',
        '   "stripe-api-key" expired on 2026-11-01 and is delivered to nobody',
        ...['agent-0', 'agent-1', 'agent-2'].map(
          (agent) => `   /c/config.json: agents.${agent}.stripe-payment.apiKey`,
        ),
        '   agents: agent-0, agent-1, agent-2',
        '   hint: if its value is new already, correct its expiresAt in the config; else get a new credential, store it with `secretref secrets set`, and correct it then',
        '',
      ].join('\n'),
    )
  })
})

const REFS = ['a', 'b', 'c'] as const
const anyFact = fc
  .record({
    agent: fc.constantFrom('one', 'two', 'three'),
    ref: fc.constantFrom(...REFS),
    tool: fc.constantFrom('stripe', 'slack'),
    environment: fc.constantFrom('production', 'development'),
    covered: fc.boolean(),
    fingerprint: fc.constantFrom('0', '1'),
    expiresAt: fc.constantFrom('2026-11-01T00:00:00.000Z', '2026-11-27T00:00:00.000Z'),
    fails: fc.boolean(),
    every: fc.constantFrom(7, 30),
  })
  .map(({ agent, ref, tool, environment, covered, fingerprint, expiresAt, fails, every }) => {
    const rule = { every: every * DAY_MS }
    const given = { binding: { agent, ref, tool }, environment, covered, rule }
    if (fails) return factOf({ ...given, fetched: failure() })
    return fetchedFact(given, { fingerprint: `hmac-sha256:${fingerprint.repeat(32)}`, expiresAt })
  })
const anyFacts = fc.record({
  bindings: fc.uniqueArray(anyFact, {
    maxLength: 8,
    selector: ({ binding, environment }) =>
      JSON.stringify([binding.agent, binding.tool, environment]),
  }),
  placed: fc.subarray(REFS.map((ref) => refEntry(ref))),
  stores: fc.subarray([...REFS, 'stray']).map((names) => [listed(names)]),
  agents: fc.subarray([
    { agent: 'one', at: ['one'], running: false, lastRun: new Date(0) },
    { agent: 'two', at: ['two'], running: false },
  ]),
  rotations: fc.subarray(
    REFS.map((ref) => rotationIn('production', ref, ref === 'a' ? 'creating' : 'stuck')),
  ),
})

test('the order in which facts come changes nothing', () => {
  fc.assert(
    fc.property(anyFacts, (given) => {
      const turned = {
        bindings: given.bindings.toReversed(),
        placed: given.placed.toReversed(),
        stores: given.stores.toReversed(),
        agents: given.agents.toReversed(),
        rotations: given.rotations.toReversed(),
      }
      const more = { environments: ['production', 'development'] }
      expect(judge(factsOf({ ...turned, ...more }))).toEqual(judge(factsOf({ ...given, ...more })))
    }),
    { numRuns: 200 },
  )
})

test('every ref of the config is used xor unused', () => {
  fc.assert(
    fc.property(anyFacts, ({ bindings, placed }) => {
      const findings = judge(factsOf({ bindings, placed }))
      const unused = findings.filter(({ code }) => code === 'unused-ref').map(({ ref }) => ref)
      const covered = new Set(
        bindings.filter((fact) => fact.covered).map(({ binding }) => binding.ref),
      )
      const spoken = [...placed, ...bindings.map(({ binding }) => binding)].map(({ ref }) => ref)
      for (const ref of spoken) expect(unused.includes(ref)).not.toBe(covered.has(ref))
      expect(new Set(unused).size).toBe(unused.length)
    }),
    { numRuns: 200 },
  )
})

test('what is not served to anybody says nothing about its value', () => {
  const facts = factsOf({ bindings: [fetchedFact({ covered: false }, { form: 'unfit' })] })
  const codes = judge(facts).map(({ code }) => code)
  expect(codes.toSorted()).toEqual(['uncovered-binding', 'unused-ref'])
})

test('the clock is the one that was passed in', () => {
  const bindings = [fetchedFact({}, { expiresAt: '2026-11-30T00:00:00.000Z' })]
  expect(linesOf({ bindings })).toHaveLength(1)
  expect(linesOf({ bindings, now: new Date(NOW.getTime() - 30 * 86_400_000) })).toEqual([])
})
