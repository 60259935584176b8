import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CODES } from '../../src/errors.ts'
import { parseMessage, type Known } from '../../src/gateway/metadata.ts'
import { FETCH_WARNINGS, REASONS } from '../../src/policy/reasons.ts'

const SHEET: Known = {
  providers: new Set(['file', 'vault']),
  places: new Set(['/home/user/secrets.json']),
}
const FINGERPRINT = `hmac-sha256:${'0123456789abcdef'.repeat(2)}`

const value = (fields: object = {}): object => ({
  outcome: 'value',
  provider: 'file',
  fingerprint: FINGERPRINT,
  ms: 3,
  passed: [],
  warnings: [],
  ...fields,
})
const failure = (fields: object = {}): object => ({
  outcome: 'failure',
  kind: 'denied',
  code: 'FILE_INSECURE',
  provider: 'file',
  ms: 3,
  passed: [],
  ...fields,
})
const fetched = (...items: readonly object[]): unknown =>
  parseMessage(JSON.stringify({ type: 'fetched', items }), SHEET)

describe('what has its form comes through whole', () => {
  test.each([
    value(),
    value({ version: 'a1.b2:c3-d4', createdAt: '2026-01-02T03:04:05.678Z' }),
    value({ expiresAt: '2027-12-31T23:59:59.999Z' }),
    value({ form: 'fits' }),
    value({ lease: { seconds: 3600, renewable: true } }),
    value({ form: 'unfit' }),
    value({ passed: [{ provider: 'vault', code: 'TIMEOUT' }] }),
    value({ warnings: [{ code: 'FILE_MODE_LOOSE', place: '/home/user/secrets.json' }] }),
    failure(),
    failure({ reason: 'mode', place: '/home/user/secrets.json' }),
    ...(['absent', 'denied', 'malformed', 'unavailable'] as const).map((kind) => failure({ kind })),
  ])('%j', (item) => {
    expect(fetched(item)).toEqual({ type: 'fetched', items: [item] })
  })

  test.each([
    { type: 'delivered' },
    { type: 'undelivered', code: 'DELIVERY_FAILED' },
    { type: 'undelivered', code: 'DELIVERY_FAILED', reason: 'ENOSPC' },
    { type: 'undelivered', code: 'FILE_INSECURE', reason: 'fingerprint-key' },
  ])('%j', (message) => {
    expect(parseMessage(JSON.stringify(message), SHEET)).toEqual(message)
  })
})

describe('what breaks the contract is refused whole', () => {
  test.each(['', 'null', '[]', '"text"', '{', '{}', '{"type":"release"}', '{"type":"fetched"}'])(
    '%s',
    (line) => {
      expect(parseMessage(line, SHEET)).toBeUndefined()
    },
  )

  test.each([
    value({ provider: 'another' }),
    value({ provider: undefined }),
    value({ provider: ['file'] }),
    value({ fingerprint: undefined }),
    value({ fingerprint: 'fake-value' }),
    value({ ms: 'fake-value' }),
    value({ ms: -1 }),
    value({ ms: 0.123 }),
    value({ ms: 1e300 }),
    value({ passed: [{ provider: 'another', code: 'TIMEOUT' }] }),
    value({ passed: [{ provider: 'vault', code: 'FAKE_VALUE' }] }),
    value({ passed: ['fake-value'] }),
    // It would count as a value that does not expire.
    value({ expiresAt: '2027-02-30T00:00:00.000Z' }),
    value({ expiresAt: '2027-99-99T99:99:99.999Z' }),
    value({ expiresAt: 'tomorrow' }),
    value({ lease: true }),
    value({ lease: { seconds: 3600 } }),
    value({ lease: { seconds: -1, renewable: true } }),
    value({ lease: null }),
    value({ expiresAt: null }),
    value({ expiresAt: 0 }),
    failure({ kind: 'fine' }),
    failure({ code: 'FAKE_VALUE' }),
    failure({ code: undefined }),
    { ...value(), outcome: 'other' },
  ])('%j', (item) => {
    expect(fetched(value(), item)).toBeUndefined()
  })

  test('an error without a code of ours', () => {
    expect(parseMessage('{"type":"undelivered","code":"FAKE"}', SHEET)).toBeUndefined()
  })
})

describe('what is not on the list stays behind', () => {
  test.each([
    [value({ version: 'fake value' }), value()],
    [value({ version: 'v'.repeat(129) }), value()],
    [value({ version: 7 }), value()],
    [value({ createdAt: 'fake-value' }), value()],
    [value({ value: 'fake-value', detail: { any: 'fake-value' } }), value()],
    [value({ warnings: [{ code: 'fake-value' }, 'fake-value', null] }), value()],
    [value({ warnings: 'fake-value' }), value()],
    [
      value({ warnings: [{ code: 'PLACEHOLDER_VALUE', place: '/fake-value' }] }),
      value({ warnings: [{ code: 'PLACEHOLDER_VALUE' }] }),
    ],
    [failure({ reason: 'fake-value' }), failure()],
    [failure({ place: '/home/user/fake-value' }), failure()],
    [failure({ message: 'fake-value', version: '1' }), failure()],
  ])('%j', (item, rest) => {
    expect(fetched(item)).toEqual({ type: 'fetched', items: [rest] })
  })

  test.each(['fake-value', 'a b', 'enospc', 'E!', `E${'X'.repeat(40)}`])(
    'the reason %j',
    (reason) => {
      const line = JSON.stringify({ type: 'undelivered', code: 'DELIVERY_FAILED', reason })
      expect(parseMessage(line, SHEET)).toEqual({ type: 'undelivered', code: 'DELIVERY_FAILED' })
    },
  )
})

/** Every word that may stand in a message, and the fields whose form is open. */
const CLOSED: ReadonlySet<unknown> = new Set<string>([
  ...CODES,
  ...REASONS,
  ...FETCH_WARNINGS,
  ...SHEET.providers,
  ...SHEET.places,
  ...'fetched delivered undelivered value failure fingerprint-key'.split(' '),
  ...'absent denied malformed unavailable fits unfit'.split(' '),
])

function openWords(message: unknown): string[] {
  const words: string[] = []
  JSON.stringify(message, (key, item: unknown) => {
    const known =
      CLOSED.has(item) || ['version', 'fingerprint', 'createdAt', 'expiresAt'].includes(key)
    if (typeof item === 'string' && !known && !/^E[A-Z0-9]{1,30}$/.test(item)) words.push(item)
    return item
  })
  return words
}

test('whatever a resolver says, only closed words come through', () => {
  const odd = fc.oneof(
    fc.string(),
    fc.constantFrom(...CODES, ...REASONS, ...FETCH_WARNINGS, 'file', '/home/user/secrets.json'),
    fc.constantFrom('sk_test_fake', 'ghp_fake', FINGERPRINT, '2027-01-01T00:00:00.000Z'),
    fc.double(),
    fc.constant(null),
    fc.jsonValue(),
  )
  const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 20, arbitrary: good }, { weight: 1, arbitrary: odd })
  const provider = mostly(fc.constantFrom('file', 'vault'))
  const code = mostly(fc.constantFrom(...CODES))
  const step = mostly(fc.record({ provider, code }))
  const warning = mostly(fc.record({ code: odd, place: odd }, { requiredKeys: [] }))
  const item = fc.record(
    {
      outcome: mostly(fc.constantFrom('value', 'failure')),
      provider,
      ms: mostly(fc.nat()),
      passed: mostly(fc.array(step, { maxLength: 2 })),
      code,
      kind: mostly(fc.constantFrom('absent', 'denied')),
      fingerprint: mostly(fc.constant(FINGERPRINT)),
      warnings: mostly(fc.array(warning, { maxLength: 2 })),
      reason: odd,
      place: odd,
      form: odd,
      version: odd,
      expiresAt: mostly(fc.constant('2027-01-01T00:00:00.000Z')),
      extra: odd,
    },
    { requiredKeys: ['outcome', 'provider', 'ms'] },
  )
  const message = fc.record(
    {
      type: fc.constantFrom('fetched', 'fetched', 'delivered', 'undelivered', 'other'),
      items: mostly(fc.array(item, { maxLength: 2 })),
      code,
      reason: odd,
    },
    { requiredKeys: ['type'] },
  )
  let through = 0
  fc.assert(
    fc.property(message, (sent) => {
      const parsed = parseMessage(JSON.stringify(sent), SHEET)
      if (parsed?.type === 'fetched') through += parsed.items.length
      expect(openWords(parsed)).toEqual([])
    }),
    { numRuns: 2000 },
  )
  // Some were good enough; else nothing is shown.
  expect(through).toBeGreaterThan(30)
})

test('calls are counted for providers on the sheet alone, and only where they are a count', () => {
  const line = JSON.stringify({
    type: 'fetched',
    items: [],
    spent: { file: 3, other: 4, vault: 'fake-value' },
  })
  const known = { providers: new Set(['file', 'vault']), places: new Set<string>() }
  expect(parseMessage(line, known)).toEqual({
    type: 'fetched',
    items: [],
    spent: new Map([['file', 3]]),
  })
})
