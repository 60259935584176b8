/** Which environment holds, and whose `refMap`, `active-provider` and `fallback` are. Pure. */
import { environmentOf } from '../config/accessors.ts'
import type { Config } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { didYouMean, quoted } from './known.ts'
import { own } from './own.ts'

/** What records say where no environment is configured. */
export const DEFAULT_ENVIRONMENT = 'default'

export interface Environment {
  name: string
  /**
   * True where `refMap`, `active-provider` and `fallback` count too: they belong to the configured
   * environment, and another one sees them only with `"inherit": true`.
   */
  shared: boolean
}

/** `--environment` first, then `SECRETREF_ENVIRONMENT` (empty counts as unset); else the config's. */
export function askedEnvironment(
  flag: string | undefined,
  variable: string | undefined,
): string | undefined {
  return flag ?? (variable === '' ? undefined : variable)
}

/** The configured environment's name, to which everything under `openclaw.gateway.secrets` belongs. */
export function homeEnvironment(config: Config): string {
  return environmentOf(config) ?? DEFAULT_ENVIRONMENT
}

/** Whether `refMap`, `active-provider` and `fallback` count in environment `name`. */
export function sharesGateway(config: Config, name: string): boolean {
  if (config.environments === undefined || name === homeEnvironment(config)) return true
  return own(config.environments, name)?.inherit === true
}

/**
 * The environment that holds.
 * @throws {SecretRefError} ENVIRONMENT_UNKNOWN for a name that is neither the configured one nor a key
 * of `environments`: a slip of the pen must not select an empty environment.
 */
export function settleEnvironment(config: Config, asked: string | undefined): Environment {
  const home = homeEnvironment(config)
  const name = asked ?? home
  const known = [...new Set([home, ...Object.keys(config.environments ?? {})])]
  if (!known.includes(name)) {
    throw new SecretRefError('ENVIRONMENT_UNKNOWN', `no environment named ${quoted(name)}`, {
      hint: didYouMean(name, known, 'environments'),
      scope: 'config',
    })
  }
  return { name, shared: sharesGateway(config, name) }
}
