import { describe, expect, test } from 'vitest'
import type { Code } from '../../../src/errors.ts'
import { judge } from '../../../src/gateway/tend/judge.ts'
import { decideAgain } from '../../../src/policy/decide.ts'
import type { Fetched, FetchedFailure, FetchedValue } from '../../../src/policy/fetched.ts'
import { bindingOf } from '../binding.ts'

const NOW = new Date('2026-11-20T12:00:00.000Z')
const before = { provider: 'vault', fingerprint: 'k:1' }

function value(fields: Partial<FetchedValue> = {}): FetchedValue {
  return {
    outcome: 'value',
    provider: 'vault',
    fingerprint: 'k:1',
    ms: 1,
    passed: [],
    warnings: [],
    ...fields,
  }
}

function failure(
  kind: FetchedFailure['kind'],
  code: Code,
  fields: Partial<FetchedFailure> = {},
): FetchedFailure {
  return { outcome: 'failure', kind, code, provider: 'vault', ms: 1, passed: [], ...fields }
}

function verdict(fetched: Fetched, from = before): ReturnType<typeof judge> {
  return judge(from, fetched, decideAgain(bindingOf(), fetched, NOW, false))
}

describe('a value that was read again', () => {
  test('is the same, or another one', () => {
    expect(verdict(value())).toBe('same')
    expect(verdict(value({ fingerprint: 'k:2' }))).toBe('changed')
  })

  test('a new version of the same bytes is no change', () => {
    expect(verdict(value({ version: '7' }))).toBe('same')
  })

  test('that has expired is revoked, without a second look', () => {
    expect(verdict(value({ expiresAt: '2026-11-20T11:59:59.000Z' }))).toBe('revoked')
  })

  test('that is the last good one, kept for outages, is no news', () => {
    const stale = '2026-11-20T11:50:00.000Z'
    expect(verdict(value({ fingerprint: 'k:2', stale }))).toBe('unread')
    expect(verdict(value({ stale }))).toBe('unread')
  })

  test('that comes back after it was revoked is a change', () => {
    const fetched = value()
    const decision = decideAgain(bindingOf(), fetched, NOW, false)
    expect(judge({ provider: 'vault', fingerprint: undefined }, fetched, decision)).toBe('changed')
  })

  test('from a fallback, while its own provider is out, is no news', () => {
    const passed = [{ provider: 'vault', code: 'PROVIDER_UNAVAILABLE' }] as const
    expect(verdict(value({ provider: 'file', fingerprint: 'k:2', passed }))).toBe('unread')
    expect(verdict(failure('absent', 'SECRET_NOT_FOUND', { provider: 'file', passed }))).toBe(
      'unread',
    )
  })

  test('from the fallback that it came from in the first place is news', () => {
    const passed = [{ provider: 'vault', code: 'PROVIDER_UNAVAILABLE' }] as const
    const fetched = value({ provider: 'file', fingerprint: 'k:2', passed })
    expect(verdict(fetched, { provider: 'file', fingerprint: 'k:1' })).toBe('changed')
  })

  test('from the first of the chain, which is back, is news', () => {
    const fetched = value({ fingerprint: 'k:2' })
    expect(verdict(fetched, { provider: 'file', fingerprint: 'k:1' })).toBe('changed')
  })
})

describe('a value that was not read again', () => {
  test.each([
    failure('absent', 'SECRET_NOT_FOUND', { reason: 'no-such-key' }),
    failure('denied', 'PROVIDER_DENIED', { reason: 'not-permitted' }),
    failure('denied', 'PROVIDER_DENIED'),
  ])('may have been revoked: %o', (fetched) => {
    expect(verdict(fetched)).toBe('suspect')
  })

  test.each([
    failure('unavailable', 'PROVIDER_UNAVAILABLE', { reason: 'unreachable' }),
    failure('unavailable', 'TIMEOUT', { reason: 'timeout' }),
    failure('malformed', 'SECRET_MALFORMED', { reason: 'not-json' }),
    failure('malformed', 'SECRET_EMPTY', { reason: 'empty' }),
    failure('denied', 'PROVIDER_DENIED', { reason: 'login-denied' }),
    failure('denied', 'FILE_INSECURE', { reason: 'mode' }),
  ])('says nothing of the value: %o', (fetched) => {
    expect(verdict(fetched)).toBe('unread')
  })
})
