import { describe, expect, test } from 'vitest'
import { baseUrlOf, destinationOf, shownHost } from '../../src/targets/destination.ts'
import type { Verify } from '../../src/targets/types.ts'

const to = (host?: string): Verify => ({
  method: 'GET',
  ...(host === undefined ? {} : { host }),
  path: '/',
  rules: [],
  confidence: 'seen',
})

const shown = (url: string): string => {
  const found = destinationOf(to(), url)
  return typeof found === 'string' ? found : shownHost(found)
}

describe('a base URL', () => {
  test.each([
    'https://gitlab.example.com',
    'https://gitlab.example.com:8443/sub/',
    'https://10.0.0.1',
    'http://127.0.0.1:12111',
    'http://127.1.2.3',
    'http://[::1]:80/api',
  ])('%s', (text) => {
    expect(baseUrlOf(text)).toBeDefined()
  })

  test.each([
    'http://gitlab.example.com',
    'http://localhost:8080',
    'http://127.0.0.1.example.com',
    'http://0.0.0.0',
    'https://user@example.com',
    'https://:p@example.com',
    'https://example.com/?x=1',
    'https://example.com/#x',
    'https://example.com/?',
    'http://127.0.0.1:0',
    'https://example.com:00/',
    'ftp://example.com',
    'file:///etc/passwd',
    'example.com',
    '//example.com',
    '',
  ])('%j is none', (text) => {
    expect(baseUrlOf(text)).toBeUndefined()
  })
})

describe('where a call goes', () => {
  test('without a base URL: to the host of the recipe, over TLS', () => {
    const destination = { secure: true, host: 'api.stripe.com', port: 443, base: '' }
    expect(destinationOf(to('api.stripe.com'), undefined)).toEqual(destination)
  })

  test('with one: there', () => {
    const url = 'https://proxy.example.com:8443/stripe/'
    const destination = { secure: true, host: 'proxy.example.com', port: 8443, base: '/stripe' }
    expect(destinationOf(to('api.stripe.com'), url)).toEqual(destination)
    expect(destinationOf(to(), 'http://[::1]:81')).toEqual({
      secure: false,
      host: '::1',
      port: 81,
      base: '',
    })
  })

  test.each([
    ['no host is known', undefined, undefined, 'no-base-url'],
    ['a part of it is open', '{shop}.myshopify.com', undefined, 'no-base-url'],
    ['it names an address', '127.0.0.1', undefined, 'base-url-misfit'],
    ['it names no host', 'evil.example/x', undefined, 'base-url-misfit'],
    [
      'the base URL is another server',
      '{shop}.myshopify.com',
      'https://evil.example',
      'base-url-misfit',
    ],
    [
      'the base URL only ends like it',
      '{shop}.myshopify.com',
      'https://evil.example/.myshopify.com',
      'base-url-misfit',
    ],
    ['the base URL is none', 'api.stripe.com', 'http://evil.example', 'base-url-misfit'],
  ])('nowhere where %s', (_, host, url, why) => {
    expect(destinationOf(to(host), url)).toBe(why)
  })

  test('a base URL fills in what is open', () => {
    const found = destinationOf(to('{shop}.myshopify.com'), 'https://a-b.myshopify.com')
    expect(found).toMatchObject({ host: 'a-b.myshopify.com' })
    expect(destinationOf(to('{shop}.myshopify.com'), 'http://127.0.0.1:1')).toMatchObject({
      host: '127.0.0.1',
    })
  })

  test('is shown with its port where that is not the usual one', () => {
    expect(shown('https://a.example.com')).toBe('a.example.com')
    expect(shown('https://a.example.com:80')).toBe('a.example.com:80')
    expect(shown('http://[::1]:81')).toBe('[::1]:81')
  })
})
