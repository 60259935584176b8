/** Every agent of a config, planned in every environment. Pure. */
import {
  defaultProviderOf,
  environmentOf,
  everyAgentOf,
  gatewaySecretsOf,
  placedRefs,
  slotsOf,
} from '../../config/accessors.ts'
import { bindingPath } from '../../config/rules/paths.ts'
import { plaintextProviders, PRODUCTION } from '../../config/rules/production.ts'
import type { Agent, Config } from '../../config/types.ts'
import type { BindingFact, PlacedFact } from '../../findings/judge/facts.ts'
import { homeEnvironment, settleEnvironment } from '../../plan/environment.ts'
import { planner, type Planner } from '../../plan/plan.ts'
import type { Plan } from '../../plan/types.ts'
import type { Pointing } from '../../plan/unused.ts'
import { decide } from '../../policy/decide.ts'
import type { Rule } from '../../rotation/due.ts'
import { rotateOf } from '../../rotation/rule.ts'

export interface Planned {
  home: string
  /** Those whose bindings are judged. */
  environments: readonly string[]
  /** One for each agent in each of these environments, with its facts. */
  plans: readonly { plan: Plan; bindings: readonly BindingFact[] }[]
  placed: readonly PlacedFact[]
  /** What covered bindings read, in every environment that there is. */
  uses: readonly Pointing[]
}

export interface PlanAllInput {
  config: Config
  configDir: string
  userHome: string
  /** One environment alone; left out: every one that the config states. */
  asked: string | undefined
  now: Date
}

/** @throws {SecretRefError} ENVIRONMENT_UNKNOWN */
export function planAll({ config, configDir, userHome, asked, now }: PlanAllInput): Planned {
  const all = statedEnvironments(config)
  const chosen = asked === undefined ? all : [settleEnvironment(config, asked).name]
  const home = asked ?? homeEnvironment(config)
  const planners = new Map(
    [...new Set([...all, ...chosen, home])].map((environment) => [
      environment,
      planner({ config, configDir, userHome, environment }),
    ]),
  )
  const agents = everyAgentOf(config)
  const plans: Planned['plans'][number][] = []
  const uses: Pointing[] = []
  for (const [environment, plannerOf] of planners) {
    const rules = rulesOf(config, plannerOf)
    for (const agent of plannerOf.holders) {
      const made = plannerOf.plan({ agent })
      const facts = factsOf(config, agents.get(agent), made, { now, rules })
      for (const { covered, binding } of facts) if (covered) uses.push(binding)
      if (chosen.includes(environment)) plans.push({ plan: made, bindings: facts })
    }
  }
  return { home, environments: chosen, plans, placed: placedFacts(config, planners), uses }
}

/**
 * The configured environment, and every key of `environments`. The first is left out where it is only
 * implied and no ref could be found in it: then each run has to name one.
 */
function statedEnvironments(config: Config): string[] {
  const names = Object.keys(config.environments ?? {})
  const implied =
    names.length > 0 &&
    environmentOf(config) === undefined &&
    defaultProviderOf(config) === undefined &&
    gatewaySecretsOf(config).refMap === undefined
  return implied ? names : [...new Set([homeEnvironment(config), ...names])]
}

/** By ref: when it is to be replaced in one environment. */
function rulesOf(config: Config, planned: Planner): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>()
  for (const { ref, entry } of placedRefs(config)) {
    if (entry.rotate === undefined) continue
    const rotate = planned.route(ref).entry?.rotate
    if (rotate !== undefined) rules.set(ref, rotateOf(rotate))
  }
  return rules
}

function factsOf(
  config: Config,
  agent: Agent | undefined,
  plan: Plan,
  { now, rules }: { now: Date; rules: ReadonlyMap<string, Rule> },
): BindingFact[] {
  const decisions = decide(plan, { now, strict: false })
  const slots = agent === undefined ? [] : slotsOf(agent)
  const guarded = plan.environment === PRODUCTION ? plaintextProviders(config) : NONE
  return plan.bindings.flatMap((binding, i): BindingFact[] => {
    const decision = decisions[i]
    if (decision === undefined) return []
    const { capabilities, environment } = plan
    // A plan has the slots in the order in which they are written.
    const service = slots[i]?.credential.service ?? slots[i]?.binding.service
    const rule = rules.get(binding.ref)
    const plaintext = binding.chain.flatMap(({ provider }) =>
      guarded.has(provider) ? [provider] : [],
    )
    return [
      {
        ...(service === undefined ? {} : { service }),
        ...(plaintext.length === 0 ? {} : { plaintext }),
        ...(rule && { rule }),
        binding,
        environment,
        covered: capabilities === undefined || capabilities.includes(binding.tool),
        at: bindingPath(config, binding),
        decision,
      },
    ]
  })
}

const NONE: ReadonlySet<string> = new Set()

function placedFacts(config: Config, planners: ReadonlyMap<string, Planner>): PlacedFact[] {
  return placedRefs(config).map(({ ref, entry, at }) => {
    const own = at[0] === 'environments' ? at[1] : undefined
    const { chain = [] } = planners.get(own ?? homeEnvironment(config))?.route(ref) ?? {}
    return { ref, entry, at, chain }
  })
}
