/** Rotations that should have been, and those that wait for a person. Pure. */
import { shownKey } from '../../config/problems.ts'
import { dayOf } from '../../policy/expiry.ts'
import { dueOf } from '../../rotation/due.ts'
import { helpOf, whyInWords } from '../../rotation/reasons.ts'
import { nextOpening } from '../../rotation/window.ts'
import { about } from './dates.ts'
import type { AuditFacts, BindingFact, RotationFact } from './facts.ts'
import { byText, detailOf, found, groups, placesOf, type AuditFinding } from './finding.ts'
import { environmentsInWords } from './words.ts'

/** A line of cron runs once a day. */
const PATIENCE_MS = 24 * 60 * 60 * 1000

/** By the dates that the store gives, or our own rotations; one that is stuck is told as that. */
export function judgeOverdue(facts: AuditFacts): AuditFinding[] {
  const open = new Map(facts.rotations.map((one) => [keyOf(one), one]))
  const stateOf = ({ binding: { ref }, environment }: BindingFact): RotationFact | undefined =>
    open.get(keyOf({ ref, environment }))
  const late = groups(facts.bindings, (fact) => {
    const state = stateOf(fact)
    const isTold = state !== undefined && needsPerson(state)
    const since = isTold ? undefined : overdueSince(fact, facts.now)
    return since && JSON.stringify([fact.binding.ref, since.toISOString(), state?.step])
  })
  return late.flatMap((group) => {
    const [first] = group
    const since = first && overdueSince(first, facts.now)
    if (first === undefined || since === undefined) return []
    const day = dayOf(since.toISOString())
    const step = stateOf(first)?.step
    const far = step === undefined ? '' : `, under way: ${step}`
    return about(facts, group, (ref) => ({
      code: 'rotation-overdue',
      said: `since ${day}${far}`,
      message: `by its rule "${ref}" was to be replaced from ${day} on, and it still has the same value`,
    }))
  })
}

/** @returns when it could have begun, where that is longer ago than whoever does it is slow */
function overdueSince(
  { covered, rule, fetched, since, decision }: BindingFact,
  now: Date,
): Date | undefined {
  if (!covered || rule === undefined || fetched?.outcome !== 'value') return undefined
  const { window, ...times } = rule
  const { expiresAt } = decision
  const made = since ?? (fetched.createdAt === undefined ? undefined : new Date(fetched.createdAt))
  const age = {
    ...(made === undefined ? {} : { createdAt: made }),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
  }
  const due = dueOf(times, age, now)
  if (due.kind !== 'due' || !isLate(due.since, now)) return undefined
  // A window that does not open is no reason to wait.
  const start = window === undefined ? due.since : (nextOpening(window, due.since) ?? due.since)
  return isLate(start, now) ? start : undefined
}

function isLate(at: Date, now: Date): boolean {
  return now.getTime() - at.getTime() > PATIENCE_MS
}

export function judgeStuck({ rotations, bindings, placed, ...facts }: AuditFacts): AuditFinding[] {
  return rotations.filter(needsPerson).map((one) => {
    const { ref, environment, reason, failures, since, cutOff } = one
    const shown = shownKey(ref)
    const entries = placed.filter((entry) => {
      const own = entry.at[0] === 'environments' ? entry.at[1] : facts.home
      return entry.ref === ref && own === environment
    })
    const slots = bindings.filter(
      (slot) => slot.binding.ref === ref && slot.environment === environment,
    )
    const ats = (entries.length > 0 ? entries : slots)
      .map(({ at }) => at)
      .toSorted((a, b) => byText(JSON.stringify(a), JSON.stringify(b)))
    const day = dayOf(since.toISOString())
    const why = whyOf(one)
    return found({
      code: 'rotation-stuck',
      subject: shown,
      ref: shown,
      environment,
      ...detailOf(`since ${day}`, environmentsInWords([environment], facts.environments)),
      message: `the rotation of "${shown}" is left to a person${why === undefined ? '' : `: ${why}`}`,
      hint: cutOff?.hint ?? helpOf({ ref: shown, reason, failures }),
      places: ats.length > 0 ? placesOf(ats, facts.place) : [{ file: facts.config }],
    })
  })
}

/** Nobody goes on with it by himself. */
function needsPerson({ step, cutOff }: RotationFact): boolean {
  return step === 'stuck' || cutOff !== undefined
}

function whyOf({ step, reason, met, cutOff }: RotationFact): string | undefined {
  const why = step === 'stuck' ? whyInWords(reason, met) : undefined
  if (cutOff === undefined) return why
  return why === undefined ? cutOff.message : `${why}, and ${cutOff.message}`
}

function keyOf({ ref, environment }: { ref: string; environment: string }): string {
  return JSON.stringify([environment, ref])
}
