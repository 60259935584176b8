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

/**
 * SHA-256, hex, over what the config says: two that spell one place differently, as by a link or by a
 * variable, are two.
 *
 * @param at its version does not count: all versions of an entry lie in one place
 */
export function placeName(
  { home, env, loaded: { dir } }: Where,
  provider: ProviderConfig,
  { path, field, alias }: Location,
): string {
  const options = resolveOptions(provider, dir, home, env)
  const where = WHERE.map((name) => options[name] ?? null)
  // In a file the second spelling is the same entry, and where none is named the provider's own is meant.
  const key = alias ?? field ?? options['field'] ?? null
  const words = [provider.type, where, path, key]
  return hash('sha256', JSON.stringify(words), 'hex')
}

export type Where = Pick<Gateway, 'home' | 'env'> & { loaded: { dir: string } }
