/** The guard of production: no plaintext there but where the config says that it is meant. Pure. */
import { chainEntries, providerNameOf, providersOf } from '../accessors.ts'
import { invalid } from '../problems.ts'
import type { Config, Problem } from '../types.ts'

/** The name by which an environment is guarded. */
export const PRODUCTION = 'production'
/** Provider types whose values lie in the clear. */
const PLAINTEXT_TYPES: ReadonlySet<string> = new Set(['file', 'env'])

/** Names of the providers that keep plaintext. */
export function plaintextProviders(config: Config): ReadonlySet<string> {
  const table = [...providersOf(config)]
  return new Set(table.flatMap(([name, { type }]) => (PLAINTEXT_TYPES.has(type) ? [name] : [])))
}

/**
 * A ref of production whose first provider keeps plaintext is a mistake without `allowPlaintext: true`. One
 * further down a chain that somebody wrote is no mistake: it is recorded when it is used.
 */
export function* judgeProduction(config: Config): Generator<Problem> {
  const table = providersOf(config)
  const plaintext = plaintextProviders(config)
  for (const [ref, entry] of Object.entries(config.environments?.[PRODUCTION]?.secrets ?? {})) {
    const [first] = chainEntries(entry.provider)
    if (first === undefined || entry.allowPlaintext === true) continue
    const name = providerNameOf(first)
    if (!plaintext.has(name)) continue
    yield invalid(
      ['environments', PRODUCTION, 'secrets', ref, 'provider'],
      `in production "${table.get(name)?.type}" may not be the first provider of a ref: it keeps plaintext`,
      'put an encrypted one first (store, vault, …), or write "allowPlaintext": true beside it',
    )
  }
}
