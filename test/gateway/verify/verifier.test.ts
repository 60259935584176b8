/** What a verifier may say, and that nothing else comes through. */
import { describe, expect, test } from 'vitest'
import { parseChecked, parseFetched } from '../../../src/gateway/verify/verifier.ts'
import type { Order } from '../../../src/gateway/verify/words.ts'

const ORDER: Order = {
  v: 1,
  sheet: {
    type: 'sheet',
    v: 1,
    run: 'r',
    fingerprintKey: '/k',
    deadlineMs: 1,
    providers: { file: { type: 'file', options: {} } },
    items: [0, 1].map((i) => ({
      ref: `r${i}`,
      envVar: `R${i}`,
      delivery: 'none',
      pathInEnvVar: false,
      chain: [{ provider: 'file', at: { path: '' } }],
      fallbackOn: [],
    })),
    argumentBytes: 0,
    inherit: [],
    set: {},
    leases: { at: '/l', key: '/k' },
    ignoreSignals: [],
  },
  calls: [0, 1].map((item) => ({
    item,
    recipe: { method: 'GET', host: 'a.example.com', path: '/', rules: [], confidence: 'seen' },
    service: { kind: 'k', kinds: [], literals: [] },
    companions: {},
    settings: {},
  })),
  concurrency: 1,
  deadlineMs: 1,
}

const VALUE = {
  outcome: 'value',
  provider: 'file',
  fingerprint: `hmac-sha256:${'0'.repeat(32)}`,
  ms: 1,
  passed: [],
  warnings: [],
}
const FAILURE = {
  outcome: 'failure',
  kind: 'absent',
  code: 'SECRET_NOT_FOUND',
  provider: 'file',
  ms: 1,
  passed: [],
}
const FETCHED = { type: 'fetched', items: [VALUE, FAILURE] }
const VALID = { verdict: 'valid', status: 200, ms: 3 }

const line = (message: object): string => JSON.stringify(message)
const said = (...calls: readonly unknown[]): string => line({ type: 'checked', calls })

describe('a report of closed fields', () => {
  test('says what was fetched', () => {
    expect(parseFetched(line(FETCHED), ORDER).items).toHaveLength(2)
  })

  test.each([
    [VALID],
    [{ verdict: 'rejected', status: 401, ms: 0 }],
    [{ verdict: 'unreachable', reason: 'tls', ms: 0 }],
    [{ verdict: 'cannot-tell', reason: 'redirect', status: 302, ms: 0 }],
    [{ ...VALID, expiresAt: '2027-01-01T00:00:00.000Z' }],
  ])('%j comes through', (call) => {
    expect(parseChecked(said(call, VALID), 2, ORDER.sheet)).toEqual([call, VALID])
  })

  test('what is in it beside them does not', () => {
    const call = { ...VALID, body: 'fake-value', header: 'fake-value' }
    expect(parseChecked(said(call), 1, ORDER.sheet)).toEqual([VALID])
  })

  const invalid = expect.objectContaining({ code: 'PROVIDER_INVALID' })

  test.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'x'],
    ['verdicts before they are asked for', said(VALID)],
    ['too few items', line({ type: 'fetched', items: [VALUE] })],
    ['items that are none', line({ type: 'fetched', items: [VALUE, 'fake-value'] })],
  ])('%s where it should say what it fetched breaks it', (_, text) => {
    expect(() => parseFetched(text, ORDER)).toThrow(invalid)
  })

  test.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'y'],
    ['what was fetched once more', line(FETCHED)],
    ['too few calls', said()],
    ['too many', said(VALID, VALID)],
    ['no verdict on what was asked', said(null)],
    ...Object.entries({
      'a verdict of its own': { ...VALID, verdict: 'fake-value' },
      'a reason of its own': { verdict: 'cannot-tell', reason: 'fake-value', ms: 0 },
      'no reason': { verdict: 'unreachable', ms: 0 },
      'a reason of another verdict': { verdict: 'unreachable', reason: 'redirect', ms: 0 },
      'a status that is none': { ...VALID, status: 'fake-value' },
      'a status out of range': { ...VALID, status: 20_000 },
      'an end that is no date': { ...VALID, expiresAt: 'fake-value' },
      'an end that no calendar has': { ...VALID, expiresAt: '2027-02-30T00:00:00.000Z' },
      'no time': { verdict: 'valid' },
    }).map(([what, call]): [string, string] => [what, said(call)]),
  ])('%s where it should say verdicts breaks it', (_, text) => {
    expect(() => parseChecked(text, 1, ORDER.sheet)).toThrow(invalid)
  })

  test('what went wrong is said in our words', () => {
    const trouble = { type: 'undelivered', code: 'FILE_INSECURE', reason: 'fingerprint-key' }
    expect(() => parseFetched(line(trouble), ORDER)).toThrow(/cannot use the key for fingerprints/)
    const other = line({ ...trouble, reason: 'fake-value' })
    expect(() => parseChecked(other, 1, ORDER.sheet)).toThrow('the verifier could not do its work')
  })
})
