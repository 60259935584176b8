/** What services said of credentials. */
import { describe, expect, test } from 'vitest'
import {
  CHECK_GAP_MS,
  claimCheck,
  credentialsOf,
  recordCredentials,
  withLearnedEnd,
  type CredentialRow,
} from '../../src/state/credentials.ts'
import { bindingOf, grantFor } from '../gateway/binding.ts'
import { openState, tempHome } from './folder.ts'

const ROW: CredentialRow = {
  config: '/c',
  environment: 'production',
  ref: 'stripe-api-key',
  target: 'stripe-secret-key',
  fingerprint: 'f:1',
  verdict: 'valid',
  at: '2026-11-25T00:00:00.000Z',
  expiresAt: '2027-01-01T00:00:00.000Z',
}
const KEY = { config: '/c', environment: 'production' }

describe('a verdict', () => {
  test('is kept for each ref, the last one', () => {
    const db = openState()
    const other = { ...ROW, ref: 'other', verdict: 'rejected' } as const
    recordCredentials(db, [ROW, other, { ...ROW, environment: 'staging' }])
    const later = { ...ROW, verdict: 'no-permission', at: '2026-11-26T00:00:00.000Z' } as const
    recordCredentials(db, [later])
    expect(Object.fromEntries(credentialsOf(db, KEY))).toEqual({ 'stripe-api-key': later, other })
  })

  test('that says nothing of the end leaves what is known of the same value', () => {
    const db = openState()
    const { expiresAt, ...silent } = ROW
    recordCredentials(db, [ROW])
    recordCredentials(db, [{ ...silent, verdict: 'unreachable' }])
    expect(credentialsOf(db, KEY).get(ROW.ref)).toEqual({
      ...ROW,
      verdict: 'unreachable',
      expiresAt,
    })
    recordCredentials(db, [{ ...silent, fingerprint: 'f:2' }])
    expect(credentialsOf(db, KEY).get(ROW.ref)).toEqual({ ...silent, fingerprint: 'f:2' })
  })

  test('of rejection stands until another one is certain, or the value is another', () => {
    const db = openState()
    const rejected = { ...ROW, verdict: 'rejected' } as const
    recordCredentials(db, [rejected])
    recordCredentials(db, [{ ...ROW, verdict: 'unreachable', at: '2026-11-26T00:00:00.000Z' }])
    expect(credentialsOf(db, KEY).get(ROW.ref)).toEqual(rejected)
    recordCredentials(db, [{ ...ROW, verdict: 'unreachable', fingerprint: 'f:2' }])
    expect(credentialsOf(db, KEY).get(ROW.ref)?.verdict).toBe('unreachable')
    recordCredentials(db, [rejected, ROW])
    expect(credentialsOf(db, KEY).get(ROW.ref)?.verdict).toBe('valid')
  })

  test('in a word of another version is none for certain', () => {
    const db = openState()
    recordCredentials(db, [ROW])
    db.exec(`UPDATE credentials SET verdict = 'perhaps'`)
    expect(credentialsOf(db, KEY).get(ROW.ref)?.verdict).toBe('cannot-tell')
  })
})

const at = (ms: number): Date => new Date(Date.UTC(2026, 10, 25) + ms)

describe('the end that a service told', () => {
  const grant = grantFor(bindingOf(), { fingerprint: ROW.fingerprint })

  test('is that of the grant of the same value, where none is known', () => {
    const { expiresAt: _, ...endless } = grant
    expect(withLearnedEnd(endless, ROW)).toEqual({ ...endless, expiresAt: ROW.expiresAt })
    expect(withLearnedEnd(endless, undefined)).toBe(endless)
    expect(withLearnedEnd(endless, { ...ROW, fingerprint: 'f:2' })).toBe(endless)
    const known = { ...endless, expiresAt: '2026-12-01' }
    expect(withLearnedEnd(known, ROW)).toBe(known)
  })
})

describe('after a failed run', () => {
  const key = { ...KEY, agent: 'a', fingerprint: 'f:1', target: 'stripe-secret-key' }

  test('the service is asked once in a while, for each agent and value', () => {
    const home = tempHome()
    const db = openState(home)
    expect(claimCheck(db, key, at(0))).toBe(true)
    // Another process, started again by its service manager.
    expect(claimCheck(openState(home), key, at(1000))).toBe(false)
    expect(claimCheck(db, { ...key, agent: 'b' }, at(1000))).toBe(true)
    expect(claimCheck(db, { ...key, fingerprint: 'f:2' }, at(1000))).toBe(true)
    expect(claimCheck(db, { ...key, target: 'clerk' }, at(1000))).toBe(true)
    expect(claimCheck(db, { ...key, environment: 'staging' }, at(1000))).toBe(true)
    expect(claimCheck(db, key, at(CHECK_GAP_MS - 1))).toBe(false)
    expect(claimCheck(db, key, at(CHECK_GAP_MS))).toBe(true)
  })

  test('a clock that is set back silences nothing', () => {
    const db = openState()
    expect(claimCheck(db, key, at(86_400_000))).toBe(true)
    expect(claimCheck(db, key, at(0))).toBe(true)
  })
})
