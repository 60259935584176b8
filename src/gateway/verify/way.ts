/** To whom a binding's credential would be shown, and what that call needs beside it. */
import { everyAgentOf } from '../../config/accessors.ts'
import { upperSnake } from '../../config/names.ts'
import type { Config } from '../../config/types.ts'
import { SecretRefError } from '../../errors.ts'
import { own } from '../../plan/own.ts'
import { statedTarget } from '../../plan/target.ts'
import type { PlannedBinding } from '../../plan/types.ts'
import type { Service } from '../../targets/another.ts'
import { destinationOf, shownHost, type Nowhere } from '../../targets/destination.ts'
import { idsOfService, targetOf } from '../../targets/infer.ts'
import { allTargets, targetById, verifyOf } from '../../targets/lookup.ts'
import { literalsLike } from '../../targets/literals.ts'
import { companionsIn } from '../../targets/placeholders.ts'
import type { Target, Verify } from '../../targets/types.ts'

export interface Way {
  target: Target
  recipe: Verify
  /** By which a value that is plainly another service's is told. */
  service: Service
  /** As it is shown and recorded. */
  host: string
  baseUrl?: string
  /** By the name in the recipe: other bindings of the same agent. */
  companions: ReadonlyMap<string, PlannedBinding>
  settings: Readonly<Record<string, string>>
}

/**
 * Why nobody is asked. `no-target`: the config does not say what the credential is for, nor do its names;
 * `no-call`: the catalogue knows no call for it, or none that was seen in a source; `base-url-misplaced`:
 * a test server's address would hold in production; `companion-missing`:
 * nothing is bound for what the call needs; `other-target`: what is bound for it is another service's;
 * `companion-refused`: it could not be fetched, or policy refuses it; `out-of-time`: others took it all.
 */
export type NotAsked =
  | 'no-target'
  | 'no-call'
  | Nowhere
  | 'base-url-misplaced'
  | 'companion-missing'
  | 'companion-refused'
  | 'other-target'
  | 'out-of-time'

export interface NoWay {
  reason: NotAsked
  target?: Target
  /** What is missing. */
  names?: readonly string[]
}

/**
 * @param others every binding of the same agent
 * @throws CONFIG_INVALID where the config states a secret among the settings
 */
export async function wayOf(
  { config, environment }: { config: Config; environment: string },
  binding: PlannedBinding,
  others: readonly PlannedBinding[],
): Promise<Way | NoWay> {
  // What only a tool's name suggests is not acted on.
  const target = binding.targetBy === undefined ? undefined : await targetById(binding.target)
  if (target === undefined) return { reason: 'no-target' }
  const entry = statedTarget(config, environment, target.id)
  if (entry?.misplaced === true) return { reason: 'base-url-misplaced', target }
  const { baseUrl, settings: stated } = entry ?? {}
  const recipe = verifyOf(target, baseUrl !== undefined)
  if (recipe === undefined) return { reason: 'no-call', target }
  const destination = destinationOf(recipe, baseUrl)
  if (typeof destination === 'string') return { reason: destination, target }
  const companions = new Map<string, PlannedBinding>()
  const settings: Record<string, string> = {}
  const missing: string[] = []
  const ofOthers: string[] = []
  for (const name of companionsIn(recipe)) {
    const bound = others.find(({ envVar }) => envVar === name)
    const setting = own(stated, name)
    if (setting !== undefined) settings[name] = plain(target, name, setting, entry?.at)
    else if (bound === undefined) missing.push(name)
    else if (await isForAnother(config, bound, target)) ofOthers.push(name)
    else if (isMeant(config, bound, target)) companions.set(name, bound)
    else missing.push(name)
  }
  if (ofOthers.length > 0) return { reason: 'other-target', target, names: ofOthers }
  if (missing.length > 0) return { reason: 'companion-missing', target, names: missing }
  const service = await serviceOf(target)
  const way = { target, recipe, service, host: shownHost(destination), companions, settings }
  return baseUrl === undefined ? way : { ...way, baseUrl }
}

/** By its service, or else by its ref's name it is for another service than the one that would be sent it. */
async function isForAnother(
  config: Config,
  bound: PlannedBinding,
  { service }: Target,
): Promise<boolean> {
  const stated = statedIn(config, bound).service
  const named = targetOf({ envVar: upperSnake(bound.ref), ref: bound.ref })
  const ids = stated === undefined ? named && [named.id, ...named.also] : idsOfService(stated)
  const targets = await Promise.all((ids ?? []).map(targetById))
  return targets.length > 0 && targets.every((target) => target?.service !== service)
}

/**
 * A variable that was seen in a source tells what is bound to it. One that is only known is a guess, on
 * which nothing is sent: then the config itself must write the variable, or the binding's service.
 */
function isMeant(config: Config, bound: PlannedBinding, { companions }: Target): boolean {
  const known = companions?.find(({ name }) => name === bound.envVar)
  const { service, envVar } = statedIn(config, bound)
  return known?.confidence === 'seen' || service !== undefined || envVar === bound.envVar
}

/** What the config itself writes of a binding, and nothing that is made of its names. */
function statedIn(
  config: Config,
  { agent, tool, slot }: PlannedBinding,
): { service?: string | undefined; envVar?: string | undefined } {
  const binding = own(everyAgentOf(config).get(agent)?.['tool-bindings'], tool)
  const credential = own(binding?.credentials, slot)
  return { service: credential?.service ?? binding?.service, envVar: credential?.envVar }
}

export async function serviceOf({ id, service }: Target): Promise<Service> {
  const same = (await allTargets()).filter((one) => one.service === service)
  const examples = same.flatMap(({ pattern }) => (pattern === undefined ? [] : [pattern.example]))
  return { kind: id, kinds: same.map((one) => one.id), literals: literalsLike(examples) }
}

/** A setting that may stand in a config, as it is no secret. @throws CONFIG_INVALID */
export function plain(
  { id, companions }: Target,
  name: string,
  setting: string,
  at = 'targets',
): string {
  const known = companions?.find((companion) => companion.name === name)
  if (known?.secret === false) return setting
  throw new SecretRefError('CONFIG_INVALID', `${at}.${id}.settings.${name} is a secret`, {
    scope: 'config',
    hint: 'move the value into a provider and bind it to the agent under that variable',
  })
}
