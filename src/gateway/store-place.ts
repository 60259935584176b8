/** What tells one place of one store from another one, whoever names it: a config, an environment, a ref. */
import { hash } from 'node:crypto'
import type { ProviderConfig } from '../config/types.ts'
import type { Location } from '../plan/types.ts'
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
/** By the beginning of a type: variables that say it where the config does not. */
const VARIABLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  vault: { address: ['VAULT_ADDR'], namespace: ['VAULT_NAMESPACE'] },
  aws: {
    // Whose account it is, a key's id tells where no profile does.
    profile: ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID'],
    region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    endpoint: ['AWS_ENDPOINT_URL'],
  },
}

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
  const options = resolveOptions(provider, dir, home, env)
  const [family = ''] = provider.type.split('-')
  const where = WHERE.map((name) => {
    const variables = VARIABLES[family]?.[name] ?? []
    return options[name] ?? variables.map((variable) => env[variable] ?? null)
  })
  // In a file the second spelling is the same entry, and where none is named the provider's own is meant.
  const key = alias ?? field ?? options['field'] ?? null
  const words = [provider.type, where, path, key]
  return hash('sha256', JSON.stringify(words), 'hex')
}

export type Where = Pick<Gateway, 'home' | 'env'> & { loaded: { dir: string } }
