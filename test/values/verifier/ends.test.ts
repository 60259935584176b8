import { describe, expect, test } from 'vitest'
import { endOfToken, momentIn } from '../../../src/values/verifier/ends.ts'

describe('a date in an answer', () => {
  test.each([
    ['2026-10-07 19:07:53 UTC', '2026-10-07T19:07:53.000Z'],
    ['2026-10-07 19:07:53 -0700', '2026-10-08T02:07:53.000Z'],
    ['2026-10-07T19:07:53Z', '2026-10-07T19:07:53.000Z'],
    ['2026-10-07T19:07:53.5+02:00', '2026-10-07T17:07:53.500Z'],
    ['Wed, 07 Oct 2026 19:07:53 GMT', '2026-10-07T19:07:53.000Z'],
    ['1791400073', '2026-10-07T19:07:53.000Z'],
  ])('%s', (text, expected) => {
    expect(momentIn(text)?.toISOString()).toBe(expected)
  })

  test.each(['', 'never', '2026-13-40 00:00:00 UTC', '07/10/2026', '1', '9999999999', '2026'])(
    '%j is none',
    (text) => {
      expect(momentIn(text)).toBeUndefined()
    },
  )
})

const part = (object: unknown): string => Buffer.from(JSON.stringify(object)).toString('base64url')
const token = (header: unknown, payload: unknown): Buffer =>
  Buffer.from(`${part(header)}.${part(payload)}.c2ln`)

describe('the end that a signed token states', () => {
  test('is its exp, in seconds', () => {
    const end = endOfToken(token({ alg: 'HS256' }, { exp: 1_791_400_073.9 }))
    expect(end?.toISOString()).toBe('2026-10-07T19:07:53.000Z')
  })

  test.each<[string, Buffer]>([
    ['without exp', token({ alg: 'HS256' }, { iat: 1 })],
    ['in milliseconds', token({ alg: 'HS256' }, { exp: 1_791_400_073_000 })],
    ['as text', token({ alg: 'HS256' }, { exp: '1791400073' })],
    ['without an algorithm', token({}, { exp: 1_791_400_073 })],
    ['that is a list', token([], [])],
    ['with dots alone', Buffer.from('xapp.1.secret')],
    ['of bytes', Buffer.from([0xff, 0x2e, 0xfe, 0x2e, 0xfd])],
    [
      'longer than any',
      Buffer.concat([token({ alg: 'x' }, { exp: 1_791_400_073 }), Buffer.alloc(20_000, 'a')]),
    ],
  ])('%s there is none', (_, value) => {
    expect(endOfToken(value)).toBeUndefined()
  })
})
