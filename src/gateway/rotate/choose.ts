/** Which refs a rotation is for, and which of them are due. Pure. */
import { SecretRefError } from '../../errors.ts'
import { didYouMean as nearest } from '../../config/suggest.ts'
import { didYouMean, quoted } from '../../plan/known.ts'
import { dueOf, type Due } from '../../rotation/due.ts'
import type { Since } from '../../rotation/since.ts'
import { idsOfService, serviceWords } from '../../targets/infer.ts'
import type { Current } from './ages.ts'
import type { NoSubject, Subject } from './subjects.ts'

export interface Chosen {
  /** A provider as the config names it, or a service of the catalogue. */
  provider?: string | undefined
  ref?: string | undefined
  agent?: string | undefined
}

/** The refs that are meant, and whether `provider` names a store: then they are for several services. */
export function chosen<T extends Subject | NoSubject>(
  subjects: readonly T[],
  { provider, ref, agent }: Chosen,
  providers: readonly string[],
): { subjects: T[]; byStore: boolean } {
  const ids = provider === undefined ? [] : idsOfService(provider)
  if (provider !== undefined && ids.length === 0 && !providers.includes(provider)) {
    throw new SecretRefError('USAGE', `no provider and no service is named ${quoted(provider)}`, {
      hint:
        nearest(provider, [...providers, ...serviceWords()]) ??
        'a provider of the config, or a service: `secretref targets list` shows them',
    })
  }
  if (ref !== undefined && !subjects.some((one) => one.ref === ref)) {
    const known = subjects.map((one) => one.ref)
    throw new SecretRefError('REF_UNKNOWN', `no ref is named ${quoted(ref)}`, {
      scope: 'ref',
      hint: didYouMean(ref, known, 'refs'),
    })
  }
  const agents = new Set(subjects.flatMap((one) => one.agents))
  if (agent !== undefined && !agents.has(agent)) {
    throw new SecretRefError(
      'AGENT_UNKNOWN',
      `no ref is bound to an agent named ${quoted(agent)}`,
      {
        scope: 'agent',
        hint: didYouMean(agent, [...agents], 'agents'),
      },
    )
  }
  const byService = subjects.filter(({ targets }) => targets.some((id) => ids.includes(id)))
  const byStore = provider !== undefined && byService.length === 0 && providers.includes(provider)
  const meant = subjects.filter((one) => {
    if (ref !== undefined && one.ref !== ref) return false
    if (agent !== undefined && !one.agents.includes(agent)) return false
    if (provider === undefined) return true
    return byStore ? storeOf(one) === provider : one.targets.some((id) => ids.includes(id))
  })
  return { subjects: meant, byStore }
}

function storeOf(one: Subject | NoSubject): string | undefined {
  return 'step' in one ? one.step.provider : one.provider
}

export interface Asked {
  /** At once, whatever its end. */
  force: boolean
  /** At most so many days left; left out: as the config says of each. */
  days?: number | undefined
}

const DAY_MS = 86_400_000

/**
 * @param since when its value became the one that it is, where anybody knows
 * @returns what is known of it says that it is due, or when
 */
export function dueNow(
  subject: Subject,
  current: Current,
  since: Since | undefined,
  { force, days }: Asked,
  now: Date,
): Due {
  if (current.outcome !== 'value') return { kind: 'never' }
  const { expiresAt } = current
  if (force) return { kind: 'due', why: 'end', since: now, start: now }
  const age = {
    ...(since === undefined ? {} : { createdAt: since.at }),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
  }
  return days === undefined
    ? dueOf(subject.rotate, age, now)
    : dueOf({ before: days * DAY_MS }, age, now)
}
