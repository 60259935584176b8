/** What a config says of a target in one environment: where it is asked, and with which settings. Pure. */
import type { Config } from '../config/types.ts'
import { sharesGateway } from './environment.ts'
import { own } from './own.ts'

type Entry = NonNullable<Config['targets']>[string]

export interface StatedTarget extends Entry {
  /** `targets`, or `environments.staging.targets`. */
  at: string
  /**
   * A base URL without TLS that was not stated for this environment of production itself: a test server's,
   * most likely. It does not count, and nobody is asked in its place.
   */
  misplaced?: true
}

/**
 * Like `refMap`, top-level `targets` belong to the configured environment, and to one that says
 * `"inherit": true`; an entry of the environment's own comes first and stands alone.
 */
export function statedTarget(
  config: Config,
  environment: string,
  id: string,
): StatedTarget | undefined {
  const mine = own(own(config.environments, environment)?.targets, id)
  if (mine !== undefined) return { ...mine, at: `environments.${environment}.targets` }
  const shared = sharesGateway(config, environment) ? own(config.targets, id) : undefined
  if (shared === undefined) return undefined
  const isPlain = shared.baseUrl !== undefined && !/^https:/i.test(shared.baseUrl)
  const misplaced = isPlain && isProduction(environment)
  return { ...shared, at: 'targets', ...(misplaced ? { misplaced } : {}) }
}

/** `production`, `prod-eu`, `live`. */
function isProduction(environment: string): boolean {
  return environment.split(/[^A-Za-z0-9]+/).some((word) => /^(?:prod|production|live)$/i.test(word))
}
