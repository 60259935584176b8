/** Asks the stores that a config names for their names. */
import { namedProviders, providersOf } from '../../config/accessors.ts'
import type { LoadedConfig } from '../../config/types.ts'
import type { Code } from '../../errors.ts'
import type { StoreFact } from '../../findings/judge/facts.ts'
import type { Home } from '../../state/home.ts'
import { listStores } from './lister.ts'
import { LIST_CALLS, type Listing, type Store } from './listing.ts'
import { isShared, listShared, prefixOf, sharedKey } from './shared.ts'
import { resolveOptions } from '../options.ts'

export interface Asking {
  home: Home
  env: Readonly<Record<string, string | undefined>>
  now: () => Date
}

type Loaded = Pick<LoadedConfig, 'config' | 'dir' | 'path'>

/** @param files each file provider's own file or folder; a store that two providers have is asked once */
export async function storeFacts(
  loaded: Loaded,
  files: ReadonlyMap<string, string>,
  asking: Asking,
): Promise<StoreFact[]> {
  const stores = storesOf(loaded, files, asking)
  const local = stores.filter(({ where }) => where === 'here')
  const here = await listStores(
    local.map(({ provider, type, options }) => ({ provider, type, options })),
  )
  const listed = new Map(local.map((store, i) => [store, here[i]]))
  return Promise.all(
    stores.map(async (store): Promise<StoreFact> => {
      if (store.where === 'here') return storeFact(store, listed.get(store))
      if (store.where === 'nowhere') return notListed(store, 'this kind of provider has no list')
      if (store.under.length === 0) return notListed(store, NO_PREFIX)
      return storeFact(store, await listShared(loaded, store, asking))
    }),
  )
}

const NO_PREFIX =
  'others may use it too, and no "auditPrefix" says which names are of this config alone'

/** One store, and every provider that is it. */
export interface Asked extends Store {
  /** A file or folder of ours; a service whose names others share; nothing with a list. */
  where: 'here' | 'shared' | 'nowhere'
  /** The file or folder itself, absolute; else what tells stores apart. */
  path: string
  /** Every provider whose locations are names in it. */
  namedBy: string[]
  /** Shared: the prefixes of the names that are this config's alone. */
  under: string[]
}

function storesOf({ config, dir }: Loaded, files: ReadonlyMap<string, string>, asking: Asking) {
  const table = providersOf(config)
  const once = new Map<string, Asked>()
  for (const provider of [...namedProviders(config)].toSorted()) {
    const known = table.get(provider)
    if (known === undefined) continue
    const { type } = known
    const options = resolveOptions(known, dir, asking.home, asking.env)
    const file = type === 'store' ? String(options['path']) : files.get(provider)
    const shared = isShared(known)
    const path = file ?? (shared ? sharedKey(known) : JSON.stringify(provider))
    const where = file !== undefined ? 'here' : shared ? 'shared' : 'nowhere'
    const asked = once.get(path) ?? { provider, type, options, where, path, namedBy: [], under: [] }
    if (type === 'store' || shared) asked.namedBy.push(provider)
    const prefix = prefixOf(known)
    if (prefix !== undefined && !asked.under.includes(prefix)) asked.under.push(prefix)
    once.set(path, asked)
  }
  return [...once.values()]
}

function notListed({ provider, where, path }: Asked, reason: string): StoreFact {
  const place = where === 'here' ? { path } : {}
  return { outcome: 'not-listed', provider, reason, ...place }
}

function storeFact(store: Asked, listing: Listing | undefined): StoreFact {
  const { provider, where, path, namedBy, under } = store
  if (listing === undefined || listing.outcome === 'unlisted') {
    return notListed(store, 'this kind of provider has no list')
  }
  const about = {
    outcome: 'listed',
    provider,
    path,
    ...(namedBy.length === 0 ? {} : { namedBy }),
    ...(where === 'shared' ? { under } : {}),
  } as const
  if (listing.outcome === 'refused') {
    // A store that is not there holds nothing.
    const missing = where === 'here' && listing.code === 'SECRET_NOT_FOUND'
    if (missing) return { ...about, names: [], hidden: 0, more: 0 }
    const tooMany = `it takes more than ${LIST_CALLS} calls, or than its call budget has left`
    if (listing.reason === 'calls') return notListed(store, tooMany)
    const { code } = listing
    const why = WHY[code] ?? 'it cannot be asked as it is configured'
    return notListed(store, where === 'shared' ? `${why}: ${code}` : code)
  }
  const { names, hidden, more } = listing
  return { ...about, names, hidden, more }
}

const WHY: Readonly<Partial<Record<Code, string>>> = {
  PROVIDER_DENIED: 'it may not be listed',
  PROVIDER_UNAVAILABLE: 'it did not answer',
  TIMEOUT: 'it did not answer in time',
}

/** Where none was asked. */
export function unlisted(config: LoadedConfig['config'], reason: string): StoreFact[] {
  return [...namedProviders(config)]
    .toSorted()
    .map((provider) => ({ outcome: 'not-listed', provider, reason }))
}
