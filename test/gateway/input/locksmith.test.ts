/** What a locksmith may say: closed fields; anything else does not come through. */
import { expect, test } from 'vitest'
import { parseStoreReport } from '../../../src/gateway/input/locksmith.ts'
import type { StoreOrder } from '../../../src/gateway/input/store-words.ts'

const order: StoreOrder = {
  v: 1,
  options: { path: '/fake/store.age', identity: '/fake/store.key' },
  fingerprintKey: '/fake/fingerprint.key',
  operation: 'fake-operation',
  pasteMarks: false,
  action: { kind: 'import', path: '/fake/secrets.json', names: {} },
}
const recipient = `age1${'q'.repeat(58)}`
const item = {
  name: 'a',
  version: '1',
  fingerprint: `hmac-sha256:${'0'.repeat(32)}`,
  already: false,
}
const imported = {
  type: 'imported',
  items: [item],
  there: true,
  searched: 1,
  left: 0,
  unreadable: 0,
  inConfig: false,
  places: [],
}

function parsed(report: object) {
  return parseStoreReport(JSON.stringify(report), order)
}

test('what is well formed comes through, and what stands beside it does not', () => {
  const keyed = { type: 'keyed', key: 'file', own: [recipient], others: [] }
  expect(parsed({ ...keyed, secret: 'fake-value' })).toEqual(keyed)
  expect(parsed({ ...imported, value: 'fake-value' })).toEqual(imported)
  expect(parsed({ ...imported, places: ['notes.txt', 'fake value\u001b', 7] })).toEqual({
    ...imported,
    places: ['notes.txt'],
  })
  const failed = { type: 'failed', what: 'occupied', code: 'USAGE', name: 'a' }
  expect(parsed({ ...failed, place: '/fake/store.age', reason: 'io' })).toEqual({
    ...failed,
    place: '/fake/store.age',
    reason: 'io',
  })
  expect(parsed({ ...failed, place: '/fake/value', reason: 'fake-value', name: '' })).toEqual({
    type: 'failed',
    what: 'occupied',
    code: 'USAGE',
  })
})

test.each([
  [{ type: 'keyed', key: 'file', own: ['AGE-SECRET-KEY-1'], others: [] }],
  [{ type: 'keyed', key: 'else', own: [], others: [] }],
  [{ ...imported, items: [{ ...item, name: 'fake value' }] }],
  [{ ...imported, items: [{ ...item, fingerprint: 'fake-value' }] }],
  [{ ...imported, left: -1 }],
  [{ type: 'failed', what: 'fake', code: 'USAGE' }],
  [{ type: 'failed', what: 'occupied', code: 'fake' }],
  [{ type: 'refused', fault: 'fake' }],
  [{ type: 'fake' }],
])('%j breaks the contract', (report) => {
  expect(parsed(report)).toBeUndefined()
})

test('an import that nobody ordered is none', () => {
  const other: StoreOrder = { ...order, action: { kind: 'recipients' } }
  expect(parseStoreReport(JSON.stringify(imported), other)).toBeUndefined()
})
