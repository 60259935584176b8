import { expect, test } from 'vitest'
import { answerOf, requestOf } from '../../../../../src/values/rotator/drivers/exec/protocol.ts'

const answer = (text: string): unknown => answerOf(Buffer.from(text))

test('a request is one line of JSON, whatever a value holds', () => {
  const value = Buffer.from('fake "quoted"\n\\ 值')
  const request = requestOf('create', {
    tag: 't1',
    current: { value, id: 'key/1' },
    admin: { value: Buffer.from([0xff, 0xfe]) },
  }).toString()
  expect(request.indexOf('\n')).toBe(request.length - 1)
  expect(JSON.parse(request)).toEqual({
    protocol: 1,
    step: 'create',
    tag: 't1',
    current: { id: 'key/1', value: value.toString() },
    admin: { base64: '//4=' },
  })
})

test.each([
  ['{"value":"fake","id":"key-1"}', { kind: 'answer', value: Buffer.from('fake'), id: 'key-1' }],
  ['{"base64":"//4="}', { kind: 'answer', value: Buffer.from([0xff, 0xfe]) }],
  ['{"account":"acct-1"}', { kind: 'answer', account: 'acct-1' }],
  ['{"ids":["a","b"]}', { kind: 'answer', ids: ['a', 'b'] }],
  ['{}', { kind: 'answer' }],
  ['{"error":"refused"}', { kind: 'refused', code: 'CREDENTIAL_REJECTED' }],
  [
    '{"error":"refused","reason":"not-a-key"}',
    { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'not-a-key' },
  ],
  ['{"error":"refused","reason":"fake"}', { kind: 'refused', code: 'CREDENTIAL_REJECTED' }],
  ['{"error":"unavailable"}', { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' }],
  ['{"error":"waiting"}', { kind: 'waiting', code: 'PROVIDER_UNAVAILABLE' }],
  ['{"error":"unlisted"}', { kind: 'answer', unlisted: true }],
])('%s', (text, expected) => {
  expect(answer(text)).toEqual(expected)
})

test.each([
  'fake',
  '',
  '[]',
  '{"error":"unknown"}',
  '{"error":"fake"}',
  '{"error":1}',
  '{"id":"with space"}',
  '{"ids":["with space"]}',
  '{"ids":[1]}',
  '{"value":"a","value":"b"}',
])('%s: nobody can tell what was done', (text) => {
  expect(answer(text)).toMatchObject({ kind: 'unknown' })
})
