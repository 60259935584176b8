/** What dates say of credentials: ended, ending, without an end, not replaced for long. Pure. */
import { shownKey } from '../../config/problems.ts'
import { dayOf, daysUntil, isPast, whenOf } from '../../policy/expiry.ts'
import type { AuditFacts, BindingFact } from './facts.ts'
import {
  counted,
  detailOf,
  found,
  groups,
  inDays,
  sharedFields,
  type AuditFinding,
} from './finding.ts'
import { environmentsInWords } from './words.ts'

/** By ref and date: one value in several environments and agents is one finding. */
export function judgeExpiry(facts: AuditFacts): AuditFinding[] {
  const { now, limits } = facts
  const dated = groups(facts.bindings, ({ covered, binding, decision }) => {
    const { expiresAt } = decision
    if (!covered || expiresAt === undefined) return undefined
    const near = isPast(expiresAt, now) || daysUntil(expiresAt, now) <= limits.expiring
    return near ? JSON.stringify([binding.ref, expiresAt]) : undefined
  })
  const endless = groups(facts.bindings, ({ covered, binding, fetched, decision }) =>
    covered && fetched?.outcome === 'value' && decision.allow && decision.expiresAt === undefined
      ? binding.ref
      : undefined,
  )
  return [
    ...dated.flatMap((group) => {
      const expiresAt = group[0]?.decision.expiresAt
      return expiresAt === undefined ? [] : ending(facts, group, expiresAt)
    }),
    ...endless.flatMap((group) =>
      about(facts, group, (ref) => ({
        code: 'no-expiry',
        said: undefined,
        message: `neither the config nor the store says when "${ref}" ends`,
      })),
    ),
  ]
}

function ending(facts: AuditFacts, group: readonly BindingFact[], date: string): AuditFinding[] {
  const day = dayOf(date)
  if (isPast(date, facts.now)) {
    return about(facts, group, (ref) => ({
      code: 'expired',
      said: `since ${day}`,
      message: `"${ref}" expired on ${day} and is delivered to nobody`,
      hint: 'if its value is new already, correct its expiresAt in the config; else get a new credential, store it with `secretref secrets set`, and correct it then',
    }))
  }
  const when = whenOf(date, facts.now)
  return about(facts, group, (ref) => ({
    code: 'expiring',
    said: `${when}, ${day}`,
    message: `"${ref}" expires ${when}, ${day}`,
  }))
}

/** By the date that the store gives; one that gives none says nothing. */
export function judgeRotation(facts: AuditFacts): AuditFinding[] {
  const { now, limits } = facts
  const old = groups(facts.bindings, ({ covered, binding, fetched }) => {
    const createdAt = fetched?.outcome === 'value' ? fetched.createdAt : undefined
    if (!covered || createdAt === undefined) return undefined
    return -daysUntil(createdAt, now) > limits.maxAge
      ? JSON.stringify([binding.ref, createdAt])
      : undefined
  })
  return old.flatMap((group) => {
    const fetched = group[0]?.fetched
    const createdAt = fetched?.outcome === 'value' ? fetched.createdAt : undefined
    if (createdAt === undefined) return []
    const days = -daysUntil(createdAt, now)
    return about(facts, group, (ref) => ({
      code: 'not-rotated',
      said: `${inDays(days)}, since ${dayOf(createdAt)}`,
      message: `the value of "${ref}" is ${inDays(days)} old, more than ${limits.maxAge}`,
    }))
  })
}

/** One finding about a ref, with what its bindings share. */
export function about(
  { environments, place }: AuditFacts,
  group: readonly BindingFact[],
  say: (ref: string) => {
    code: AuditFinding['code']
    said: string | undefined
    message: string
    hint?: string
  },
): AuditFinding[] {
  const [first] = group
  if (first === undefined) return []
  const ref = shownKey(first.binding.ref)
  const { said, ...rest } = say(ref)
  const shared = sharedFields(group, place)
  const names = shared.environments ?? [first.environment]
  return [
    found({
      ...rest,
      ...shared,
      subject: ref,
      ...detailOf(
        said,
        environmentsInWords(names, environments),
        counted(shared.agents ?? [], 'agents'),
      ),
    }),
  ]
}
