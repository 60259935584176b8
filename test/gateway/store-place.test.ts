import { expect, test } from 'vitest'
import { placeName } from '../../src/gateway/store-place.ts'
import { homeOf } from '../../src/state/home.ts'

const home = homeOf({ SECRETREF_HOME: '/nowhere' })

function named(
  type: string,
  {
    env = {},
    at = { path: 'app' },
    ...options
  }: Record<string, unknown> & {
    env?: Record<string, string>
    at?: { path: string; field?: string; version?: string }
  },
): string {
  return placeName({ home, env, loaded: { dir: '/c' } }, { type, options }, at)
}

const VAULT = { address: 'https://one.example' }

test.each<[what: string, same: boolean, one: string, other: string]>([
  [
    'a version',
    true,
    named('vault', VAULT),
    named('vault', { ...VAULT, at: { path: 'app', version: '2' } }),
  ],
  [
    'a field',
    false,
    named('vault', VAULT),
    named('vault', { ...VAULT, at: { path: 'app', field: 'a' } }),
  ],
  ['how it is asked', true, named('vault', VAULT), named('vault', { ...VAULT, timeoutMs: 9 })],
  ['an address', false, named('vault', VAULT), named('vault', { address: 'https://two.example' })],
  [
    'an address by a variable',
    false,
    named('vault', { env: { VAULT_ADDR: 'https://one.example' } }),
    named('vault', { env: { VAULT_ADDR: 'https://two.example' } }),
  ],
  [
    'a variable that the config overrides',
    true,
    named('vault', { ...VAULT, env: { VAULT_ADDR: 'https://three.example' } }),
    named('vault', VAULT),
  ],
  [
    'an account',
    false,
    named('aws-ssm', { env: { AWS_PROFILE: 'prod' } }),
    named('aws-ssm', { env: { AWS_PROFILE: 'staging' } }),
  ],
  [
    'a variable of another store',
    true,
    named('file', { path: '/s.json', env: { AWS_REGION: 'eu-west-1' } }),
    named('file', { path: '/s.json' }),
  ],
])('%s: the same place: %s', (_, same, one, other) => {
  expect(one === other).toBe(same)
  expect(one).toMatch(/^[0-9a-f]{64}$/)
})
