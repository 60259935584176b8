/** Which refs nothing uses, and which names in a store nobody reads. Pure. */
import type { ChainStep } from './types.ts'

/** A ref and where it points; a ref may be here several times, for each environment. */
export interface Pointing {
  ref: string
  chain: readonly ChainStep[]
}

/** A store that was listed. */
export interface ListedStore {
  /** A provider as the config names it. */
  provider: string
  /** The file or folder itself, absolute; else what tells stores apart. Two providers may have the same. */
  path: string
  /** Where it is no file: the prefixes of the names that were listed. */
  under?: readonly string[]
  names: readonly string[]
  /** Providers whose locations are names in it, and no paths of files. */
  namedBy?: readonly string[]
}

export interface UnusedInput {
  /** Every ref that the config speaks of. */
  refs: Iterable<string>
  /** What the bindings read that a capability covers. */
  uses: readonly Pointing[]
  /** Where the other refs point. */
  others: readonly Pointing[]
  stores: readonly ListedStore[]
  /** Each file provider's own file or folder, absolute. */
  files: ReadonlyMap<string, string>
}

export interface StoredName {
  store: ListedStore
  name: string
}

export interface Unused {
  /** Refs of the config that nothing uses, sorted, each with the names in stores that it points to. */
  refs: readonly { ref: string; stored: readonly StoredName[] }[]
  /** Names in stores that no ref of the config points to, sorted. */
  names: readonly StoredName[]
}

/**
 * A ref is used where a binding names it that a capability covers, in any environment. A name in a store
 * is used where the chain of such a binding may read it, as its first provider or a later one; of two
 * spellings only the one that a read would find.
 */
export function unusedOf({ refs, uses, others, stores, files }: UnusedInput): Unused {
  const used = new Set(uses.map(({ ref }) => ref))
  const read = namesRead(uses, stores, files)
  const claimed = namesRead(others, stores, files)
  const unused = [...new Set(refs)].filter((ref) => !used.has(ref)).toSorted(byText)
  const stored = new Map<string, StoredName[]>()
  const names: StoredName[] = []
  for (const store of stores) {
    for (const name of store.names) {
      const key = keyOf(store.path, name)
      if (read.has(key)) continue
      const owners = unused.filter((ref) => ref === name || claimed.get(key)?.has(ref) === true)
      if (owners.length === 0) names.push({ store, name })
      for (const ref of owners) stored.set(ref, [...(stored.get(ref) ?? []), { store, name }])
    }
  }
  return {
    refs: unused.map((ref) => ({ ref, stored: (stored.get(ref) ?? []).toSorted(byStore) })),
    names: names.toSorted(byStore),
  }
}

/** Every name of a listed store that a chain may read, with the refs that would. */
function namesRead(
  pointing: readonly Pointing[],
  stores: readonly ListedStore[],
  files: ReadonlyMap<string, string>,
): Map<string, Set<string>> {
  const listed = new Map(stores.map(({ path, names }) => [path, new Set(names)]))
  const whole = new Map(
    stores.flatMap(({ path, namedBy = [] }) => namedBy.map((provider) => [provider, path])),
  )
  const read = new Map<string, Set<string>>()
  for (const { ref, chain } of pointing) {
    for (const { provider, at } of chain) {
      const kept = whole.get(provider)
      const path = at.path === '' ? files.get(provider) : at.path
      if (path === undefined) continue
      const [store, names] =
        kept === undefined ? placesIn(path, [at.field, at.alias]) : [kept, namesOf(path)]
      const name = names.find((one) => listed.get(store)?.has(one) === true)
      if (name === undefined) continue
      const key = keyOf(store, name)
      read.set(key, (read.get(key) ?? new Set()).add(ref))
    }
  }
  return read
}

/** AWS knows a secret by its name, and by an ARN that may end in six characters of AWS's own. */
function namesOf(path: string): readonly string[] {
  const named = /^arn:[^:]*:(?:secretsmanager|ssm):[^:]*:[^:]*:(?:secret:|parameter)(.+)$/.exec(
    path,
  )
  const [, name = ''] = named ?? []
  return named === null ? [path] : [name, name.replace(/^\//, ''), name.replace(/-\w{6}$/, '')]
}

/** Without a key it is a file of its own, which a listed folder may hold. */
function placesIn(
  path: string,
  keys: readonly (string | undefined)[],
): readonly [store: string, names: readonly string[]] {
  const names = keys.filter((key) => key !== undefined)
  const slash = path.lastIndexOf('/')
  return names.length > 0 ? [path, names] : [path.slice(0, slash), [path.slice(slash + 1)]]
}

function keyOf(path: string, name: string): string {
  return `${path}\0${name}`
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function byStore(a: StoredName, b: StoredName): number {
  return byText(a.name, b.name) || byText(a.store.path, b.store.path)
}
