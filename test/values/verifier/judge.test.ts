import { describe, expect, test } from 'vitest'
import type { Rule } from '../../../src/targets/types.ts'
import { judge, needsBody, type Body } from '../../../src/values/verifier/judge.ts'

const SLACK: readonly Rule[] = [
  { status: [200], body: { pointer: '/ok', equals: true }, verdict: 'valid' },
  { status: [200], body: { pointer: '/error', equals: 'invalid_auth' }, verdict: 'rejected' },
]
const STRIPE: readonly Rule[] = [
  { status: [200], verdict: 'valid' },
  { status: [401], verdict: 'rejected' },
  { status: [403], verdict: 'no-permission' },
]
const of = (text: string): Body => Buffer.from(text)

describe('the first rule that fits decides', () => {
  test.each<[string, readonly Rule[], number, Body, object]>([
    ['by status', STRIPE, 200, of(''), { verdict: 'valid' }],
    ['a dead key', STRIPE, 401, of('{"error":{}}'), { verdict: 'rejected' }],
    ['alive, without permission', STRIPE, 403, of(''), { verdict: 'no-permission' }],
    ['by the body', SLACK, 200, of('{"ok":true}'), { verdict: 'valid' }],
    [
      '200 and dead',
      SLACK,
      200,
      of('{"ok":false,"error":"invalid_auth"}'),
      { verdict: 'rejected' },
    ],
    [
      'of two that fit the first',
      [{ status: [401], verdict: 'valid' }, ...STRIPE],
      401,
      of(''),
      { verdict: 'valid' },
    ],
    [
      'by a text in it',
      [{ status: [400], body: { contains: 'invalid_payload' }, verdict: 'valid' }],
      400,
      of('invalid_payload'),
      { verdict: 'valid' },
    ],
    [
      'by what is not there',
      [{ status: [200], body: { pointer: '/a/b', is: 'absent' }, verdict: 'valid' }],
      200,
      of('{"a":{"b":null}}'),
      { verdict: 'valid' },
    ],
    [
      'by what is there, whatever it is',
      [{ status: [200], body: { pointer: '/a~1b/0/~0c', is: 'present' }, verdict: 'valid' }],
      200,
      of('{"a/b":[{"~c":false}]}'),
      { verdict: 'valid' },
    ],
  ])('%s', (_, rules, status, body, expected) => {
    expect(judge(rules, status, body)).toEqual(expected)
  })
})

describe('else nothing is settled', () => {
  test.each<[string, readonly Rule[], number, Body]>([
    ['rate-limited', STRIPE, 429, of('')],
    ['server-error', STRIPE, 503, of('')],
    ['redirect', STRIPE, 302, of('')],
    ['unexpected-answer', STRIPE, 418, of('')],
    ['unexpected-answer', SLACK, 200, of('{"ok":false,"error":"ratelimited"}')],
    ['bad-answer', SLACK, 200, of('<html>')],
    ['bad-answer', SLACK, 200, 'unreadable'],
    ['answer-too-large', SLACK, 200, 'too-large'],
    ['ambiguous', [{ status: [401], verdict: 'cannot-tell' }], 401, of('')],
    // A pointer never reaches what a value has by its prototype.
    [
      'unexpected-answer',
      [{ status: [200], body: { pointer: '/constructor', is: 'present' }, verdict: 'valid' }],
      200,
      of('{}'),
    ],
  ])('%s', (reason, rules, status, body) => {
    expect(judge(rules, status, body)).toEqual({ verdict: 'cannot-tell', reason })
  })
})

test('a body is read only where what its status means depends on it', () => {
  expect(needsBody(SLACK, 200)).toBe(true)
  expect(needsBody(SLACK, 500)).toBe(false)
  expect(needsBody(STRIPE, 200)).toBe(false)
})
