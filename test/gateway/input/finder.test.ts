/** What may come back from a finder: a fingerprint of that form, or closed words. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAnswer } from '../../../src/gateway/input/finder.ts'

const VALUE = 'fake-value-never-to-be-seen'
const FINGERPRINT = `hmac-sha256:${'0f'.repeat(16)}`

test.each([
  [{ type: 'fingerprint', fingerprint: FINGERPRINT }],
  [{ type: 'refused', fault: 'empty' }],
  [{ type: 'failed', code: 'FILE_INSECURE' }],
  [{ type: 'cancelled', signal: 'SIGINT' }],
  [{ type: 'cancelled' }],
])('%j comes through', (answer) => {
  expect(parseAnswer(`${JSON.stringify({ ...answer, value: VALUE })}\n`)).toEqual(answer)
})

test.each([
  ['no JSON', '{"type":'],
  ['no object', '["fingerprint"]'],
  ['nothing', ''],
  ['an unknown type', JSON.stringify({ type: 'value', value: VALUE })],
  ['a fingerprint of another form', JSON.stringify({ type: 'fingerprint', fingerprint: VALUE })],
  ['an unknown fault', JSON.stringify({ type: 'refused', fault: VALUE })],
  ['an unknown code', JSON.stringify({ type: 'failed', code: VALUE })],
  ['more than it may say', JSON.stringify({ type: 'cancelled', pad: 'x'.repeat(20_000) })],
])('%s: no answer', (_, text) => {
  expect(parseAnswer(text)).toBeUndefined()
})

test('of a signal only those that can end a prompt are told', () => {
  expect(parseAnswer('{"type":"cancelled","signal":"SIGKILL"}')).toEqual({ type: 'cancelled' })
})

test('whatever it says, no text of its own choice comes through', () => {
  const word = fc.constantFrom(VALUE, 'fingerprint', 'refused', 'failed', 'cancelled', 'empty', 1)
  const key = fc.constantFrom('type', 'fault', 'code', 'signal', 'fingerprint', 'value')
  fc.assert(
    fc.property(fc.dictionary(key, fc.oneof(word, fc.array(word))), (fields) => {
      expect(JSON.stringify(parseAnswer(JSON.stringify(fields))) ?? '').not.toContain(VALUE)
    }),
    { numRuns: 500 },
  )
})
