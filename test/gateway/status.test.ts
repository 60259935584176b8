import { describe, expect, test } from 'vitest'
import { routeOf, statusOf, statusText } from '../../src/gateway/status.ts'
import type { PlannedBinding } from '../../src/plan/types.ts'
import type { CredentialRow } from '../../src/state/credentials.ts'
import type { GrantRow } from '../../src/state/grants.ts'
import type { LeaseRow } from '../../src/state/leases.ts'
import { bindingOf, grantFor } from './binding.ts'

const NOW = new Date('2026-11-24T12:00:00Z')

interface Case {
  grant?: Partial<GrantRow>
  binding?: Partial<PlannedBinding>
  line: string
  words: string
}

describe('the line of a binding', () => {
  test.each<[string, Case]>([
    [
      'the article’s: injected, with an expiry',
      {
        grant: { expiresAt: '2027-03-08T04:12:00Z' },
        line: '✅ STRIPE_API_KEY: injected (valid until 2027-03-08)',
        words: '[ok] STRIPE_API_KEY: injected (valid until 2027-03-08)',
      },
    ],
    [
      'without an expiry',
      {
        grant: {},
        line: '✅ STRIPE_API_KEY: injected (no expiry)',
        words: '[ok] STRIPE_API_KEY: injected (no expiry)',
      },
    ],
    [
      'fetched, and nobody received it',
      {
        grant: { outcome: 'ready', expiresAt: '2027-03-08T04:12:00Z' },
        line: '✅ STRIPE_API_KEY: ready (valid until 2027-03-08)',
        words: '[ok] STRIPE_API_KEY: ready (valid until 2027-03-08)',
      },
    ],
    [
      'ending soon',
      {
        grant: { expiresAt: '2026-11-27T23:59:00Z' },
        line: '⚠️ STRIPE_API_KEY: injected (expires in 3 days, 2026-11-27)',
        words: '[warn] STRIPE_API_KEY: injected (expires in 3 days, 2026-11-27)',
      },
    ],
    [
      'ending tomorrow',
      {
        grant: { outcome: 'ready', expiresAt: '2026-11-25T00:00:00Z' },
        line: '⚠️ STRIPE_API_KEY: ready (expires in 1 day, 2026-11-25)',
        words: '[warn] STRIPE_API_KEY: ready (expires in 1 day, 2026-11-25)',
      },
    ],
    [
      'ending today',
      {
        grant: { expiresAt: '2026-11-24T12:00:01Z' },
        line: '⚠️ STRIPE_API_KEY: injected (expires today, 2026-11-24)',
        words: '[warn] STRIPE_API_KEY: injected (expires today, 2026-11-24)',
      },
    ],
    [
      'ended, while an agent may still hold it',
      {
        grant: { expiresAt: '2026-11-24T12:00:00Z' },
        line: '❌ STRIPE_API_KEY: injected (expired on 2026-11-24)',
        words: '[fail] STRIPE_API_KEY: injected (expired on 2026-11-24)',
      },
    ],
    [
      'the config says an earlier end than the store',
      {
        grant: { expiresAt: '2027-03-08T04:12:00Z' },
        binding: { expiresAt: '2026-12-31' },
        line: '✅ STRIPE_API_KEY: injected (valid until 2026-12-31)',
        words: '[ok] STRIPE_API_KEY: injected (valid until 2026-12-31)',
      },
    ],
    [
      'denied',
      {
        grant: { outcome: 'denied', code: 'PROVIDER_DENIED' },
        line: '❌ STRIPE_API_KEY: denied (PROVIDER_DENIED)',
        words: '[fail] STRIPE_API_KEY: denied (PROVIDER_DENIED)',
      },
    ],
    [
      'refused for being expired',
      {
        grant: { outcome: 'denied', code: 'EXPIRED' },
        line: '❌ STRIPE_API_KEY: denied (EXPIRED)',
        words: '[fail] STRIPE_API_KEY: denied (EXPIRED)',
      },
    ],
    [
      'nothing ever happened',
      {
        line: '⚪ STRIPE_API_KEY: never injected',
        words: '[none] STRIPE_API_KEY: never injected',
      },
    ],
    [
      'the config now says something else',
      {
        grant: { route: 'another' },
        line: '⚠️ STRIPE_API_KEY: stale (injected before the config changed)',
        words: '[warn] STRIPE_API_KEY: stale (injected before the config changed)',
      },
    ],
    [
      'a denial under another config',
      {
        grant: { route: 'another', outcome: 'denied', code: 'PROVIDER_DENIED' },
        line: '⚠️ STRIPE_API_KEY: stale (denied before the config changed)',
        words: '[warn] STRIPE_API_KEY: stale (denied before the config changed)',
      },
    ],
  ])('%s', (_, { grant, binding, line, words }) => {
    const planned = bindingOf(binding)
    const status = statusOf(planned, grant && grantFor(planned, grant), NOW)
    expect(statusText(status, true)).toBe(line)
    expect(statusText(status, false)).toBe(words)
  })
})

test('what it is for, and how that was found, is part of it', () => {
  const about = { target: 'stripe', provider: 'file' }
  expect(statusOf(bindingOf(), undefined, NOW)).toMatchObject(about)
  const found = bindingOf({ targetBy: 'variable' })
  expect(statusOf(found, undefined, NOW)).toMatchObject({ ...about, targetBy: 'variable' })
  expect(statusOf(bindingOf({ chain: [] }), undefined, NOW)).not.toHaveProperty('provider')
})

describe('routeOf', () => {
  const route = routeOf(bindingOf())

  test.each<[string, Partial<PlannedBinding>]>([
    ['ref', { ref: 'other' }],
    ['variable', { envVar: 'OTHER' }],
    ['tool', { tool: 'other' }],
    ['delivery', { delivery: 'file' }],
    ['path in the variable', { pathInEnvVar: true }],
    ['place', { chain: [{ provider: 'file', at: { path: '', field: 'other' } }] }],
    ['provider', { chain: [{ provider: 'vault', at: { path: '', field: 'stripe_api_key' } }] }],
  ])('another %s is another route', (_, fields) => {
    expect(routeOf(bindingOf(fields))).not.toBe(route)
  })

  test.each<[string, Partial<PlannedBinding>]>([
    ['note', { note: 'delete after migration' }],
    ['expiry', { expiresAt: '2027-01-01' }],
    ['requirement', { required: false }],
  ])('another %s is not', (_, fields) => {
    expect(routeOf(bindingOf(fields))).toBe(route)
  })
})

describe('what a service said of a value', () => {
  const FINGERPRINT = `hmac-sha256:${'0a'.repeat(16)}`
  const said = (more: Partial<CredentialRow>): CredentialRow => ({
    config: '/c',
    environment: 'default',
    ref: 'stripe-api-key',
    target: 'stripe-secret-key',
    fingerprint: FINGERPRINT,
    verdict: 'rejected',
    at: '2026-11-23T23:00:00.000Z',
    ...more,
  })
  const lineOf = (credential: CredentialRow, grant: Partial<GrantRow> = {}): string => {
    const binding = bindingOf()
    const given = grantFor(binding, { fingerprint: FINGERPRINT, ...grant })
    return statusText(statusOf(binding, given, NOW, credential), true)
  }

  test('rejected: no ✅, and the day on which it said so', () => {
    const line = '❌ STRIPE_API_KEY: rejected by stripe-secret-key (2026-11-23)'
    expect(lineOf(said({}))).toBe(line)
    expect(lineOf(said({}), { outcome: 'ready', expiresAt: '2026-01-01' })).toBe(line)
  })

  test('nothing of another value, and nothing where it was not rejected', () => {
    const well = '✅ STRIPE_API_KEY: injected (no expiry)'
    expect(lineOf(said({ fingerprint: `hmac-sha256:${'0b'.repeat(16)}` }))).toBe(well)
    for (const verdict of ['valid', 'no-permission', 'cannot-tell', 'unreachable'] as const) {
      expect(lineOf(said({ verdict }))).toBe(well)
    }
    const unknown = statusOf(bindingOf(), grantFor(bindingOf()), NOW, said({}))
    expect(statusText(unknown, true)).toBe(well)
    expect(lineOf(said({}), { route: 'another' })).toContain('stale')
    expect(lineOf(said({}), { outcome: 'denied' })).toContain('denied')
  })
})

const leaseLine = (lease: Partial<LeaseRow>, grant: Partial<GrantRow> = {}): string => {
  const binding = bindingOf()
  const given = grantFor(binding, { run: 'r', ...grant })
  const row = { config: '/c', environment: 'e', agent: 'a', envVar: binding.envVar, run: 'r' }
  const endsAt = '2999-01-02T03:04:05.678Z'
  const one: LeaseRow = { ...row, state: 'held', endsAt, ...lease }
  return statusText(statusOf(binding, given, NOW, undefined, one), true)
}

describe('how its lease stands', () => {
  const injected = 'STRIPE_API_KEY: injected'

  test.each<[Partial<LeaseRow>, string]>([
    [{}, `✅ ${injected} (lease until 2999-01-02 03:04:05 UTC)`],
    [{ state: 'renewed' }, `✅ ${injected} (lease renewed until 2999-01-02 03:04:05 UTC)`],
    [{ state: 'lost' }, `⚠️ ${injected} (its lease is lost, ends 2999-01-02 03:04:05 UTC)`],
    [{ state: 'revoked' }, `⚪ ${injected} (its lease was revoked)`],
    [
      { endsAt: '2020-01-02T03:04:05Z' },
      `❌ ${injected} (its lease ended 2020-01-02 03:04:05 UTC)`,
    ],
  ])('%o', (lease, line) => {
    expect(leaseLine(lease)).toBe(line)
  })

  test('is said of the run that the value is of alone, and of nothing worse', () => {
    expect(leaseLine({ run: 'an earlier one' })).toBe(`✅ ${injected} (no expiry)`)
    expect(leaseLine({}, { outcome: 'ready' })).toBe('✅ STRIPE_API_KEY: ready (no expiry)')
    expect(leaseLine({}, { expiresAt: '2020-01-01' })).toContain('expired on 2020-01-01')
    expect(leaseLine({}, { outcome: 'denied', code: 'EXPIRED' })).toContain('denied (EXPIRED)')
  })
})
