/** Where a ref points, and who is asked after whom. Pure. */
import {
  chainEntries,
  defaultProviderOf,
  gatewaySecretsOf,
  providerNameOf,
  providersOf,
} from '../config/accessors.ts'
import type { ChainEntry, Config, ProviderConfig, RefEntry } from '../config/types.ts'
import { nearest, newPatience, type Patience } from '../config/suggest.ts'
import { SecretRefError } from '../errors.ts'
import { claimsOf, overlap, ownerOf, type Claims } from './claims.ts'
import { homeEnvironment, settleEnvironment, type Environment } from './environment.ts'
import type { Folders } from './locate.ts'
import { own } from './own.ts'
import { chainStep, stepsOf, stepTo, withoutRepeats } from './steps.ts'
import type { ChainStep, FallbackOn, PlannedBinding } from './types.ts'

/** What every ref of one plan stands on: made once, asked for each ref. */
export interface Ground {
  config: Config
  environment: Environment
  folders: Folders
  providers: ReadonlyMap<string, ProviderConfig>
  claims: Claims
  /** For what is unknown, in all plans together. */
  patience: Patience
}

export interface Route {
  route: PlannedBinding['route']
  chain: readonly ChainStep[]
  fallbackOn: readonly FallbackOn[]
  /** The entry of the environment or of refMap that speaks of this ref. */
  entry?: RefEntry
  problem?: NonNullable<PlannedBinding['problem']>
}

/** @throws {SecretRefError} ENVIRONMENT_UNKNOWN. */
export function groundOf(config: Config, folders: Folders, environment?: string): Ground {
  const providers = providersOf(config)
  return {
    config,
    environment: settleEnvironment(config, environment),
    folders,
    providers,
    claims: claimsOf(config, providers, folders),
    patience: newPatience(),
  }
}

/**
 * The route of `ref`, first match wins: the environment's own `secrets`, `refMap`, `active-provider`,
 * the only provider that is configured. The last three count only where the environment shares them.
 * A list of providers is the whole chain; one provider is followed by `fallback`.
 *
 * `only` (`--secrets-provider`) replaces the chain by that provider: at the place which this
 * environment states for the ref and that provider, else at its default one. A ref that an environment
 * does not see stays unknown to it all the same.
 *
 * What is wrong with a ref comes back as `problem`: it concerns the agents that are bound to it alone.
 */
export function routeOf(ground: Ground, ref: string, only?: string): Route {
  const placed = placedIn(ground, ref)
  const base = {
    fallbackOn: placed?.entry.fallbackOn ??
      sharedSecrets(ground).fallbackOn ?? ['unavailable' as const],
    ...(placed === undefined ? {} : { entry: placed.entry }),
  }
  let found: Pick<Route, 'route' | 'chain'> | undefined
  try {
    found = only === undefined ? chainOf(ground, ref, placed) : aloneOf(ground, ref, only)
  } catch (error) {
    return { ...base, route: placed?.route ?? 'none', chain: [], problem: problemOf(error) }
  }
  if (found === undefined) {
    return { ...base, route: 'none', chain: [], problem: unknownRef(ground, ref) }
  }
  const problem = trespass(ground, ref, found.chain)
  return { ...base, ...found, ...(problem === undefined ? {} : { problem }) }
}

interface Placed {
  entry: RefEntry
  route: 'environment' | 'refMap'
}

function placedIn(ground: Ground, ref: string): Placed | undefined {
  const stated = own(ownSecrets(ground), ref)
  if (stated !== undefined) return { entry: stated, route: 'environment' }
  const mapped = own(sharedSecrets(ground).refMap, ref)
  return mapped === undefined ? undefined : { entry: mapped, route: 'refMap' }
}

function ownSecrets({ config, environment }: Ground): Readonly<Record<string, RefEntry>> {
  return own(config.environments, environment.name)?.secrets ?? {}
}

function sharedSecrets({ config, environment }: Ground): ReturnType<typeof gatewaySecretsOf> {
  return environment.shared ? gatewaySecretsOf(config) : {}
}

function chainOf(
  ground: Ground,
  ref: string,
  placed: Placed | undefined,
): Pick<Route, 'route' | 'chain'> | undefined {
  const { config, environment, providers, folders } = ground
  if (placed !== undefined) {
    const steps = stepsOf(ref, placed.entry, providers, folders)
    const after =
      typeof placed.entry.provider === 'string' ? fallbackAfter(ground, placed.entry.provider) : []
    return { route: placed.route, chain: joined(ground, ref, steps, after) }
  }
  const standard = environment.shared ? defaultProviderOf(config) : undefined
  if (standard === undefined) return undefined
  const step = stepTo(ref, standard.name, {}, providers, folders)
  const after = fallbackAfter(ground, standard.name)
  return { route: standard.route, chain: joined(ground, ref, [step], after) }
}

/** The entries of `fallback` after `provider`'s own place in it, or all of them where it has none. */
function fallbackAfter(ground: Ground, provider: string): readonly ChainEntry[] {
  const entries = chainEntries(sharedSecrets(ground).fallback ?? [])
  return entries.slice(entries.findIndex((entry) => providerNameOf(entry) === provider) + 1)
}

function joined(
  { providers, folders }: Ground,
  ref: string,
  steps: readonly ChainStep[],
  after: readonly ChainEntry[],
): ChainStep[] {
  return withoutRepeats([
    ...steps,
    ...after.map((entry) => chainStep(ref, entry, providers, folders)),
  ])
}

function aloneOf(
  ground: Ground,
  ref: string,
  only: string,
): Pick<Route, 'route' | 'chain'> | undefined {
  const { environment, providers, folders } = ground
  const { refMap, fallback } = sharedSecrets(ground)
  const entries = [own(ownSecrets(ground), ref), own(refMap, ref)]
  if (!environment.shared && entries[0] === undefined) return undefined
  const stated = entries.flatMap((entry) =>
    entry === undefined ? [] : stepsOf(ref, entry, providers, folders),
  )
  const chained = chainEntries(fallback ?? []).map((entry) =>
    chainStep(ref, entry, providers, folders),
  )
  const configured = [...stated, ...chained].find((step) => step.provider === only)
  return {
    route: 'command-line',
    chain: [configured ?? stepTo(ref, only, {}, providers, folders)],
  }
}

/**
 * A chain never leaves its environment: no step may lie where only another one's refs are stated, nor
 * where the configured environment would read this ref by its own route.
 */
function trespass(ground: Ground, ref: string, chain: readonly ChainStep[]): Route['problem'] {
  const { config, environment, claims, providers, folders } = ground
  const home = homeEnvironment(config)
  const homeChain = environment.shared
    ? []
    : routeOf({ ...ground, environment: { name: home, shared: true } }, ref).chain
  for (const step of chain) {
    const byHome = homeChain.some((other) => overlap(step, other, providers, folders))
    const owner =
      ownerOf(step, environment.name, claims, providers, folders) ?? (byHome ? home : undefined)
    if (owner === undefined || owner === environment.name) continue
    return {
      code: 'ENVIRONMENT_MISMATCH',
      message: `ref "${ref}" would be read from provider "${step.provider}" at a place that belongs to environment "${owner}", not to "${environment.name}"`,
      hint: `list "${ref}" under environments.${environment.name}.secrets with a place of its own`,
    }
  }
  return undefined
}

function unknownRef(ground: Ground, ref: string): NonNullable<Route['problem']> {
  const { config, environment } = ground
  const { name } = environment
  const elsewhere = Object.keys(config.environments ?? {}).filter(
    (other) => other !== name && own(own(config.environments, other)?.secrets, ref) !== undefined,
  )
  return {
    code: 'REF_UNKNOWN',
    message: `ref "${ref}" points nowhere in environment "${name}"`,
    hint: unknownHint(ground, ref, elsewhere),
  }
}

/** Every ref that this environment sees, one after the other: a fleet has thousands. */
function* knownRefs(ground: Ground): Generator<string> {
  yield* Object.keys(ownSecrets(ground))
  yield* Object.keys(sharedSecrets(ground).refMap ?? {})
}

function unknownHint(ground: Ground, ref: string, elsewhere: readonly string[]): string {
  const { config, environment, patience } = ground
  const { name } = environment
  const near = patience.left > 0 ? nearest(ref, knownRefs(ground), patience) : undefined
  if (near !== undefined) return `did you mean "${near}"?`
  if (!environment.shared) {
    return `environment "${name}" sees its own secrets alone: list "${ref}" under environments.${name}.secrets, or give it "inherit": true`
  }
  const [other] = elsewhere
  if (other !== undefined) {
    return `only environment "${other}" lists it: add it to environments.${name}.secrets`
  }
  return config.environments === undefined
    ? `add "${ref}" to openclaw.gateway.secrets.refMap, or set active-provider there`
    : `add "${ref}" to environments.${name}.secrets or to openclaw.gateway.secrets.refMap`
}

function problemOf(error: unknown): NonNullable<Route['problem']> {
  if (!(error instanceof SecretRefError)) throw error
  const { code, message, hint } = error
  return { code, message, hint: hint ?? 'run: secretref config check' }
}
