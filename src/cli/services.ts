/** Which agents a gateway serves, and how: from its config and the words of its command line. */
import { judgeSchedules } from '../config/rules/schedules.ts'
import { SecretRefError } from '../errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { requireAllowed } from '../gateway/nesting.ts'
import type { Service } from '../gateway/serve/service.ts'
import type { Planner } from '../plan/plan.ts'
import type { GatewayRunOptions } from './gateway-run.ts'

/** Without `--agent` all of them; what can be meant for one only then needs a name. */
export function chosen(
  planner: Planner,
  options: GatewayRunOptions,
  given: string[] | undefined,
): readonly string[] {
  if (options.agent !== undefined) return [options.agent]
  if (planner.agents.length <= 1) return [planner.plan({}).agent]
  const { secretsRef, env, schedule, timezone } = options
  if (secretsRef ?? env ?? schedule ?? timezone ?? given) {
    throw new SecretRefError('USAGE', 'what is given here is meant for one agent', {
      hint: `add --agent; the config has ${planner.agents.join(', ')}`,
    })
  }
  return planner.agents
}

/**
 * All of them, by a config that takes the place of another. An agent that is no longer there is not asked
 * for any more, the one of `--agent` included; so may be the last one.
 *
 * @throws SecretRefError where one of them cannot be served as asked
 */
export async function servicesOf(
  gateway: Gateway,
  planner: Planner,
  options: GatewayRunOptions,
  given: string[] | undefined,
): Promise<Service[]> {
  const { agent } = options
  const { agents } = planner
  if (agents.length === 0 || (agent !== undefined && !agents.includes(agent))) return []
  const names = chosen(planner, options, given)
  const services: Service[] = []
  for (const name of names) {
    try {
      services.push(await serviceOf(gateway, planner, name, names.length === 1, options, given))
    } catch (error) {
      throw error instanceof SecretRefError && names.length > 1 ? about(name, error) : error
    }
  }
  return services
}

/** One of many: the sentence says which. */
function about(name: string, { code, message, scope, hint }: SecretRefError): SecretRefError {
  return new SecretRefError(code, `${name}: ${message}`, { scope, ...(hint && { hint }) })
}

/** @throws SecretRefError where this agent cannot be served as asked */
export async function serviceOf(
  gateway: Gateway,
  planner: Planner,
  name: string,
  alone: boolean,
  options: GatewayRunOptions,
  given: string[] | undefined,
): Promise<Service> {
  const plan = planner.plan({ ...options, agent: name })
  requireAllowed(gateway.loaded, gateway.parent, plan)
  const agent = gateway.agent(name)
  const schedule = options.schedule ?? agent.schedule
  const timezone = options.timezone ?? agent.timezone ?? 'UTC'
  await requireSchedule(schedule, timezone, options, gateway.now())
  return {
    plan,
    program: gateway.programOf(name, given),
    schedule,
    timezone,
    restart: agent.restart ?? 'never',
    strict: options.strict === true,
    terminal: gateway.surroundings.terminal && schedule === undefined && alone,
  }
}

/** By the same rules as the config's own. @throws USAGE */
async function requireSchedule(
  schedule: string | undefined,
  timezone: string,
  options: GatewayRunOptions,
  now: Date,
): Promise<void> {
  if (options.timezone !== undefined && schedule === undefined) {
    throw new SecretRefError('USAGE', '--timezone is for a schedule, and there is none', {
      hint: 'add --schedule',
    })
  }
  if (options.schedule === undefined && options.timezone === undefined) return
  const [problem] = await judgeSchedules({ agents: { asked: { schedule, timezone } } }, now)
  if (problem === undefined) return
  const { at, message, hint } = problem
  throw new SecretRefError('USAGE', `--${String(at.at(-1))}: ${message}`, {
    ...(hint !== undefined && { hint }),
  })
}
