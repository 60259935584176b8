/**
 * Stores whose names others share with this config: a mount of Vault, an account of AWS. They are asked
 * for nothing but the names below the prefixes that the config says are its own (`auditPrefix`).
 */
import { providersOf } from '../../config/accessors.ts'
import type { LoadedConfig, ProviderConfig } from '../../config/types.ts'
import { SecretRefError } from '../../errors.ts'
import { counting } from '../budget.ts'
import { listStores } from './lister.ts'
import { LIST_CALLS, type Listing } from './listing.ts'
import type { Asked, Asking } from './stores.ts'

const SHARED_TYPES: ReadonlySet<string> = new Set(['vault', 'aws-secrets-manager', 'aws-ssm'])
/** Options that say how it is asked, or for what of it, and not which store it is. */
const MANNERS: ReadonlySet<string> = new Set([
  'auditPrefix',
  'auth',
  'callsPerMinute',
  'field',
  'resilience',
  'timeoutMs',
])

/** What an engine makes when it is read has no names. */
export function isShared({ type, options }: ProviderConfig): boolean {
  return SHARED_TYPES.has(type) && options['engine'] !== 'dynamic'
}

/** The same for providers that are one store. */
export function sharedKey({ type, options }: ProviderConfig): string {
  const which = Object.entries(options).filter(([name]) => !MANNERS.has(name))
  return JSON.stringify([type, which.toSorted(([one], [other]) => (one < other ? -1 : 1))])
}

export function prefixOf({ options }: ProviderConfig): string | undefined {
  const { auditPrefix } = options
  return typeof auditPrefix === 'string' ? auditPrefix : undefined
}

/** All names below its prefixes, in full. Its calls are counted; where they cannot be, none is made. */
export async function listShared(
  { config, path }: Pick<LoadedConfig, 'config' | 'path'>,
  { provider, type, options, under }: Asked,
  { home, now }: Asking,
): Promise<Listing> {
  const configured = providersOf(config).get(provider) ?? { type, options }
  const about = { home, config: path, provider, configured, most: LIST_CALLS, now }
  const whole = { outcome: 'listed' as const, names: new Set<string>(), hidden: 0, more: 0 }
  for (const prefix of under) {
    let listing: Listing | undefined
    try {
      listing = await counting(
        about,
        async (calls = LIST_CALLS) =>
          (await listStores([{ provider, type, options, prefix, calls }]))[0],
        (answer) => answer?.spent,
      )
    } catch (error) {
      if (error instanceof SecretRefError) return { outcome: 'refused', code: error.code }
      throw error
    }
    if (listing?.outcome !== 'listed') return listing ?? { outcome: 'unlisted' }
    for (const name of listing.names) whole.names.add(prefix + name)
    whole.hidden += listing.hidden
    whole.more += listing.more
  }
  return { ...whole, names: [...whole.names] }
}
