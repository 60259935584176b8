/**
 * How every credential stands that an agent is bound to, or that the config places: when it ends, as its store, its service, the value
 * itself and the config say; whether its service rejects it; whether it can be read at all.
 */
import { SecretRefError, type Code } from '../../errors.ts'
import { earlier } from '../../plan/dates.ts'
import { settleEnvironment } from '../../plan/environment.ts'
import type { Denial } from '../../policy/decide.ts'
import { daysUntil, isPast } from '../../policy/expiry.ts'
import { credentialsOf, type CredentialRow } from '../../state/credentials.ts'
import { userHome } from '../../state/home.ts'
import { Half } from '../budget.ts'
import { fetchForAudit } from '../audit/fetch.ts'
import { planAll } from '../audit/plans.ts'
import type { Gateway } from '../gateway.ts'
import { oldDatesOf } from './old-dates.ts'
import { stuckIn, type Stuck } from './stuck.ts'
import { keepTurns, lastLookOf } from './turns.ts'
import { unboundPlan } from './unbound.ts'

/**
 * `expired`, `expiring`: it ends, or has ended. `rejected`: its service said so of this very value.
 * `unreadable`: it could not be fetched. `endless`: nobody knows an end. `fine`: it ends later.
 */
export type State = 'expired' | 'expiring' | 'rejected' | 'unreadable' | 'endless' | 'fine'

export interface Watched {
  ref: string
  environment: string
  state: State
  /** Those that are bound to it; none: see `unbound`. */
  agents: readonly string[]
  /** The config places it, and no agent may have it. */
  unbound?: true
  /** RFC 3339 */
  expiresAt?: string
  /** Of one that could not be fetched. */
  failure?: { code: Code; message: string; hint?: string }
  /** Of one that is rejected. */
  target?: string
  /** Its rotation waits for a person. */
  stuck?: true
  /** The end is the config's, and was said of a value that a rotation has replaced. */
  ofBefore?: true
}

export interface Look {
  watched: Watched[]
  /** Also of refs that are bound to nobody, or that the config no longer has. */
  stuck: Stuck[]
  /** Refs that were not asked for: no more of their provider's calls were left for a look. */
  unasked: string[]
}

/** What nobody reads, nobody misses; that it ends, its owner wants to know all the same. */
export function needsSomebody({ state, unbound }: Watched): boolean {
  if (state === 'unreadable') return unbound !== true
  return state === 'expired' || state === 'expiring' || state === 'rejected'
}

export interface LookRequest {
  /** As asked for; left out: the configured one. */
  environment?: string | undefined
  /** From how many days before its end a credential is told of. */
  days: number
}

/** In words; `undefined` where the look came to everything. */
export function unaskedInWords({ unasked, watched }: Look): string | undefined {
  if (unasked.length === 0) return undefined
  const all = unasked.length + new Set(watched.map(({ ref }) => ref)).size
  return `${unasked.length} of ${all} refs were not looked at: a look takes half of the calls that are left to a provider; the next one begins with them`
}

/**
 * Asks every store, each ref once, on record; delivers nothing. Of a provider's calls it takes half of
 * what is left in the minute, and begins with the refs that have waited longest.
 *
 * @throws ENVIRONMENT_UNKNOWN; SecretRefError where nothing can be put on record
 */
export async function lookAtAll(
  gateway: Gateway,
  { environment, days }: LookRequest,
): Promise<Look> {
  const { config, dir } = gateway.loaded
  const now = gateway.now()
  const { home, plans } = planAll({
    config,
    configDir: dir,
    userHome: userHome(gateway.env),
    asked: environment,
    now,
  })
  const own = plans.filter(({ plan }) => environment !== undefined || plan.environment === home)
  const bound = new Set(
    own.flatMap((one) => one.bindings.flatMap((fact) => (fact.covered ? fact.binding.ref : []))),
  )
  const unbound = unboundPlan(gateway, environment, bound)
  const { name } = settleEnvironment(config, home)
  const lastLook = lastLookOf(gateway, name)
  const { bindings } = await fetchForAudit(gateway, [...own, unbound], () => [], {
    half: new Half(),
    lastLook,
  })
  const unasked = new Set<string>()
  const learned = learnedOf(gateway)
  const stuck = stuckIn(gateway, name)
  const isStuck = new Set(stuck.map(({ ref }) => ref))
  const watched = new Map<string, Watched & { agents: string[] }>()
  for (const { binding, environment: where, covered, decision, fetched } of bindings) {
    const { ref, agent } = binding
    if (!covered) continue
    if (fetched?.outcome === 'failure' && fetched.reason === 'budget') {
      unasked.add(ref)
      continue
    }
    const value = fetched?.outcome === 'value' ? fetched : undefined
    const row = value && learned(where).get(ref)
    const said = row?.fingerprint === value?.fingerprint ? row : undefined
    const expiresAt = earlier(decision.expiresAt, said?.expiresAt)
    const state = stateOf(
      { allow: decision.allow, code: decision.code, expiresAt, said },
      days,
      now,
    )
    const key = JSON.stringify([where, ref, state, expiresAt])
    const known = watched.get(key)
    if (known !== undefined) {
      if (!known.agents.includes(agent)) known.agents.push(agent)
      continue
    }
    const isBound = bound.has(ref)
    const failure = decision.allow ? undefined : failureOf(decision)
    watched.set(key, {
      ref,
      environment: where,
      state,
      agents: isBound ? [agent] : [],
      ...(isBound ? {} : { unbound: true }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(state === 'unreadable' && failure !== undefined ? { failure } : {}),
      ...(state === 'rejected' && said !== undefined ? { target: said.target } : {}),
      ...(isStuck.has(ref) ? { stuck: true } : {}),
    })
  }
  if (unasked.size > 0) {
    const refs = new Set(bindings.flatMap(({ covered, binding: { ref } }) => (covered ? ref : [])))
    keepTurns(gateway, name, { before: lastLook, refs, unasked })
  }
  const all: Watched[] = [...watched.values()]
  const old = await oldDatesOf(gateway, name, all)
  for (const one of all) {
    if (one.expiresAt !== undefined && one.expiresAt === old.get(one.ref)) one.ofBefore = true
  }
  return { watched: all, stuck, unasked: [...unasked] }
}

function stateOf(
  known: {
    allow: boolean
    code: Code | undefined
    expiresAt: string | undefined
    said: CredentialRow | undefined
  },
  days: number,
  now: Date,
): State {
  const { allow, code, expiresAt, said } = known
  if (code === 'EXPIRED' || (expiresAt !== undefined && isPast(expiresAt, now))) return 'expired'
  if (!allow) return 'unreadable'
  if (said?.verdict === 'rejected') return 'rejected'
  if (expiresAt === undefined) return 'endless'
  return daysUntil(expiresAt, now) <= days ? 'expiring' : 'fine'
}

function failureOf({ code, message, hint }: Denial): NonNullable<Watched['failure']> {
  return { code, message, hint }
}

/** What services said when they were last asked. The state can be made anew: without it less is known. */
function learnedOf(gateway: Gateway): (environment: string) => Map<string, CredentialRow> {
  const known = new Map<string, Map<string, CredentialRow>>()
  return (environment) => {
    const found = known.get(environment)
    if (found !== undefined) return found
    let rows = new Map<string, CredentialRow>()
    try {
      rows = credentialsOf(gateway.db, { config: gateway.loaded.path, environment })
    } catch (error) {
      if (!(error instanceof SecretRefError)) throw error
    }
    known.set(environment, rows)
    return rows
  }
}
