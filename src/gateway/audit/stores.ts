/** Asks the stores that a config names for their names. */
import { namedProviders, providersOf } from '../../config/accessors.ts'
import type { LoadedConfig } from '../../config/types.ts'
import type { StoreFact } from '../../findings/judge/facts.ts'
import type { Home } from '../../state/home.ts'
import { listStores } from './lister.ts'
import type { Listing, Store } from './listing.ts'
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
  const once = new Map<string, Asked>()
  for (const provider of [...namedProviders(config)].toSorted()) {
    const known = table.get(provider)
    if (known === undefined) continue
    const { type } = known
    const options = resolveOptions(known, dir, home, env)
    const path = type === 'store' ? String(options['path']) : files.get(provider)
    const key = path ?? JSON.stringify(provider)
    const asked = once.get(key) ?? { provider, type, options, path, namedBy: [] }
    if (type === 'store') asked.namedBy.push(provider)
    once.set(key, asked)
  }
  const stores = [...once.values()]
  // What others share with us is not listed whole: of a mount or an account we know a few names alone.
  const ours = stores.filter(({ path }) => path !== undefined)
  const listings = await listStores(
    ours.map(({ provider, type, options }) => ({ provider, type, options })),
  )
  const listed = new Map(ours.map((asked, i) => [asked, listings[i]]))
  return stores.map((asked) => storeFact(asked, listed.get(asked)))
}

interface Asked extends Store {
  /** The file or folder that it is, where it is one. */
  path: string | undefined
  /** Of an encrypted store: every provider that is this one. */
  namedBy: string[]
}

function storeFact({ provider, path, namedBy }: Asked, listing: Listing | undefined): StoreFact {
  const by = namedBy.length === 0 ? {} : { namedBy }
  const where = path === undefined ? {} : { path }
  const notListed = (reason: string): StoreFact => ({
    outcome: 'not-listed',
    provider,
    reason,
    ...where,
  })
  if (listing === undefined || listing.outcome === 'unlisted' || path === undefined) {
    return notListed('only files and encrypted stores are listed')
  }
  if (listing.outcome === 'refused') {
    // A store that is not there holds nothing.
    if (listing.code !== 'SECRET_NOT_FOUND') return notListed(listing.code)
    return { outcome: 'listed', provider, path, names: [], hidden: 0, more: 0, ...by }
  }
  const { names, hidden, more } = listing
  return { outcome: 'listed', provider, path, names, hidden, more, ...by }
}

/** Where none was asked. */
export function unlisted(config: LoadedConfig['config'], reason: string): StoreFact[] {
  return [...namedProviders(config)]
    .toSorted()
    .map((provider) => ({ outcome: 'not-listed', provider, reason }))
}
