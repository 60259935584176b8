/**
 * May this agent have this ref now, and why. Twice for each start: on what the config says, before
 * anybody is asked, and on what the providers said, before anything leaves. Pure.
 */
import type { Code } from '../errors.ts'
import type { Fetched, FetchedFailure, FetchedValue } from './fetched.ts'
import { earlier } from '../plan/dates.ts'
import type { Plan, PlannedBinding } from '../plan/types.ts'
import { ageOf, dayOf, daysUntil, isNear, isPast, whenOf } from './expiry.ts'
import { explainFailure, setIt } from './explain.ts'
import { isFailureReason, type FailureReason } from './reasons.ts'

/**
 * Why: closed, and short enough for a record.
 * `bound`: a binding names it and the agent has no capabilities; `capability`: the tool is among them;
 * `answered`, `fallback`: the first of the chain had it, or a later one. The others deny.
 */
export type DecisionReason =
  | 'bound'
  | 'capability'
  | 'answered'
  | 'fallback'
  | 'stale'
  | 'capability-missing'
  | 'not-bound'
  | 'not-servable'
  | 'expired'
  | 'deprecated'
  | 'absent'
  | 'denied'
  | 'malformed'
  | 'unavailable'
  | FailureReason

export interface DecisionWarning {
  code:
    | 'EXPIRING'
    | 'DEPRECATED'
    | 'FALLBACK_USED'
    | 'STALE_USED'
    | 'NOT_KEPT'
    | 'FILE_MODE_LOOSE'
    | 'PLACEHOLDER_VALUE'
  message: string
  hint?: string
}

interface Decided {
  binding: PlannedBinding
  reason: DecisionReason
  /** One lower-case sentence. */
  message: string
  /** The earliest end that is known, RFC 3339. */
  expiresAt?: string
  warnings: readonly DecisionWarning[]
}
export interface Grant extends Decided {
  allow: true
  code?: undefined
  hint?: undefined
}
export interface Denial extends Decided {
  allow: false
  code: Code
  hint: string
}
export type Decision = Grant | Denial

export interface DecideContext {
  now: Date
  /** `--strict`: what is deprecated is denied. */
  strict: boolean
  /** With them a hint knows a program from a file. */
  providers?: ProviderTypes | undefined
}

/** One decision for each binding of the plan, in its order; skipped bindings get none. */
export function decide(plan: Plan, context: DecideContext): Decision[] {
  return plan.bindings.map((binding) => decideFirst(plan, binding, context))
}

function decideFirst(plan: Plan, binding: PlannedBinding, context: DecideContext): Decision {
  const { agent, tool, ref, problem } = binding
  if (plan.capabilities !== undefined && !plan.capabilities.includes(tool)) {
    return deny(binding, 'CAPABILITY_MISSING', 'capability-missing', {
      message: `agent "${agent}" has no capability "${tool}", so "${ref}" is not granted to it`,
      hint: `add "${tool}" to the capabilities of "${agent}", or remove the tool binding`,
    })
  }
  if (problem !== undefined) return deny(binding, problem.code, 'not-servable', problem)
  const dated = decideDates(binding, binding.expiresAt, binding.chain[0]?.provider, context)
  if ('allow' in dated) return dated
  const by = plan.capabilities === undefined ? 'bound' : 'capability'
  return allow(binding, by, `tool "${tool}" of agent "${agent}" is bound to "${ref}"`, {
    ...(binding.expiresAt === undefined ? {} : { expiresAt: binding.expiresAt }),
    warnings: dated.warnings,
  })
}

/** Provider names and their types, as `providersOf` gives them. */
export type ProviderTypes = Pick<ReadonlyMap<string, { type: string }>, 'get'>

/**
 * The second decision about a binding that the first one granted, on what the resolver reported.
 * With `providers` a hint knows a program from a file.
 */
export function decideAgain(
  binding: PlannedBinding,
  fetched: Fetched,
  now: Date,
  strict: boolean,
  providers?: ProviderTypes,
): Decision {
  return fetched.outcome === 'failure'
    ? failed(binding, fetched, providers)
    : answered(binding, fetched, { now, strict, providers })
}

/** What an agent that runs was granted once, and its config binds no longer. */
export function notBound(binding: PlannedBinding): Denial {
  const { agent, ref } = binding
  return deny(binding, 'REF_NOT_BOUND', 'not-bound', {
    message: `the config no longer binds "${ref}" to agent "${agent}"`,
    hint: 'bind it again where the agent is to have it',
  })
}

/** Denials that stop the whole start: nothing is released when there is one. */
export function blocking(decisions: readonly Decision[]): Denial[] {
  return decisions
    .filter((decision): decision is Denial => !decision.allow)
    .filter(({ binding }) => binding.required)
}

function answered(
  binding: PlannedBinding,
  fetched: FetchedValue,
  context: DecideContext,
): Decision {
  const expiresAt = earlier(binding.expiresAt, fetched.expiresAt)
  const dated = decideDates(binding, expiresAt, fetched.provider, context)
  if ('allow' in dated) return dated
  const { ref } = binding
  const { provider } = fetched
  const set = setIt({ ref, provider, providerType: context.providers?.get(provider)?.type })
  const asked = fetched.passed.length > 0
  return allow(binding, wayOf(fetched), `provider "${fetched.provider}" has "${ref}"`, {
    ...(expiresAt === undefined ? {} : { expiresAt }),
    warnings: [
      ...(asked ? [passedWarning(ref, fetched, context.now)] : []),
      ...fetched.warnings.flatMap((warning) => storeWarning(ref, warning, set)),
      ...dated.warnings,
    ],
  })
}

function failed(
  binding: PlannedBinding,
  fetched: FetchedFailure,
  providers: ProviderTypes | undefined,
): Denial {
  const { code, reason, place, provider, passed } = fetched
  const { ref, envVar } = binding
  const providerType = providers?.get(provider)?.type
  const { message, hint } = explainFailure({
    ref,
    envVar,
    code,
    reason,
    place,
    provider,
    providerType,
  })
  const before = passed.map((step) => `${step.provider} (${step.code})`).join(', ')
  const kept =
    fetched.undropped === true ? '; what was kept of it for outages could not be removed' : ''
  return deny(binding, code, isFailureReason(reason) ? reason : fetched.kind, {
    message: `${message}${before === '' ? '' : `, after ${before}`}${kept}`,
    hint,
  })
}

/**
 * What the dates say: a denial, or the warnings that a grant carries.
 * @param provider that has the value, or would be asked for it first
 */
function decideDates(
  binding: PlannedBinding,
  expiresAt: string | undefined,
  provider: string | undefined,
  { now, strict, providers }: DecideContext,
): Denial | { warnings: DecisionWarning[] } {
  const { ref, deprecationDate } = binding
  const warnings: DecisionWarning[] = []
  if (expiresAt !== undefined && isPast(expiresAt, now)) {
    const providerType = provider === undefined ? undefined : providers?.get(provider)?.type
    const set = setIt({ ref, provider: provider ?? '', providerType })
    const anew = `get a new credential, ${set}`
    // Whether the value is new already, as after a rotation, only who replaced it knows.
    const hint =
      expiresAt === binding.expiresAt
        ? `if its value is new already, correct its expiresAt in the config; else ${anew}, and correct it then`
        : anew
    return {
      ...deny(binding, 'EXPIRED', 'expired', {
        message: `"${ref}" expired on ${dayOf(expiresAt)}`,
        hint,
      }),
      expiresAt,
    }
  }
  if (deprecationDate !== undefined && isPast(deprecationDate, now)) {
    const message = `"${ref}" has been deprecated since ${dayOf(deprecationDate)}`
    const hint = `bind its successor instead${binding.note === undefined ? '' : `: ${binding.note}`}`
    if (strict) return deny(binding, 'DEPRECATED', 'deprecated', { message, hint })
    warnings.push({ code: 'DEPRECATED', message, hint })
  }
  if (expiresAt !== undefined && isNear(expiresAt, now)) {
    warnings.push({
      code: 'EXPIRING',
      message: `"${ref}" expires ${whenOf(expiresAt, now)}, ${dayOf(expiresAt)}`,
      hint: `get a new credential ${daysUntil(expiresAt, now) <= 0 ? 'today' : 'before that day'}`,
    })
  }
  return { warnings }
}

function wayOf({ stale, passed }: FetchedValue): DecisionReason {
  if (stale !== undefined) return 'stale'
  return passed.length > 0 ? 'fallback' : 'answered'
}

function passedWarning(
  ref: string,
  { provider, passed, stale }: FetchedValue,
  now: Date,
): DecisionWarning {
  const before = passed.map((step) => `${step.provider} (${step.code})`).join(', ')
  if (stale !== undefined) {
    return {
      code: 'STALE_USED',
      message: `"${ref}" is the last good value of "${provider}", ${ageOf(stale, now)} old, after ${before}`,
      hint: 'it is delivered for as long as its maxStale allows; see to the provider',
    }
  }
  return {
    code: 'FALLBACK_USED',
    message: `"${ref}" came from "${provider}", after ${before}`,
  }
}

function storeWarning(
  ref: string,
  { code, place }: { code: string; place?: string },
  set: string,
): DecisionWarning[] {
  switch (code) {
    case 'FILE_MODE_LOOSE': {
      const { hint } = explainFailure({
        ref,
        envVar: '',
        code: 'FILE_INSECURE',
        place,
        provider: '',
      })
      const file = place ?? 'the secrets file'
      return [{ code, message: `only the folder above it keeps others out of ${file}`, hint }]
    }
    case 'PLACEHOLDER_VALUE':
      return [
        {
          code,
          message: `the value of "${ref}" looks like a placeholder`,
          hint: set,
        },
      ]
    default:
      return []
  }
}

function allow(
  binding: PlannedBinding,
  reason: DecisionReason,
  message: string,
  rest: { expiresAt?: string; warnings: readonly DecisionWarning[] },
): Grant {
  return { binding, allow: true, reason, message, ...rest }
}

function deny(
  binding: PlannedBinding,
  code: Code,
  reason: DecisionReason,
  { message, hint }: { message: string; hint: string },
): Denial {
  return { binding, allow: false, code, reason, message, hint, warnings: [] }
}
