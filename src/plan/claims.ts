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

/** Names of environments. Equal ones are mostly one array: a config states places by the ten thousand. */
type Owners = readonly string[]
type Providers = ReadonlyMap<string, ProviderConfig>

export interface Claims {
  /** By place and field, '' where none is written: who states it. */
  fields: ReadonlyMap<string, Owners>
  /** By place: the owners of everything in it. */
  places: ReadonlyMap<string, readonly Owners[]>
}

/**
 * Every place that `environments` and `refMap` state, with the environments that state it. `refMap`
 * speaks for the configured environment and for those that inherit. Without `environments` nothing
 * belongs to anybody.
 */
export function claimsOf(config: Config, providers: Providers, folders: Folders): Claims {
  const fields = new Map<string, Owners>()
  const places = new Map<string, readonly Owners[]>()
  const names = Object.keys(config.environments ?? {})
  if (names.length === 0) return { fields, places }
  const sharing = [...new Set([homeEnvironment(config), ...names])].filter((name) =>
    sharesGateway(config, name),
  )
  const alone = new Map(names.map((name) => [name, [name]]))
  const single = new Map([sharing, ...alone.values()].map((owners) => [owners, [owners]]))
  for (const { ref, entry, at } of placedRefs(config)) {
    const owners = alone.get(at[0] === 'environments' ? (at[1] ?? '') : '') ?? sharing
    for (const step of statedSteps(ref, entry, providers, folders)) {
      const place = placeOf(step, providers, folders)
      const others = places.get(place)
      if (others === undefined) places.set(place, single.get(owners) ?? [owners])
      else if (!others.includes(owners)) places.set(place, [...others, owners])
      for (const field of fieldsOf(step.at)) {
        const key = fieldKey(place, field)
        const known = fields.get(key) ?? owners
        fields.set(key, known === owners ? owners : [...new Set([...known, ...owners])])
      }
    }
  }
  return { fields, places }
}

/**
 * The environment that `step` belongs to: `environment` where that states the place itself, another
 * one's name where only that other does, nothing where a part of the place is stated by nobody.
 */
export function ownerOf(
  step: ChainStep,
  environment: string,
  { fields, places }: Claims,
  providers: Providers,
  folders: Folders,
): string | undefined {
  const place = placeOf(step, providers, folders)
  const whole = fields.get(fieldKey(place, '')) ?? []
  // Without a field anything in the place may be meant.
  const touched =
    step.at.field === undefined && !whole.includes(environment)
      ? (places.get(place) ?? [])
      : fieldsOf(step.at).map((field) => (fields.get(fieldKey(place, field)) ?? []).concat(whole))
  for (const owners of touched) {
    const [stranger] = owners
    if (stranger !== undefined && !owners.includes(environment)) return stranger
  }
  const stated = touched.length > 0 && touched.every((owners) => owners.length > 0)
  return stated ? environment : undefined
}

function fieldKey(place: string, field: string): string {
  return `${place}\0${field}`
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

function fieldsOf({ field, alias }: Location): readonly string[] {
  if (field === undefined) return ['']
  return alias === undefined ? [field] : [field, alias]
}
