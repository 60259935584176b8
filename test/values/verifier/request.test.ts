import { assert, property, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Verify } from '../../../src/targets/types.ts'
import { requestOf, type Request } from '../../../src/values/verifier/request.ts'

function recipe(parts: Partial<Verify>): { recipe: Verify } {
  return {
    recipe: {
      method: 'GET',
      host: 'api.example.com',
      path: '/v1/me',
      rules: [],
      confidence: 'seen',
      ...parts,
    },
  }
}

function made(
  parts: Partial<Verify>,
  values: Record<string, string | Uint8Array>,
  base = '',
): Request {
  const request = tried(parts, values, base)
  if (typeof request === 'string') throw new Error(request)
  return request
}

function tried(
  parts: Partial<Verify>,
  values: Record<string, string | Uint8Array>,
  base = '',
): ReturnType<typeof requestOf> {
  const bytes = Object.entries(values).map(
    ([name, value]) => [name, typeof value === 'string' ? Buffer.from(value) : value] as const,
  )
  return requestOf(recipe(parts), base, new Map(bytes))
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_TYPE = { 'content-type': 'application/json' }

describe('a value is encoded for its place', () => {
  test('in a header as it is, one character a byte', () => {
    const { headers } = made({ headers: { authorization: 'Bearer {value}' } }, { value: 'a+/=é' })
    const sent = Buffer.from(headers['authorization'] ?? '', 'latin1').toString('utf8')
    expect(sent).toBe('Bearer a+/=é')
  })

  test('in basic authentication with its companion, base64', () => {
    const { headers } = made({ basic: '{SID}:{value}' }, { value: 'p:w', SID: 'AC0' })
    expect(headers['authorization']).toBe(`Basic ${Buffer.from('AC0:p:w').toString('base64')}`)
  })

  test('in a path and a query percent-encoded, behind the base', () => {
    const parts = { path: '/bot{value}/getMe?key={value}' }
    expect(made(parts, { value: 'a/?#&% é..' }, '/api').path).toBe(
      '/api/bota%2F%3F%23%26%25%20%C3%A9../getMe?key=a%2F%3F%23%26%25%20%C3%A9..',
    )
  })

  test('dots are letters where they are no whole segment', () => {
    const { path } = made({ path: '/a/{value}.json?q={X}' }, { value: '..', X: '..' })
    expect(path).toBe('/a/...json?q=..')
  })

  test('in a form percent-encoded, in JSON as the content of a string', () => {
    const form = made({ headers: FORM, body: 'key={value}&x=1' }, { value: 'a&x=2' })
    expect(form.body?.toString()).toBe('key=a%26x%3D2&x=1')
    const json = made({ headers: JSON_TYPE, body: '{"key":"{value}"}' }, { value: '","x":"\\' })
    expect(JSON.parse(json.body?.toString() ?? '')).toEqual({ key: '","x":"\\' })
  })

  test('in a query language braces with spaces are no placeholder', () => {
    const body = '{"query":"{ viewer { id } }"}'
    expect(made({ headers: JSON_TYPE, body }, { value: 'v' }).body?.toString()).toBe(body)
  })

  test('whatever it holds: no second header, no other path, no further field', () => {
    const parts = {
      path: '/p/{value}',
      headers: { ...FORM, 'x-key': '{value}' },
      body: 'a={value}&b=1',
    }
    assert(
      property(uint8Array({ minLength: 1, maxLength: 40 }), (value) => {
        const request = tried(parts, { value })
        if (typeof request === 'string') {
          const isDots = /^\.{1,2}$/.test(Buffer.from(value).toString('latin1'))
          expect(isDots || value.some((byte) => byte < 0x20 || byte === 0x7f)).toBe(true)
          return
        }
        expect(request.path.split('/')).toHaveLength(3)
        expect(request.path).toMatch(/^\/p\/[A-Za-z0-9._~%-]+$/)
        expect([...new URLSearchParams(request.body?.toString()).keys()]).toEqual(['a', 'b'])
        expect(Buffer.from(request.headers['x-key'] ?? '', 'latin1')).toEqual(Buffer.from(value))
      }),
      { numRuns: 300 },
    )
  })
})

describe('what cannot be sent as it is, is not sent', () => {
  test.each<[string, Partial<Verify>, Record<string, string | Uint8Array>, string]>([
    ['a newline in a header', { headers: { a: '{value}' } }, { value: 'a\nb: c' }, 'not-sendable'],
    ['a newline at its end', { headers: { a: '{value}' } }, { value: 'a\r\n' }, 'not-sendable'],
    ['a NUL in basic', { basic: 'u:{value}' }, { value: 'a\0' }, 'not-sendable'],
    ['in a body of no known form', { body: '<a>{value}</a>' }, { value: 'v' }, 'not-sendable'],
    [
      'bytes that are no text in JSON',
      { headers: JSON_TYPE, body: '"{value}"' },
      { value: new Uint8Array([0xff]) },
      'not-sendable',
    ],
    [
      'a companion that is not there',
      { basic: '{SID}:{value}' },
      { value: 'v' },
      'companion-missing',
    ],
    ['a segment that means this folder', { path: '/a/{value}' }, { value: '.' }, 'not-sendable'],
    [
      'one that means the folder above',
      { path: '/a/{X}/b' },
      { X: '..', value: 'v' },
      'not-sendable',
    ],
    ['two halves of one', { path: '/a/{X}{value}?b' }, { X: '.', value: '.' }, 'not-sendable'],
    ['a setting that nobody states', { path: '/{site}' }, { value: 'v' }, 'companion-missing'],
  ])('%s', (_, parts, values, reason) => {
    expect(tried(parts, values)).toBe(reason)
  })
})

describe('a credential that is itself a URL', () => {
  const parts = { host: 'hooks.example.com', path: '/{path}' }

  test('gives its path and query, as they are', () => {
    const value = 'https://hooks.example.com/services/T0/B0/x?a=%20'
    expect(made(parts, { value }).path).toBe('/services/T0/B0/x?a=%20')
  })

  test.each([
    ['of another host', 'https://hooks.example.com.evil.example/x', 'other-host'],
    ['with a user', 'https://hooks.example.com@evil.example/x', 'other-host'],
    ['with a user of its own', 'https://u@hooks.example.com/x', 'other-host'],
    ['with another port', 'https://hooks.example.com:8443/x', 'other-host'],
    ['without TLS', 'http://hooks.example.com/x', 'other-host'],
    ['that is none', 'services/T0/B0/x', 'not-sendable'],
    ['with a line after it', 'https://hooks.example.com/x\nhttps://evil.example', 'not-sendable'],
  ])('%s is refused', (_, value, reason) => {
    expect(tried(parts, { value })).toBe(reason)
  })
})
