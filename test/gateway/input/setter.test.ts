/** What may come back from a setter: closed fields, and of paths and keys only those that were named. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Instruction } from '../../../src/gateway/input/set-words.ts'
import { parseReport } from '../../../src/gateway/input/setter.ts'

const VALUE = 'fake-value-never-to-be-seen'
const FINGERPRINT = `hmac-sha256:${'0f'.repeat(16)}`

const instruction: Instruction = {
  v: 1,
  ref: 'stripe-api-key',
  provider: 'file',
  type: 'file',
  options: { search: ['/home/me/secrets.json', '/home/me/other.json'] },
  at: { path: '', field: 'stripe-api-key', alias: 'stripe_api_key' },
  operation: 'one',
  fingerprintKey: '/home/me/keys/fingerprint.key',
  pasteMarks: false,
  expected: [['slack-bot-token'], ['stripe-secret-key', 'stripe-restricted-key']],
}

function parse(report: object): ReturnType<typeof parseReport> {
  return parseReport(`${JSON.stringify(report)}\n`, instruction)
}

describe('written', () => {
  const written = { type: 'written', fingerprint: FINGERPRINT, warnings: [] }

  test('comes through whole', () => {
    const report = {
      ...written,
      version: '5y7y7.dn3ubsi48n2t',
      warnings: ['PLACEHOLDER_VALUE', 'NUL_BYTE'],
      place: '/home/me/other.json',
      field: 'stripe_api_key',
      looksLike: ['clerk', 'paystack'],
      misfits: ['slack-bot-token', 'stripe-secret-key'],
    }
    expect(parse(report)).toEqual(report)
  })

  test.each([
    ['a path that nobody named', { place: `/home/me/${VALUE}` }],
    ['a key that nobody named', { field: VALUE }],
    ['a version of another form', { version: `${VALUE} ` }],
    ['a warning that is not on the list', { warnings: [VALUE] }],
    ['a field that is not on the list', { value: VALUE }],
    ['a target that does not exist', { looksLike: [VALUE, 7, null, {}] }],
    ['a target that was not expected', { misfits: ['clerk', 'stripe-restricted-key', VALUE] }],
  ])('loses %s', (_, more) => {
    expect(parse({ ...written, ...more })).toEqual(written)
  })

  test('a file in the folder of the provider may be named', () => {
    const folder = { ...instruction, options: { path: '/run/secrets' } }
    const text = JSON.stringify({ ...written, place: '/run/secrets/stripe_api_key' })
    expect(parseReport(text, folder)).toMatchObject({ place: '/run/secrets/stripe_api_key' })
  })
})

test.each([
  ['no JSON', '{"type":'],
  ['no object', '["written"]'],
  ['nothing', ''],
  ['an unknown type', '{"type":"value"}'],
  ['no fingerprint', '{"type":"written","warnings":[]}'],
  ['a fingerprint of another form', JSON.stringify({ type: 'written', fingerprint: VALUE })],
  ['an unknown code', JSON.stringify({ type: 'failed', what: 'store', code: VALUE })],
  ['an unknown kind of failure', '{"type":"failed","what":"other","code":"TIMEOUT"}'],
  ['an unknown fault', JSON.stringify({ type: 'refused', fault: VALUE })],
  ['two reports', '{"type":"cancelled"}\n{"type":"cancelled"}\n'],
  ['more than it may say', JSON.stringify({ type: 'cancelled', pad: 'x'.repeat(20_000) })],
])('%s: no report', (_, text) => {
  expect(parseReport(text, instruction)).toBeUndefined()
})

test('of a signal only those that can end a prompt are told', () => {
  expect(parse({ type: 'cancelled', signal: 'SIGINT' })).toEqual({
    type: 'cancelled',
    signal: 'SIGINT',
  })
  expect(parse({ type: 'cancelled', signal: 'SIGKILL' })).toEqual({ type: 'cancelled' })
})

test('whatever it says, no text of its own choice comes through', () => {
  const word = fc.constantFrom(VALUE, `/${VALUE}`, 'written', 'failed', 'refused', 'store', '', 1)
  const key = fc.constantFrom(
    'type',
    'fault',
    'what',
    'reason',
    'place',
    'field',
    'version',
    'warnings',
  )
  fc.assert(
    fc.property(fc.dictionary(key, fc.oneof(word, fc.array(word))), (fields) => {
      const report = parse({ fingerprint: FINGERPRINT, code: 'TIMEOUT', ...fields })
      const version = report?.type === 'written' ? report.version : undefined
      // A version is free within its form; the setter itself refuses one that holds the value.
      if (version !== VALUE) expect(JSON.stringify(report) ?? '').not.toContain(VALUE)
    }),
    { numRuns: 500 },
  )
})
