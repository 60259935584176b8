/** What a verifier may say, and that nothing else comes through. */
import { describe, expect, test } from 'vitest'
import { parseAnswers } from '../../../src/gateway/verify/verifier.ts'
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

const said = (...lines: readonly unknown[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('')
const checked = (...calls: readonly unknown[]): object => ({ type: 'checked', calls })

describe('a report of closed fields', () => {
  test.each([
    [VALID],
    [{ verdict: 'rejected', status: 401, ms: 0 }],
    [{ verdict: 'unreachable', reason: 'tls', ms: 0 }],
    [{ verdict: 'cannot-tell', reason: 'redirect', status: 302, ms: 0 }],
    [{ ...VALID, expiresAt: '2027-01-01T00:00:00.000Z' }],
  ])('%j comes through', (call) => {
    const answers = parseAnswers(said(FETCHED, checked(call, null)), ORDER)
    expect(answers.checked).toEqual([call, null])
    expect(answers.fetched).toHaveLength(2)
  })

  test('what is in it beside them does not', () => {
    const call = { ...VALID, body: 'fake-value', header: 'fake-value' }
    expect(parseAnswers(said(FETCHED, checked(call, null)), ORDER).checked).toEqual([VALID, null])
  })

  test.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'x\ny\n'],
    ['one half', said(FETCHED)],
    ['the halves in another order', said(checked(VALID, null), FETCHED)],
    ['too few calls', said(FETCHED, checked(VALID))],
    ['too few items', said({ type: 'fetched', items: [VALUE] }, checked(VALID, null))],
    ['a verdict on what was not fetched', said(FETCHED, checked(VALID, VALID))],
    ['none on what was', said(FETCHED, checked(null, null))],
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
    }).map(([what, call]): [string, string] => [what, said(FETCHED, checked(call, null))]),
  ])('%s breaks it', (_, text) => {
    expect(() => parseAnswers(text, ORDER)).toThrow(
      expect.objectContaining({ code: 'PROVIDER_INVALID' }),
    )
  })

  test('what went wrong is said in our words', () => {
    const trouble = { type: 'undelivered', code: 'FILE_INSECURE', reason: 'fingerprint-key' }
    expect(() => parseAnswers(said(trouble), ORDER)).toThrow(/cannot use the key for fingerprints/)
    expect(() => parseAnswers(said(FETCHED, { ...trouble, reason: 'fake-value' }), ORDER)).toThrow(
      'the verifier could not do its work',
    )
  })
})
