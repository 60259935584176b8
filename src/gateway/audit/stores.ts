/** Asks the stores that a config names for their names. */
import { namedProviders, providersOf } from '../../config/accessors.ts'
import type { LoadedConfig } from '../../config/types.ts'
import type { StoreFact } from '../../findings/judge/facts.ts'
import type { Home } from '../../state/home.ts'
import { listStores } from './lister.ts'
import type { Listing } from './listing.ts'
import { resolveOptions } from '../options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** @param files each file provider's own file or folder; one that two providers have is asked once */
export async function storeFacts(
  { config, dir }: Pick<LoadedConfig, 'config' | 'dir'>,
  files: ReadonlyMap<string, string>,
  home: Home,
  env: Environment,
): Promise<StoreFact[]> {
  const table = providersOf(config)
  const once = new Map<string, string>()
  for (const name of [...namedProviders(config)].toSorted()) {
    const key = files.get(name) ?? JSON.stringify(name)
    if (!once.has(key)) once.set(key, name)
  }
  const stores = [...once.values()].flatMap((provider) => {
    const known = table.get(provider)
    if (known === undefined) return []
    const options = resolveOptions(known, dir, home, env)
    return [{ provider, type: known.type, options }]
  })
  const listings = await listStores(stores)
  return stores.map(({ provider }, i) => storeFact(provider, files.get(provider), listings[i]))
}

function storeFact(
  provider: string,
  path: string | undefined,
  listing: Listing | undefined,
): StoreFact {
  const where = path === undefined ? {} : { path }
  const notListed = (reason: string): StoreFact => ({
    outcome: 'not-listed',
    provider,
    reason,
    ...where,
  })
  if (listing === undefined || listing.outcome === 'unlisted' || path === undefined) {
    return notListed('this kind of provider has no list')
  }
  if (listing.outcome === 'refused') {
    // A store that is not there holds nothing.
    if (listing.code !== 'SECRET_NOT_FOUND') return notListed(listing.code)
    return { outcome: 'listed', provider, path, names: [], hidden: 0, more: 0 }
  }
  const { names, hidden, more } = listing
  return { outcome: 'listed', provider, path, names, hidden, more }
}

/** Where none was asked. */
export function unlisted(config: LoadedConfig['config'], reason: string): StoreFact[] {
  return [...namedProviders(config)]
    .toSorted()
    .map((provider) => ({ outcome: 'not-listed', provider, reason }))
}
