import { expect, test } from 'vitest'
import { placeName } from '../../src/gateway/store-place.ts'
import { homeOf } from '../../src/state/home.ts'
import { PROVIDERS } from '../../src/values/providers/registry.generated.ts'

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
/** Ids of keys, put together so that no scanner takes them for some. */
const longTerm = (last: string): string => ['AKIA', 'FAKEFAKEFAKE', last].join('')
const ofSession = (last: string): string => ['ASIA', 'FAKEFAKEFAKE', last].join('')
const byKey = (id: string, more: object = {}): string =>
  named('aws-ssm', { env: { AWS_ACCESS_KEY_ID: id, ...more } })
const role = (account: string, name: string): string =>
  named('aws-ssm', { env: { AWS_ROLE_ARN: `arn:aws:iam::${account}:role/${name}` } })

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
    'an address by a variable of OpenBao',
    true,
    named('vault', { env: { BAO_ADDR: 'https://one.example' } }),
    named('vault', VAULT),
  ],
  [
    'a variable of OpenBao beside Vault’s own',
    true,
    named('vault', { env: { VAULT_ADDR: 'https://one.example', BAO_ADDR: 'https://two.example' } }),
    named('vault', VAULT),
  ],
  ['two sessions of one role', true, byKey(ofSession('0001')), byKey(ofSession('0002'))],
  ['two keys that last', false, byKey(longTerm('0001')), byKey(longTerm('0002'))],
  [
    'two sessions of two accounts that are stated',
    false,
    byKey(ofSession('0001'), { AWS_ACCOUNT_ID: '000000000001' }),
    byKey(ofSession('0001'), { AWS_ACCOUNT_ID: '000000000002' }),
  ],
  [
    'keys beside a profile, which goes before them',
    true,
    byKey(longTerm('0001'), { AWS_PROFILE: 'prod' }),
    named('aws-ssm', { profile: 'prod' }),
  ],
  ['two roles of one account', true, role('000000000001', 'a'), role('000000000001', 'b')],
  ['roles of two accounts', false, role('000000000001', 'a'), role('000000000002', 'a')],
  [
    'the endpoint of another service',
    true,
    named('aws-ssm', { env: { AWS_ENDPOINT_URL_SECRETS_MANAGER: 'https://one.example' } }),
    named('aws-ssm', {}),
  ],
  [
    'an endpoint that is to be ignored',
    true,
    named('aws-ssm', {
      env: { AWS_ENDPOINT_URL: 'https://one.example', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    }),
    named('aws-ssm', {}),
  ],
  [
    'the files of profiles, where they lie anyway',
    true,
    named('aws-ssm', { env: { HOME: '/h', AWS_CONFIG_FILE: '/h/.aws/config' } }),
    named('aws-ssm', { env: { HOME: '/h' } }),
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

/** Variables of providers that say who asks, and how, and not where values lie. */
const NOT_WHERE: Readonly<Record<string, readonly string[]>> = {
  vault: [
    ...['TOKEN', 'ROLE_ID', 'SECRET_ID'].map((name) => `VAULT_${name}`),
    'BAO_TOKEN',
    ...['CACERT', 'CLIENT_CERT', 'CLIENT_KEY', 'TLS_SERVER_NAME', 'SKIP_VERIFY'].flatMap((name) => [
      `VAULT_${name}`,
      `BAO_${name}`,
    ]),
  ],
  aws: [
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_CREDENTIAL_EXPIRATION',
    'AWS_CREDENTIAL_SCOPE',
    // The SDK for JavaScript does not ask for it.
    'AWS_DEFAULT_REGION',
    'AWS_LOGIN_CACHE_DIRECTORY',
    'AWS_ROLE_SESSION_NAME',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    // Another one for each task of one role.
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    'AWS_EC2_METADATA_DISABLED',
    'AWS_EC2_METADATA_SERVICE_ENDPOINT',
    'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
    'AWS_EC2_METADATA_V1_DISABLED',
    'AWS_ENDPOINT_URL_STS',
    'AWS_ENDPOINT_URL_SSO',
    'AWS_ENDPOINT_URL_SSO_OIDC',
    'AWS_ENDPOINT_URL_SIGNIN',
    'AWS_ACCOUNT_ID_ENDPOINT_MODE',
    'AWS_AUTH_SCHEME_PREFERENCE',
    'AWS_USE_DUALSTACK_ENDPOINT',
    'AWS_USE_FIPS_ENDPOINT',
    'AWS_SDK_UA_APP_ID',
    'AWS_CA_BUNDLE',
  ],
  'aws-secrets-manager': ['AWS_ENDPOINT_URL_SSM'],
  'aws-ssm': ['AWS_ENDPOINT_URL_SECRETS_MANAGER'],
  // The user's own, however it is reached.
  keychain: ['DBUS_SESSION_BUS_ADDRESS', 'HOME', 'XDG_RUNTIME_DIR'],
  store: ['SECRETREF_STORE_PASSPHRASE'],
}

/** Under which a variable counts, where that depends on others; and what it then says. */
const UNDER: Readonly<Record<string, { says: string; env?: Record<string, string> }>> = {
  AWS_ACCESS_KEY_ID: { says: longTerm('0001') },
  AWS_ACCOUNT_ID: { says: '000000000001', env: { AWS_ACCESS_KEY_ID: ofSession('0001') } },
  AWS_ROLE_ARN: { says: 'arn:aws:iam::000000000001:role/a' },
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: {
    says: 'true',
    env: { AWS_ENDPOINT_URL: 'https://one.example' },
  },
}

// Of `env` and `exec` the config itself names the variables, and nothing is written there.
test.each(Object.keys(PROVIDERS).filter((type) => type !== 'env' && type !== 'exec'))(
  '%s: each variable that it is given counts, or is known not to say where',
  async (type) => {
    const provider = await PROVIDERS[type]?.()
    const variables = provider?.spec.env({}, [{ path: 'app' }]) ?? []
    const [family = ''] = type.split('-')
    const known = [family, type].flatMap((name) => NOT_WHERE[name] ?? [])
    const counts = variables.filter((name) => {
      const { says, env = {} } = UNDER[name] ?? { says: '/other' }
      return named(type, { env: { ...env, [name]: says } }) !== named(type, { env })
    })
    expect(new Set([...counts, ...known])).toEqual(new Set(variables))
    expect(counts.filter((name) => known.includes(name))).toEqual([])
  },
)
