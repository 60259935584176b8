/** How old the values are that could be rotated, and when they end: read by their metadata, delivered to nobody. */
import type { DatabaseSync } from 'node:sqlite'
import type { LoadedConfig } from '../../config/types.ts'
import { SecretRefError, type Code } from '../../errors.ts'
import { upperSnake } from '../../config/names.ts'
import { earlier } from '../../plan/dates.ts'
import type { Plan, PlannedBinding } from '../../plan/types.ts'
import type { FetchedValue } from '../../policy/fetched.ts'
import { credentialsOf } from '../../state/credentials.ts'
import { fetchForAudit } from '../audit/fetch.ts'
import { isEndOfBefore } from '../../rotation/stated-ends.ts'
import type { Gateway } from '../gateway.ts'
import type { Subject } from './subjects.ts'

/** By whose name a ref is read for its rotation; no config may name an agent so. */
export const ROTATOR_AGENT = 'secretref-rotator'

/** What is known of the value that is current. */
export type Current =
  | {
      outcome: 'value'
      secret: FetchedValue & { version: string }
      expiresAt?: string
      /** What the config states, where it was said of the value before. */
      endOfBefore?: string
    }
  | { outcome: 'failed'; code: Code; message: string; hint?: string }

/**
 * Asks the stores, each ref once, with a record of each in the log.
 *
 * @param db the journal
 * @throws SecretRefError where nothing can be put on record
 */
export async function currentOf(
  gateway: Gateway,
  db: DatabaseSync | undefined,
  subjects: readonly Subject[],
): Promise<Map<string, Current>> {
  const found = new Map<string, Current>()
  for (const group of Map.groupBy(subjects, ({ environment }) => environment).values()) {
    const [first] = group
    if (first === undefined) continue
    const { environment } = first
    const bindings = group.map(bindingOf)
    const plan: Plan = { agent: ROTATOR_AGENT, environment, bindings, skipped: [] }
    const facts = bindings.map((binding) => ({
      binding,
      environment,
      covered: true,
      at: [],
      decision: {
        binding,
        allow: true as const,
        reason: 'bound' as const,
        message: 'it is to be seen how old it is',
        warnings: [],
      },
    }))
    const read = await fetchForAudit(gateway, [{ plan, bindings: facts }], () => [])
    const learned = learnedEnds(gateway, environment)
    for (const [i, { fetched, decision }] of read.bindings.entries()) {
      const subject = group[i]
      if (subject === undefined) throw new TypeError('every ref is answered')
      const answer = fetched?.outcome === 'value' ? fetched : undefined
      found.set(
        subject.ref,
        answer === undefined
          ? failedBy(decision)
          : knownOf(subject, answer, {
              learned: learned(subject.ref, answer.fingerprint),
              isOfBefore: (end) =>
                isEndOfBefore(
                  db,
                  { config: gateway.loaded.path, environment, ref: subject.ref },
                  answer.fingerprint,
                  end,
                ),
            }),
      )
    }
  }
  return found
}

function knownOf(
  { ref, step, statedEnd }: Subject,
  secret: FetchedValue,
  { learned, isOfBefore }: { learned: string | undefined; isOfBefore: (end: string) => boolean },
): Current {
  const { version } = secret
  if (version === undefined) {
    return {
      outcome: 'failed',
      code: 'PROVIDER_UNSUPPORTED',
      message: `"${step.provider}" gives "${ref}" no version, so a change cannot be told from another`,
      hint: 'move it to a store or a vault',
    }
  }
  const before = statedEnd !== undefined && isOfBefore(statedEnd)
  const expiresAt = earlier(earlier(before ? undefined : statedEnd, secret.expiresAt), learned)
  return {
    outcome: 'value',
    secret: { ...secret, version },
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(before ? { endOfBefore: statedEnd } : {}),
  }
}

function failedBy(decision: {
  code?: Code | undefined
  message: string
  hint?: string | undefined
}): Current {
  const { code = 'INTERNAL', message, hint } = decision
  return { outcome: 'failed', code, message, ...(hint === undefined ? {} : { hint }) }
}

/** Its past does not matter: what is over is to be rotated all the more. */
function bindingOf({ ref, step, targets: [target = ''] }: Subject): PlannedBinding {
  return {
    agent: ROTATOR_AGENT,
    tool: 'rotation',
    slot: ref,
    ref,
    envVar: upperSnake(ref),
    target,
    required: false,
    onFailure: 'deny-and-log',
    delivery: 'env',
    pathInEnvVar: false,
    chain: [step],
    fallbackOn: ['unavailable'],
    route: 'refMap',
  }
}

/** What a service said of a value's end, when it was last asked about that very value. */
function learnedEnds(
  { db, loaded }: { db: Gateway['db']; loaded: LoadedConfig },
  environment: string,
): (ref: string, fingerprint: string) => string | undefined {
  try {
    const rows = credentialsOf(db, { config: loaded.path, environment })
    return (ref, fingerprint) => {
      const row = rows.get(ref)
      return row?.fingerprint === fingerprint ? row.expiresAt : undefined
    }
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    // The state can be made anew; what it lacks is an end that nobody else states.
    return () => undefined
  }
}
