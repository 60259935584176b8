/** What served production when a run last received it: `--secrets-provider` stands in no config. */
import { plaintextProviders, PRODUCTION } from '../../config/rules/production.ts'
import type { Config } from '../../config/types.ts'
import { SecretRefError } from '../../errors.ts'
import type { BindingFact } from '../../findings/judge/facts.ts'
import { readDatabase } from '../../state/db.ts'
import { allGrants, type GrantRow } from '../../state/grants.ts'
import type { Home } from '../../state/home.ts'

/** @param path of the config. Where the state cannot be read, that is a note of `agentFacts` */
export function withServed(
  bindings: readonly BindingFact[],
  config: Config,
  path: string,
  home: Home,
): readonly BindingFact[] {
  const guarded = plaintextProviders(config)
  if (guarded.size === 0 || !bindings.some(isProduction)) return bindings
  const grants = grantsOfProduction(path, home)
  return bindings.map((fact) => {
    const { binding, plaintext = [] } = fact
    const row = grants.get(binding.agent)?.get(binding.envVar)
    const provider = row?.ref === binding.ref ? row.provider : undefined
    if (!isProduction(fact) || provider === undefined || !guarded.has(provider)) return fact
    return { ...fact, plaintext: [...new Set([...plaintext, provider])] }
  })
}

function isProduction({ environment }: BindingFact): boolean {
  return environment === PRODUCTION
}

function grantsOfProduction(path: string, home: Home): Map<string, Map<string, GrantRow>> {
  try {
    const db = readDatabase(home)
    if (db === undefined) return new Map()
    try {
      return allGrants(db, { config: path, environment: PRODUCTION })
    } finally {
      db.close()
    }
  } catch (error) {
    if (error instanceof SecretRefError) return new Map()
    throw error
  }
}
