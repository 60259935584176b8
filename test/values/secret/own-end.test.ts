/** The end that a value states itself. */
import { describe, expect, test } from 'vitest'
import { endOfToken, ownEnd } from '../../../src/values/secret/own-end.ts'
import { selfSigned } from '../../fakes/certificate.ts'

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

test('a certificate ends when it says so, wherever in the value it stands', () => {
  const { key, cert } = selfSigned()
  const end = ownEnd(Buffer.from(`${key}\n${cert}`))
  const inADay = Date.now() + 86_400_000
  expect(Math.abs((end?.getTime() ?? 0) - inADay)).toBeLessThan(60_000)
})

test.each<[string, Buffer]>([
  ['a key', Buffer.from(['sk', 'test', 'FAKEfake0000'].join('_'))],
  ['what only begins like a certificate', Buffer.from('-----BEGIN CERTIFICATE-----\nZmFrZQ==\n')],
  ['what begins like a token', Buffer.from('eyJmYWtl')],
  ['bytes', Buffer.from([0, 1, 2, 255])],
])('%s states none', (_, value) => {
  expect(ownEnd(value)).toBeUndefined()
})
