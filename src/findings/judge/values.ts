/** What fetching has shown: not resolved, one value twice, a form or a service that does not fit. Pure. */
import { shownKey } from '../../config/problems.ts'
import type { AuditFacts, BindingFact } from './facts.ts'
import {
  counted,
  detailOf,
  found,
  groups,
  listed,
  sharedFields,
  sorted,
  type AuditFinding,
} from './finding.ts'
import { mismatchOf, type TargetMismatch } from './mismatch.ts'
import { environmentsInWords, shownText } from './words.ts'

/** Dates and capabilities deny too, and have findings of their own; so has a ref that is not known. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set([
  'EXPIRED',
  'CAPABILITY_MISSING',
  'REF_UNKNOWN',
])

/** One for each ref; but an outage is one of the provider, however many refs it holds. */
export function judgeUnresolved(facts: AuditFacts): AuditFinding[] {
  const denied = groups(facts.bindings, ({ covered, environment, decision, fetched, binding }) => {
    if (!covered || decision.allow || TOLD_ELSEWHERE.has(decision.code)) return undefined
    const outage = fetched?.outcome === 'failure' && fetched.kind === 'unavailable'
    const what = outage ? ['', fetched.provider] : [binding.ref, '']
    return JSON.stringify([...what, environment, decision.code, decision.reason])
  })
  return denied.flatMap((group) => {
    const [first] = group
    if (first === undefined || first.decision.allow) return []
    const { binding, decision, environment } = first
    const shared = sharedFields(group, facts.place)
    const provider = first.fetched?.provider
    const many = counted(shared.refs ?? [], 'refs')
    return found({
      code: 'unresolved',
      ...shared,
      subject: many ?? shownKey(binding.ref),
      ...detailOf(
        decision.code,
        many === undefined ? undefined : provider,
        environmentsInWords([environment], facts.environments),
        counted(shared.agents ?? [], 'agents'),
      ),
      message:
        many === undefined || provider === undefined
          ? shownText(decision.message, binding)
          : `provider "${provider}" could not be asked for ${many}`,
      hint: shownText(decision.hint, binding),
    })
  })
}

/** By fingerprint, which was made where the values are; values themselves are never compared here. */
export function judgeShared(facts: AuditFacts): AuditFinding[] {
  const byValue = groups(facts.bindings, ({ covered, fetched }) =>
    covered && fetched?.outcome === 'value' ? fetched.fingerprint : undefined,
  )
  return byValue.flatMap((group) => {
    const refs = sorted(group.map(({ binding }) => shownKey(binding.ref)))
    if (sorted(group.map(({ binding }) => binding.ref)).length < 2) return []
    const shared = sharedFields(group, facts.place)
    return found({
      code: 'shared-value',
      ...shared,
      subject: listed(refs),
      ...detailOf('one value', counted(shared.agents ?? [], 'agents')),
      message: `${listed(refs)} have one and the same value`,
    })
  })
}

/** Names by which people mean what is real. */
const PRODUCTION = /^(?:prod|production|live)$/i

export function judgeAcrossEnvironments(facts: AuditFacts): AuditFinding[] {
  const byRefAndValue = groups(facts.bindings, ({ covered, fetched, binding }) =>
    covered && fetched?.outcome === 'value'
      ? JSON.stringify([binding.ref, fetched.fingerprint])
      : undefined,
  )
  return byRefAndValue.flatMap((group) => {
    const environments = sorted(group.map(({ environment }) => environment))
    const [first] = group
    const real = environments.some((name) => PRODUCTION.test(name))
    if (first === undefined || !real || environments.length < 2) return []
    const subject = shownKey(first.binding.ref)
    const shared = sharedFields(group, facts.place)
    return found({
      code: 'shared-across-environments',
      ...shared,
      subject,
      ...detailOf(environments.join(', '), counted(shared.agents ?? [], 'agents')),
      message: `"${subject}" has one and the same value in ${environments.join(' and ')}`,
    })
  })
}

/** The verdict was made where the value is, and crosses as one word. */
export function judgeFormat(facts: AuditFacts): AuditFinding[] {
  const misfits = groups(facts.bindings, ({ covered, fetched, binding }) =>
    covered && fetched?.outcome === 'value' && fetched.form === 'unfit'
      ? JSON.stringify([binding.ref, binding.target])
      : undefined,
  )
  return misfits.flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { ref, target } = first.binding
    const subject = shownKey(ref)
    const shared = sharedFields(group, facts.place)
    const environments = shared.environments ?? [first.environment]
    return found({
      code: 'format-mismatch',
      ...shared,
      subject,
      ...detailOf(
        `not the form of ${target}`,
        environmentsInWords(environments, facts.environments),
        counted(shared.agents ?? [], 'agents'),
      ),
      message: `the value of "${subject}" does not have the form of a credential for ${target}`,
    })
  })
}

export function judgeTargets(facts: AuditFacts): AuditFinding[] {
  const mismatched = (fact: BindingFact): TargetMismatch | undefined => {
    const { tool, envVar, ref } = fact.binding
    return mismatchOf({ service: fact.service, tool, envVar, ref }, facts.services)
  }
  const wrong = groups(facts.bindings, (fact) => {
    const mismatch = fact.covered ? mismatched(fact) : undefined
    if (mismatch === undefined) return undefined
    const { ref, tool } = fact.binding
    return JSON.stringify([ref, tool, mismatch.stated, mismatch.expected])
  })
  return wrong.flatMap((group) => {
    const [first] = group
    const mismatch = first === undefined ? undefined : mismatched(first)
    if (first === undefined || mismatch === undefined) return []
    return targetFinding(first, mismatch, sharedFields(group, facts.place))
  })
}

function targetFinding(
  { binding }: BindingFact,
  { stated, expected, by }: TargetMismatch,
  shared: ReturnType<typeof sharedFields>,
): AuditFinding[] {
  const subject = shownKey(binding.ref)
  return [
    found({
      code: 'target-mismatch',
      ...shared,
      subject,
      ...detailOf(`${by} says ${stated}, not ${expected}`, counted(shared.agents ?? [], 'agents')),
      message: `${by} says that "${subject}" of tool "${binding.tool}" is for ${stated}, its other names that it is for ${expected}`,
    }),
  ]
}
