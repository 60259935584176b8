/** From a config and the words of a command line to what one agent needs, from where. Pure. */
import { agentsOf, everyAgentOf, slotsOf, type Slot } from '../config/accessors.ts'
import { VARIABLE } from '../config/names.ts'
import type { Agent, Config } from '../config/types.ts'
import { refusalOf } from '../config/variables.ts'
import { SecretRefError } from '../errors.ts'
import { targetOf } from '../targets/infer.ts'
import { groundOf, routeOf, type Ground, type Route } from './chain.ts'
import { earlier } from './dates.ts'
import { didYouMean, listOf, quoted } from './known.ts'
import { own } from './own.ts'
import { narrow, rename } from './rename.ts'
import type { Plan, PlannedBinding } from './types.ts'

export interface Surroundings {
  config: Config
  /** Absolute folder of the config file. */
  configDir: string
  /** Absolute. */
  userHome: string
  /** As asked for by flag or variable (`askedEnvironment`); left out: the configured one. */
  environment?: string | undefined
}

/** The words of one start. */
export interface Request {
  /** May be left out where the config holds one agent. */
  agent?: string | undefined
  secretsRef?: readonly string[] | undefined
  env?: readonly string[] | undefined
  secretsProvider?: string | undefined
}

export type PlanInput = Surroundings & Request

export interface Planner {
  /** @throws {SecretRefError} see `planAgent`. */
  plan(request: Request): Plan
  /** Where `ref` points, no matter who is bound to it: for `secrets set`. */
  route(ref: string, secretsProvider?: string): Route
  /** Names of all agents, in the order written. */
  agents: readonly string[]
  /** The same and, where there is one, the built-in agent: it is planned, and never started. */
  holders: readonly string[]
}

/**
 * Reads a config once and then plans any number of agents of it.
 * @throws {SecretRefError} ENVIRONMENT_UNKNOWN.
 */
export function planner(surroundings: Surroundings): Planner {
  const { config, configDir, userHome, environment } = surroundings
  const ground = groundOf(config, { configDir, userHome }, environment)
  const agents = agentsOf(config)
  const holders = everyAgentOf(config)
  return {
    plan: (request) =>
      planOne(ground, isBuiltIn(request, agents, holders) ? holders : agents, request),
    route: (ref, secretsProvider) => {
      checkProvider(ground, secretsProvider)
      return routeOf(ground, ref, secretsProvider)
    },
    agents: [...agents.keys()],
    holders: [...holders.keys()],
  }
}

/**
 * What one agent needs. A mistake in one ref is that binding's `problem`; a mistake in the command is
 * thrown, since nothing that was asked for would then be done.
 * @throws {SecretRefError} AGENT_UNKNOWN, ENVIRONMENT_UNKNOWN, REF_NOT_BOUND, USAGE.
 */
export function planAgent(input: PlanInput): Plan {
  return planner(input).plan(input)
}

function planOne(ground: Ground, agents: ReadonlyMap<string, Agent>, request: Request): Plan {
  const { secretsRef, env, secretsProvider } = request
  const [name, agent] = chosenAgent(agents, request.agent)
  checkProvider(ground, secretsProvider)
  const all = slotsOf(agent).map((slot) => bindingOf(ground, name, agent, slot, secretsProvider))
  const { bindings, skipped } = narrow(name, all, secretsRef)
  return {
    agent: name,
    environment: ground.environment.name,
    ...(agent.capabilities === undefined ? {} : { capabilities: agent.capabilities }),
    bindings: env === undefined ? bindings : rename(bindings, secretsRef, env),
    skipped,
  }
}

/** It must be named: it is not the one agent of a config that has one. */
function isBuiltIn(
  { agent }: Request,
  agents: ReadonlyMap<string, Agent>,
  holders: ReadonlyMap<string, Agent>,
): boolean {
  return agent !== undefined && !agents.has(agent) && holders.has(agent)
}

function chosenAgent(
  agents: ReadonlyMap<string, Agent>,
  asked: string | undefined,
): readonly [string, Agent] {
  const names = [...agents.keys()]
  if (asked !== undefined) {
    const agent = agents.get(asked)
    if (agent !== undefined) return [asked, agent]
    throw new SecretRefError('AGENT_UNKNOWN', `no agent named ${quoted(asked)}`, {
      hint: didYouMean(asked, names, 'agents'),
      scope: 'agent',
    })
  }
  const [only, second] = agents
  if (only === undefined) {
    throw new SecretRefError('AGENT_UNKNOWN', 'the config has no agent', {
      hint: 'add one under "agents"',
      scope: 'config',
    })
  }
  if (second === undefined) return only
  throw new SecretRefError('USAGE', `the config has ${names.length} agents, so one must be named`, {
    hint: `add --agent; ${listOf(names, 'agents')}`,
  })
}

function checkProvider({ providers }: Ground, asked: string | undefined): void {
  if (asked === undefined || providers.has(asked)) return
  throw new SecretRefError('USAGE', `no provider named ${quoted(asked)}`, {
    hint: didYouMean(asked, [...providers.keys()], 'providers'),
  })
}

function bindingOf(
  ground: Ground,
  agent: string,
  { 'auth-profiles': profiles }: Agent,
  { tool, slot, binding, credential, envVar }: Slot,
  secretsProvider: string | undefined,
): PlannedBinding {
  const ref = credential.secretRef
  const { route, chain, fallbackOn, entry, ...found } = routeOf(ground, ref, secretsProvider)
  const profile = own(profiles, tool)
  const expiresAt = earlier(credential.expiresAt, entry?.expiresAt)
  const deprecationDate = earlier(credential.deprecationDate, entry?.deprecationDate)
  const note = credential.note ?? entry?.note
  const problem = found.problem ?? undeliverable(ref, envVar)
  return {
    agent,
    tool,
    slot,
    ref,
    envVar,
    ...targetFor(credential.service ?? binding.service, tool, envVar, ref),
    required: binding.required === true || profile?.required === true || entry?.required === true,
    onFailure: profile?.['on-failure'] ?? 'deny-and-log',
    delivery: credential.delivery ?? 'env',
    pathInEnvVar: credential.pathInEnvVar ?? false,
    chain,
    fallbackOn,
    ...(entry?.resilience === undefined ? {} : { maxStale: entry.resilience.maxStale }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(deprecationDate === undefined ? {} : { deprecationDate }),
    ...(note === undefined ? {} : { note }),
    route,
    ...(problem === undefined ? {} : { problem }),
  }
}

/** A ref alone can make a variable that must not be set: `path` makes `PATH`. */
function undeliverable(ref: string, envVar: string): PlannedBinding['problem'] {
  const reason = VARIABLE.test(envVar) ? refusalOf(envVar) : 'is no name for a variable'
  if (reason === undefined) return undefined
  return {
    code: 'SECRET_UNDELIVERABLE',
    message: `ref "${ref}" cannot be delivered as ${envVar}, which is refused: it ${reason}`,
    hint: 'give the slot another envVar',
  }
}

/** The target as the config says it or its names tell; else the word that the tool's name begins with. */
function targetFor(
  service: string | undefined,
  tool: string,
  envVar: string,
  ref: string,
): Pick<PlannedBinding, 'target' | 'targetBy'> {
  const inferred = targetOf({ service, tool, envVar, ref })
  if (inferred === undefined) return { target: service ?? firstWordOf(tool) }
  const { id: target, by } = inferred
  return by === 'tool' ? { target } : { target, targetBy: by }
}

/** `stripe-payment` talks to `stripe`. */
function firstWordOf(tool: string): string {
  return tool.toLowerCase().split(/[-._/]/, 1)[0] ?? tool
}
