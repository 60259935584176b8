/**
 * Which environment a place belongs to. A place that is stated only for another environment is never
 * asked, whatever chain leads there: a default spelling or a fallback must not fetch production's key
 * for a developer. Pure.
 */
import { placedRefs } from '../config/accessors.ts'
import type { Config, ProviderConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { homeEnvironment, sharesGateway } from './environment.ts'
import { absolute, type Folders } from './locate.ts'
import { stepsOf } from './steps.ts'
import type { ChainStep, Location } from './types.ts'

type Owners = Set<string>
/** Store and path, then the field ('' where none is written: any field may be meant). */
export type Claims = ReadonlyMap<string, ReadonlyMap<string, Owners>>

type Providers = ReadonlyMap<string, ProviderConfig>

/**
 * Every place that `environments` and `refMap` state, with the environments that state it. `refMap`
 * speaks for the configured environment and for those that inherit. Without `environments` nothing
 * belongs to anybody.
 */
export function claimsOf(config: Config, providers: Providers, folders: Folders): Claims {
  const claims = new Map<string, Map<string, Owners>>()
  const names = Object.keys(config.environments ?? {})
  if (names.length === 0) return claims
  const sharing = [...new Set([homeEnvironment(config), ...names])].filter((name) =>
    sharesGateway(config, name),
  )
  for (const { ref, entry, at } of placedRefs(config)) {
    const owners = at[0] === 'environments' && at[1] !== undefined ? [at[1]] : sharing
    for (const step of statedSteps(ref, entry, providers, folders)) {
      const place = placeOf(step, providers, folders)
      const fields = claims.get(place) ?? new Map<string, Owners>()
      claims.set(place, fields)
      for (const field of fieldsOf(step.at)) {
        const known = fields.get(field) ?? new Set()
        fields.set(field, known)
        for (const owner of owners) known.add(owner)
      }
    }
  }
  return claims
}

/**
 * The environment that `step` belongs to: `environment` where that states the place itself, another
 * one's name where only that other does, nothing where a part of the place is stated by nobody.
 */
export function ownerOf(
  step: ChainStep,
  environment: string,
  claims: Claims,
  providers: Providers,
  folders: Folders,
): string | undefined {
  const fields = claims.get(placeOf(step, providers, folders))
  if (fields === undefined) return undefined
  const whole = fields.get('')
  const wanted = fieldsOf(step.at)
  const touched =
    wanted[0] === '' && whole?.has(environment) !== true
      ? [...fields.values()]
      : wanted.map((field) => union(fields.get(field), whole))
  for (const owners of touched) {
    const [stranger] = owners
    if (stranger !== undefined && !owners.has(environment)) return stranger
  }
  return touched.every((owners) => owners.size > 0) ? environment : undefined
}

/** Whether two steps may read the same value, whatever their providers are called. */
export function overlap(
  a: ChainStep,
  b: ChainStep,
  providers: Providers,
  folders: Folders,
): boolean {
  if (placeOf(a, providers, folders) !== placeOf(b, providers, folders)) return false
  const [fields, others] = [fieldsOf(a.at), fieldsOf(b.at)]
  return fields[0] === '' || others[0] === '' || fields.some((field) => others.includes(field))
}

/** An entry that is written wrongly states nothing: its own binding says what is wrong with it. */
function statedSteps(
  ref: string,
  entry: Parameters<typeof stepsOf>[1],
  providers: Providers,
  folders: Folders,
): readonly ChainStep[] {
  try {
    return stepsOf(ref, entry, providers, folders)
  } catch (error) {
    if (error instanceof SecretRefError) return []
    throw error
  }
}

/**
 * Two providers of different names can be one store: all of type env read one environment, a file is
 * the same file under any provider, and equal type and options are an equal store. Names only: a link,
 * or a file provider without a path beside one that spells that path out, is not seen through.
 */
function placeOf(step: ChainStep, providers: Providers, folders: Folders): string {
  const { type, options } = providers.get(step.provider) ?? { type: step.provider, options: {} }
  if (type === 'env') return `env ${step.at.path}`
  if (type === 'file') {
    const configured = options['path']
    const standard = typeof configured === 'string' ? absolute(configured, folders) : ''
    return `file ${step.at.path === '' ? standard : step.at.path}`
  }
  if (type === 'vault') {
    const { address, namespace, mount = 'secret' } = options
    return `vault ${JSON.stringify([address, namespace, mount])} ${step.at.path}`
  }
  return `${JSON.stringify([type, options])} ${step.at.path}`
}

function fieldsOf(at: Location): readonly string[] {
  if (at.field === undefined) return at.alias === undefined ? [''] : ['', at.alias]
  return at.alias === undefined ? [at.field] : [at.field, at.alias]
}

function union(a: Owners | undefined, b: Owners | undefined): Owners {
  return new Set([...(a ?? []), ...(b ?? [])])
}
