/** What tells one place of one store from another one, whoever names it: a config, an environment, a ref. */
import { hash } from 'node:crypto'
import { join } from 'node:path'
import type { ProviderConfig } from '../config/types.ts'
import type { Location } from '../plan/types.ts'
import { userHome } from '../state/home.ts'
import type { Gateway } from './gateway.ts'
import { resolveOptions } from './options.ts'

/** Options of all types that say where values lie; the others say how they are asked for. */
const WHERE = [
  'path',
  'search',
  'service',
  'address',
  'namespace',
  'mount',
  'region',
  'profile',
  'endpoint',
]

/**
 * SHA-256, hex, over what the config says and, where it is silent, the environment: two that spell one place
 * differently, as by a link, are two.
 *
 * @param at its version does not count: all versions of an entry lie in one place
 */
export function placeName(
  { home, env, loaded: { dir } }: Where,
  provider: ProviderConfig,
  { path, field, alias }: Location,
): string {
  const { type } = provider
  const options = resolveOptions(provider, dir, home, env)
  const silent = fromEnvironment(type, env, options)
  const where = WHERE.map((name) => options[name] ?? silent[name] ?? null)
  // In a file the second spelling is the same entry, and where none is named the provider's own is meant.
  const key = alias ?? field ?? options['field'] ?? null
  const words = [type, where, silent['account'] ?? null, path, key]
  return hash('sha256', JSON.stringify(words), 'hex')
}

export type Where = Pick<Gateway, 'home' | 'env'> & { loaded: { dir: string } }
type Environment = Where['env']
type Fields = Readonly<Record<string, unknown>>

/** What a provider's variables say of where its values lie: of each that it is given, once. */
function fromEnvironment(type: string, env: Environment, stated: Fields): Fields {
  if (type === 'vault') {
    return {
      address: env['VAULT_ADDR'] || env['BAO_ADDR'],
      namespace: env['VAULT_NAMESPACE'] || env['BAO_NAMESPACE'],
    }
  }
  const service = AWS_SERVICES[type]
  return service === undefined ? {} : aws(service, env, stated)
}

const AWS_SERVICES: Readonly<Record<string, string>> = {
  'aws-secrets-manager': 'SECRETS_MANAGER',
  'aws-ssm': 'SSM',
}

/**
 * As AWS's SDK for JavaScript looks it up: a profile goes before keys, and `AWS_DEFAULT_REGION` is not its
 * (docs.aws.amazon.com/sdkref, "Service-specific endpoints" for the third).
 */
function aws(service: string, env: Environment, stated: Fields): Fields {
  const profile = stated['profile'] || env['AWS_PROFILE']
  const ignored = env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true'
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL']
  const key = env['AWS_ACCESS_KEY_ID']
  return {
    region: env['AWS_REGION'],
    profile,
    ...(!ignored && { endpoint }),
    account: profile || !key ? filesOf(env, !profile) : accountOf(key, env['AWS_ACCOUNT_ID']),
  }
}

/** The account of keys in the environment. Those of a session are other ones each time, and tell nothing. */
function accountOf(key: string, account: string | undefined): string | undefined {
  return account || (LONG_TERM.test(key) ? key : undefined)
}

/**
 * docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html, "Understanding unique ID prefixes":
 * AKIA is an access key, ASIA one of STS, for a time.
 */
const LONG_TERM = /^AKIA/

/** The files that a profile is read from. @param role where none is named, one may be taken by a token */
function filesOf(env: Environment, role: boolean): readonly unknown[] {
  const folder = join(userHome(env), '.aws')
  return [
    env['AWS_CONFIG_FILE'] || join(folder, 'config'),
    env['AWS_SHARED_CREDENTIALS_FILE'] || join(folder, 'credentials'),
    // Its account: arn:aws:iam::123456789012:role/name
    role ? env['AWS_ROLE_ARN']?.split(':')[4] : undefined,
  ]
}
