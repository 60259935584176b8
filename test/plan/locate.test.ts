import { describe, expect, test } from 'vitest'
import { SecretRefError } from '../../src/errors.ts'
import { absolute, locate, type Written } from '../../src/plan/locate.ts'
import type { Location } from '../../src/plan/types.ts'

const folders = { configDir: '/etc/app', userHome: '/home/me' }

describe('where a ref lies', () => {
  const table: [type: string, ref: string, written: Written, at: Location][] = [
    ['file', 'a-b', { target: 'x' }, { path: '', field: 'x' }],
    ['file', 'a-b', { field: 'x' }, { path: '', field: 'x' }],
    ['file', 'a-b', { path: '.secrets/dev.key' }, { path: '/etc/app/.secrets/dev.key' }],
    ['file', 'a-b', { path: '../x/./y' }, { path: '/etc/x/y' }],
    ['file', 'a-b', { path: '~/k' }, { path: '/home/me/k' }],
    ['file', 'a-b', { path: '/k/../l' }, { path: '/l' }],
    ['file', 'a-b', { path: 'f.json', target: 'x' }, { path: '/etc/app/f.json', field: 'x' }],
    ['file', 'stripe-api-key', {}, { path: '', field: 'stripe-api-key', alias: 'stripe_api_key' }],
    ['file', 'stripe_api_key', {}, { path: '', field: 'stripe_api_key' }],
    ['env', 'stripe-api-key', {}, { path: 'STRIPE_API_KEY' }],
    ['env', '1password/token', {}, { path: '_1PASSWORD_TOKEN' }],
    ['env', 'a-b', { target: 'X' }, { path: 'X' }],
    ['env', 'a-b', { path: 'X' }, { path: 'X' }],
    ['exec', 'a/b', {}, { path: 'a/b' }],
    ['exec', 'a-b', { target: 'aws/x#y' }, { path: 'aws/x#y' }],
    ['exec', 'a-b', { path: 'aws/x' }, { path: 'aws/x' }],
    ['vault', 'a-b', {}, { path: 'a-b' }],
    ['vault', 'a-b', { path: 'prod/stripe/api-key' }, { path: 'prod/stripe/api-key' }],
    ['vault', 'a-b', { target: 't', field: 'f' }, { path: 't', field: 'f' }],
    ['vault', 'a-b', { path: 'p', version: '3' }, { path: 'p', version: '3' }],
    ['aws-secrets-manager', 'a-b', {}, { path: 'a-b' }],
    ['aws-secrets-manager', 'a-b', { target: 't', field: 'f' }, { path: 't', field: 'f' }],
    ['aws-ssm', 'a-b', { path: '/p', version: '3' }, { path: '/p', version: '3' }],
  ]
  test.each(table)('%s %s %j', (type, ref, written, at) => {
    expect(locate(type, ref, written, folders)).toEqual(at)
  })
})

describe('a word that a type does not know is refused, never ignored', () => {
  const table: [type: string, written: Written][] = [
    ['file', { version: '2' }],
    ['file', { target: 'a', field: 'b' }],
    ['env', { field: 'a' }],
    ['env', { version: '2' }],
    ['env', { path: 'A', target: 'B' }],
    ['exec', { field: 'a' }],
    ['exec', { version: '2' }],
    ['exec', { path: 'A', target: 'B' }],
    ['vault', { path: 'A', target: 'B' }],
  ]
  test.each(table)('%s %j', (type, written) => {
    expect(() => locate(type, 'a-b', written, folders)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', hint: expect.any(String) }),
    )
  })

  test('an unknown type', () => {
    expect(() => locate('toString', 'a-b', {}, folders)).toThrowError(SecretRefError)
    expect(() => locate('aws', 'a-b', {}, folders)).toThrowError(
      expect.objectContaining({ code: 'PROVIDER_UNSUPPORTED' }),
    )
  })
})

test('only ~ and ~/ are the home folder', () => {
  expect(absolute('~', folders)).toBe('/home/me')
  expect(absolute('~other/x', folders)).toBe('/etc/app/~other/x')
  expect(absolute('a/~/b', folders)).toBe('/etc/app/a/~/b')
})
