/** To whom a binding's credential would be shown, and what that call needs beside it. */
import type { Config } from '../../config/types.ts'
import { SecretRefError } from '../../errors.ts'
import { own } from '../../plan/own.ts'
import type { PlannedBinding } from '../../plan/types.ts'
import type { Service } from '../../targets/another.ts'
import { destinationOf, shownHost, type Nowhere } from '../../targets/destination.ts'
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
 * `no-call`: the catalogue knows no call for it, or none that was seen in a source; `companion-missing`:
 * nothing is bound for what the call needs; `other-target`: what is bound for it is another service's;
 * `companion-refused`: it could not be fetched, or policy refuses it; `out-of-time`: others took it all.
 */
export type NotAsked =
  | 'no-target'
  | 'no-call'
  | Nowhere
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
  config: Config,
  binding: PlannedBinding,
  others: readonly PlannedBinding[],
): Promise<Way | NoWay> {
  // What only a tool's name suggests is not acted on.
  const target = binding.targetBy === undefined ? undefined : await targetById(binding.target)
  if (target === undefined) return { reason: 'no-target' }
  const { baseUrl, settings: stated } = own(config.targets, target.id) ?? {}
  const recipe = verifyOf(target, baseUrl !== undefined)
  if (recipe === undefined) return { reason: 'no-call', target }
  const destination = destinationOf(recipe, baseUrl)
  if (typeof destination === 'string') return { reason: destination, target }
  const companions = new Map<string, PlannedBinding>()
  const settings: Record<string, string> = {}
  const missing: string[] = []
  for (const name of companionsIn(recipe)) {
    const bound = others.find(({ envVar }) => envVar === name)
    const setting = own(stated, name)
    if (bound !== undefined) companions.set(name, bound)
    else if (setting !== undefined) settings[name] = plain(target, name, setting)
    else missing.push(name)
  }
  if (missing.length > 0) return { reason: 'companion-missing', target, names: missing }
  const service = await serviceOf(target)
  const way = { target, recipe, service, host: shownHost(destination), companions, settings }
  return baseUrl === undefined ? way : { ...way, baseUrl }
}

export async function serviceOf({ id, service }: Target): Promise<Service> {
  const same = (await allTargets()).filter((one) => one.service === service)
  const examples = same.flatMap(({ pattern }) => (pattern === undefined ? [] : [pattern.example]))
  return { kind: id, kinds: same.map((one) => one.id), literals: literalsLike(examples) }
}

function plain({ id, companions }: Target, name: string, setting: string): string {
  const known = companions?.find((companion) => companion.name === name)
  if (known?.secret === false) return setting
  throw new SecretRefError('CONFIG_INVALID', `targets.${id}.settings.${name} is a secret`, {
    scope: 'config',
    hint: 'move the value into a provider and bind it to the agent under that variable',
  })
}
