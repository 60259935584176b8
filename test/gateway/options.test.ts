import { expect, test } from 'vitest'
import { resolveOptions } from '../../src/gateway/options.ts'
import { homeOf } from '../../src/state/home.ts'

const env = { HOME: '/home/fake', SECRETREF_HOME: '/state' }
const resolve = (type: string, options: Record<string, unknown>): unknown =>
  resolveOptions({ type, options }, '/project', homeOf(env), env)

test('what names a file is absolute: from the config’s folder, or from the user’s home', () => {
  expect(
    resolve('vault', {
      address: 'https://vault.example.com',
      caCert: 'ca.pem',
      auth: { method: 'approle', roleId: 'role', secretIdFile: '~/secret-id' },
    }),
  ).toEqual({
    address: 'https://vault.example.com',
    caCert: '/project/ca.pem',
    auth: { method: 'approle', roleId: 'role', secretIdFile: '/home/fake/secret-id' },
  })
  expect(resolve('file', { path: 'secrets.json' })).toEqual({ path: '/project/secrets.json' })
})

test('a file provider without a path looks where secrets lie by default', () => {
  expect(resolve('file', {})).toEqual({
    search: ['/state/secrets.json', '/home/fake/.openclaw/secrets/secrets.json'],
  })
})

test('other providers get their options as they are', () => {
  expect(resolve('exec', { command: '/bin/x' })).toEqual({ command: '/bin/x' })
})
