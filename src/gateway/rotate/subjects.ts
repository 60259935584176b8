/** Which refs of a config can be rotated, by which driver, and for which services they are. Pure. */
import {
  agentsOf,
  placedRefs,
  providersOf,
  slotsOf,
  WRITABLE_TYPES,
} from '../../config/accessors.ts'
import { ROTATION_DRIVERS } from '../../config/drivers.generated.ts'
import { upperSnake } from '../../config/names.ts'
import type { Config, ProviderConfig } from '../../config/types.ts'
import type { Code } from '../../errors.ts'
import { earlier } from '../../plan/dates.ts'
import { settleEnvironment } from '../../plan/environment.ts'
import type { Planner } from '../../plan/plan.ts'
import type { ChainStep } from '../../plan/types.ts'
import { rotateOf, type Rotate } from '../../rotation/rule.ts'
import type { DriverClass } from '../../rotation/types.ts'
import { targetOf } from '../../targets/infer.ts'

/** The driver of what no driver is named for: a person brings the new value. */
export const BY_A_PERSON = 'guided'

export interface Subject {
  ref: string
  environment: string
  /** What the config says of it; empty where it says nothing. */
  rotate: Rotate
  driver: string
  class: DriverClass
  /** A person brings the new value. */
  guided: boolean
  /** For the driver. */
  options: Readonly<Record<string, unknown>>
  /** Where the value lies, and the new one will: the first of the ref's chain. */
  step: ChainStep
  provider: ProviderConfig
  /** Ids of the targets that the ref is for. */
  targets: readonly string[]
  /** Agents that are bound to it. */
  agents: readonly string[]
  /** The earliest end that the config states, RFC 3339. */
  statedEnd?: string
}

/** A ref that cannot be rotated as it stands. */
export interface NoSubject {
  ref: string
  targets: readonly string[]
  agents: readonly string[]
  provider?: string
  problem: { code: Code; message: string; hint: string }
}

/**
 * Every ref that the environment knows: bound ones in the order of the config, then those that are placed
 * and bound to nobody.
 *
 * @param environment as asked for; left out: the configured one
 */
export function subjectsOf(
  config: Config,
  planner: Planner,
  environment: string | undefined,
): (Subject | NoSubject)[] {
  const { name, shared } = settleEnvironment(config, environment)
  const table = providersOf(config)
  const uses = usesOf(config)
  for (const { ref, at } of placedRefs(config)) {
    const seen = at[0] === 'environments' ? at[1] === name : shared
    if (seen && !uses.has(ref))
      uses.set(ref, { targets: new Set(targetsOf({ ref })), agents: new Set() })
  }
  return Array.from(uses, ([ref, use]): Subject | NoSubject => {
    const about = { ref, targets: [...use.targets], agents: [...use.agents] }
    const { chain, entry, problem } = planner.route(ref)
    if (problem !== undefined) return { ...about, problem }
    const [step] = chain
    const provider = step && table.get(step.provider)
    if (step === undefined || provider === undefined) throw new TypeError('a route leads nowhere')
    const problems = unwritable(ref, step, provider)
    if (problems !== undefined) return { ...about, provider: step.provider, problem: problems }
    const rotate = rotateOf(entry?.rotate ?? {})
    const { service } = rotate.options
    const own = typeof service === 'string' ? targetsOf({ ref, service }) : []
    const statedEnd = earlier(entry?.expiresAt, use.statedEnd)
    return {
      ...about,
      targets: [...new Set([...own, ...about.targets])],
      ...driverFor(rotate, about.targets),
      environment: name,
      rotate,
      step,
      provider,
      ...(statedEnd === undefined ? {} : { statedEnd }),
    }
  })
}

interface Use {
  targets: Set<string>
  agents: Set<string>
  statedEnd?: string | undefined
}

function usesOf(config: Config): Map<string, Use> {
  const uses = new Map<string, Use>()
  for (const [agent, fields] of agentsOf(config)) {
    for (const { tool, binding, credential, envVar } of slotsOf(fields)) {
      const ref = credential.secretRef
      const use = uses.get(ref) ?? { targets: new Set(), agents: new Set() }
      uses.set(ref, use)
      const service = credential.service ?? binding.service
      for (const id of targetsOf({ service, tool, envVar, ref })) use.targets.add(id)
      use.agents.add(agent)
      use.statedEnd = earlier(use.statedEnd, credential.expiresAt)
    }
  }
  return uses
}

function targetsOf(about: {
  ref: string
  service?: string | undefined
  tool?: string
  envVar?: string
}): string[] {
  const found = targetOf({ envVar: upperSnake(about.ref), ...about })
  // What a tool is for says little about what its credential is.
  return found === undefined || found.by === 'tool' ? [] : [found.id]
}

/** As the config names it; else that of its service; else a person. */
function driverFor(
  { driver, options }: Rotate,
  targets: readonly string[],
): Pick<Subject, 'driver' | 'class' | 'guided' | 'options'> {
  const name = driver ?? driverOfTargets(targets) ?? BY_A_PERSON
  const described = ROTATION_DRIVERS[name]
  if (described === undefined) throw new TypeError('the schema lets no other driver through')
  const guided = described.guided === true
  const [target] = targets
  const service = name === BY_A_PERSON && options['service'] === undefined && target !== undefined
  const stated = options['class']
  return {
    driver: name,
    class: described.class === 'stated' ? classIn(stated) : described.class,
    guided,
    options: service ? { ...options, service: target } : options,
  }
}

function driverOfTargets(targets: readonly string[]): string | undefined {
  for (const { type, targets: own = [] } of Object.values(ROTATION_DRIVERS)) {
    if (targets.some((id) => own.includes(id))) return type
  }
  return undefined
}

function classIn(stated: unknown): DriverClass {
  if (stated === 'issued' || stated === 'slots' || stated === 'roll') return stated
  return 'chosen'
}

function unwritable(
  ref: string,
  { provider: name, at }: ChainStep,
  { type, options }: ProviderConfig,
): NoSubject['problem'] | undefined {
  if (options['engine'] === 'dynamic') {
    return {
      code: 'PROVIDER_UNSUPPORTED',
      message: `"${ref}" is leased: "${name}" makes it anew for each run, and ends it with the run`,
      hint: 'an agent gets another one when it is started again',
    }
  }
  if (!WRITABLE_TYPES.has(type)) {
    return {
      code: 'PROVIDER_UNSUPPORTED',
      message: `"${ref}" lies in "${name}", which nothing new can be put into`,
      hint: 'rotate it where it comes from, or move the ref to a store or a vault',
    }
  }
  if (at.version === undefined) return undefined
  return {
    code: 'CONFIG_INVALID',
    message: `"${ref}" is pinned to one version, so a new one would reach nobody`,
    hint: 'remove "version" from its entry',
  }
}
