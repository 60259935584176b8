/** Every ref that a config knows in one environment, and what is known of it. Asks no provider. */
import { placedRefs, providersOf } from '../config/accessors.ts'
import type { LoadedConfig } from '../config/types.ts'
import { parentRun, requireOwn, type Parent } from '../gateway/nesting.ts'
import { explained } from '../gateway/rotate/answered.ts'
import { subjectsOf } from '../gateway/rotate/subjects.ts'
import { statusOf, type Sign, type StatusLine } from '../gateway/status.ts'
import type { Route } from '../plan/chain.ts'
import { placeInWords } from '../plan/describe.ts'
import { settleEnvironment } from '../plan/environment.ts'
import { planner } from '../plan/plan.ts'
import type { ChainStep } from '../plan/types.ts'
import { decide, type Decision } from '../policy/decide.ts'
import { knownRotations } from '../rotation/known.ts'
import { credentialsOf, withLearnedEnd, type CredentialRow } from '../state/credentials.ts'
import { readDatabase } from '../state/db.ts'
import { allGrants, type GrantRow } from '../state/grants.ts'
import { userHome } from '../state/home.ts'
import type { Io } from './io.ts'
import { openConfig } from './open.ts'
import { rulesOf, type ShownRotation, type ShownRule } from './rotation-words.ts'

/** One agent's slot that names the ref. */
export interface Holder {
  decision: Decision
  status: StatusLine
  /** What happened last; absent where nothing did. */
  grant?: GrantRow
}

export interface KnownRef {
  ref: string
  environment: string
  route: Route
  holders: readonly Holder[]
  /** The last verdict of its service, if any. */
  credential: CredentialRow | undefined
  /** What its entry says of how and when it is replaced. */
  rule: ShownRule | undefined
  /** What became of that. */
  rotation: ShownRotation
}

/**
 * Opens the config for a command that shows refs. Inside of a run it is the one that the agent was
 * started with, and the agent is shown what it is bound to and nothing of others.
 *
 * @param environment the one that was asked for; left out: the configured one
 * @returns `parent`: the run that we are inside of
 * @throws AGENT_NOT_ALLOWED where the command asks for more
 */
export async function openKnown(
  io: Io,
  options: { config?: string; agent?: string },
  environment: string | undefined,
): Promise<{ loaded: LoadedConfig; parent: Parent | undefined }> {
  const parent = await parentRun(io.env, io.home)
  const config = options.config ?? parent?.config
  const loaded = await openConfig(io, config === undefined ? {} : { config }, { trusted: false })
  if (parent !== undefined) {
    const asked = settleEnvironment(loaded.config, environment).name
    requireOwn(loaded, parent, { agent: options.agent, environment: asked })
  }
  return { loaded, parent }
}

/**
 * Bound refs in the order of the config, then those that are placed and bound to nobody.
 * @param agent that agent's alone
 * @param environment the one asked for; left out: the configured one
 * @throws {SecretRefError} AGENT_UNKNOWN, ENVIRONMENT_UNKNOWN, STATE_UNAVAILABLE
 */
export function knownRefs(
  io: Io,
  loaded: LoadedConfig,
  { agent, environment }: { agent?: string | undefined; environment: string | undefined },
): KnownRef[] {
  const { config, dir, path } = loaded
  const { name, shared } = settleEnvironment(config, environment)
  const planned = planner({ config, configDir: dir, userHome: userHome(io.env), environment })
  const { grants, credentials } = stateOf(io, path, name)
  const rotations = knownRotations(io.home, { config: path, environment: name })
  const subjects = [...rotations.values()].some(({ answer }) => answer !== undefined)
    ? subjectsOf(config, planned, environment)
    : []
  const rotationOf = (ref: string): ShownRotation => {
    const known = rotations.get(ref) ?? {}
    const { open, answer } = known
    if (open === undefined || answer === undefined) return known
    const subject = subjects.find((one) => one.ref === ref)
    return { ...known, answered: explained(subject, open, answer) }
  }
  const ruleOf = rulesOf(config, planned, environment)
  const now = io.now()
  const holders = new Map<string, Holder[]>()
  for (const one of agent === undefined ? planned.holders : [agent]) {
    const plan = planned.plan({ agent: one })
    const decisions = decide(plan, { now, strict: false, providers: providersOf(config) })
    for (const decision of decisions) {
      const { ref, envVar } = decision.binding
      const credential = credentials.get(ref)
      const last = grants.get(plan.agent)?.get(envVar)
      const grant = last && withLearnedEnd(last, credential)
      const status = statusOf(decision.binding, grant, now, credential)
      const own = holders.get(ref) ?? []
      own.push({ decision, status, ...(grant && { grant }) })
      holders.set(ref, own)
    }
  }
  const placed = agent === undefined ? placedIn(config, name, shared) : []
  return [...new Set([...holders.keys(), ...placed])].map((ref) => ({
    ref,
    environment: name,
    route: planned.route(ref),
    holders: holders.get(ref) ?? [],
    credential: credentials.get(ref),
    rule: ruleOf(ref),
    rotation: rotationOf(ref),
  }))
}

function placedIn(config: LoadedConfig['config'], name: string, shared: boolean): string[] {
  return placedRefs(config).flatMap(({ ref, at }) => {
    const seen = at[0] === 'environments' ? at[1] === name : shared
    return seen ? [ref] : []
  })
}

function stateOf(
  io: Io,
  config: string,
  environment: string,
): { grants: Map<string, Map<string, GrantRow>>; credentials: Map<string, CredentialRow> } {
  const db = readDatabase(io.home)
  if (db === undefined) return { grants: new Map(), credentials: new Map() }
  try {
    const key = { config, environment }
    return { grants: allGrants(db, key), credentials: credentialsOf(db, key) }
  } finally {
    db.close()
  }
}

const WORST: readonly Sign[] = ['bad', 'attention', 'good', 'none']

/** Of several holders, the one that needs attention most. */
export function worstOf(holders: readonly Holder[]): StatusLine | undefined {
  return holders
    .map(({ status }) => status)
    .toSorted((a, b) => WORST.indexOf(a.sign) - WORST.indexOf(b.sign))[0]
}

/** `injected (valid until 2027-03-08)`, without the variable's name. */
export function stateInWords({ state, rejectedBy, detail }: StatusLine): string {
  const by = rejectedBy === undefined ? '' : ` by ${rejectedBy}`
  return `${state}${by}${detail === undefined ? '' : ` (${detail})`}`
}

/** Where one step of a chain leads, for people. */
export function stepInWords(io: Io, { config, dir }: LoadedConfig, step: ChainStep): string {
  const folders = { configDir: dir, userHome: userHome(io.env) }
  const { secretsFiles, store } = io.home
  const names = { providers: providersOf(config), folders, secretsFiles, store: store.path }
  return placeInWords(step, names)
}
