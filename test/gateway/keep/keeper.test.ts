import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseKept } from '../../../src/gateway/keep/keeper.ts'
import type { KeepOrder } from '../../../src/gateway/keep/words.ts'

const VALUE = 'fake-value-in-a-report'
const order = (kind: 'history' | 'rollback' | 'remove'): KeepOrder => ({
  v: 1,
  provider: 'store',
  type: 'store',
  options: { path: '/store.age' },
  at: { path: 'key' },
  action: { kind },
})

test('closed fields alone come back, whatever a keeper says', () => {
  const anything = fc.oneof(fc.constant(VALUE), fc.jsonValue())
  const report = fc.record(
    {
      type: fc.constantFrom('history', 'changed', 'failed'),
      versions: fc.array(
        fc.record({ version: fc.constant('1'), stages: fc.constant([]), note: anything }),
      ),
      from: fc.constantFrom('1', `${VALUE} `),
      what: fc.constantFrom('store', VALUE),
      code: fc.constantFrom('PROVIDER_DENIED', VALUE),
      reason: anything,
      place: fc.constantFrom('/store.age', VALUE),
      more: anything,
    },
    { requiredKeys: ['type'] },
  )
  fc.assert(
    fc.property(report, fc.constantFrom('history', 'rollback', 'remove'), (said, kind) => {
      const kept = parseKept(JSON.stringify(said), order(kind))
      expect(JSON.stringify(kept) ?? '').not.toContain(VALUE)
    }),
  )
})

test.each([
  '',
  'null',
  '[]',
  '{"type":"odd"}',
  '{"type":"history","versions":[{}]}',
  'x'.repeat(70_000),
])('what breaks the contract is no report', (text) => {
  expect(parseKept(text, order('history'))).toBeUndefined()
})

test('an answer to another question is none', () => {
  expect(parseKept('{"type":"changed","to":"1"}', order('history'))).toBeUndefined()
  expect(parseKept('{"type":"history","versions":[]}', order('remove'))).toBeUndefined()
})
