/**
 * Refs that the config places and no agent of it may have: their credentials end all the same. They are
 * read in the name of the built-in agent, and delivered to nobody.
 */
import { placedRefs } from '../../config/accessors.ts'
import { MONITOR } from '../../config/monitor.ts'
import { upperSnake } from '../../config/names.ts'
import { settleEnvironment } from '../../plan/environment.ts'
import { planner, type Planner } from '../../plan/plan.ts'
import type { Plan, PlannedBinding } from '../../plan/types.ts'
import { decide } from '../../policy/decide.ts'
import { userHome } from '../../state/home.ts'
import type { AuditPlan } from '../audit/fetch.ts'
import type { Gateway } from '../gateway.ts'

/**
 * @param bound refs that some agent may have in this environment
 * @throws ENVIRONMENT_UNKNOWN
 */
export function unboundPlan(
  gateway: Gateway,
  environment: string | undefined,
  bound: ReadonlySet<string>,
): AuditPlan {
  const { config, dir: configDir } = gateway.loaded
  const { name, shared } = settleEnvironment(config, environment)
  const folders = { configDir, userHome: userHome(gateway.env) }
  const planned = planner({ config, ...folders, environment })
  const refs = placedRefs(config)
    .filter(({ at: [where, whose] }) => (where === 'environments' ? whose === name : shared))
    .map(({ ref }) => ref)
  const bindings = [...new Set(refs)]
    .filter((ref) => !bound.has(ref))
    .map((ref) => bindingOf(planned, ref))
  const plan: Plan = { agent: MONITOR, environment: name, bindings, skipped: [] }
  const decisions = decide(plan, { now: gateway.now(), strict: false })
  const facts = decisions.map((decision) => ({
    binding: decision.binding,
    environment: name,
    covered: true,
    at: [],
    decision,
  }))
  return { plan, bindings: facts }
}

function bindingOf(planned: Planner, ref: string): PlannedBinding {
  const { chain, fallbackOn, route, entry, problem } = planned.route(ref)
  const binding: PlannedBinding = {
    agent: MONITOR,
    tool: 'monitor',
    slot: ref,
    ref,
    envVar: upperSnake(ref),
    target: '',
    required: false,
    onFailure: 'deny-and-log',
    delivery: 'env',
    pathInEnvVar: false,
    chain,
    fallbackOn,
    route,
  }
  if (entry?.expiresAt !== undefined) binding.expiresAt = entry.expiresAt
  if (problem !== undefined) binding.problem = problem
  return binding
}
