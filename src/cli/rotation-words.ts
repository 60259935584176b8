/** A ref's rotation as commands show it: its rule, how far one has come, when the last one was. */
import { placedRefs } from '../config/accessors.ts'
import { ROTATION_DRIVERS } from '../config/drivers.generated.ts'
import type { Config } from '../config/types.ts'
import type { Answered } from '../gateway/rotate/answered.ts'
import { subjectsOf } from '../gateway/rotate/subjects.ts'
import type { Planner } from '../plan/plan.ts'
import type { Explanation } from '../policy/explain.ts'
import type { Journalled } from '../rotation/journalled.ts'
import type { KnownRotation } from '../rotation/known.ts'
import { helpOf, REASON_WORDS, stoppedBy, whyInWords } from '../rotation/reasons.ts'
import type { DriverClass } from '../rotation/types.ts'

/** What a ref's `rotate` says, times as they are written. */
export interface ShownRule {
  /** As written, else the one of its service, else `guided`; left out where the ref points nowhere. */
  driver?: string
  class?: DriverClass
  /** A person brings the new value. */
  guided?: true
  before?: string
  every?: string
  window?: string
  grace?: string
}

export interface ShownRotation extends KnownRotation {
  answered?: Answered
}

/** @returns of a ref its rule; nothing where its entry has none */
export function rulesOf(
  config: Config,
  planner: Planner,
  environment: string | undefined,
): (ref: string) => ShownRule | undefined {
  if (!placedRefs(config).some(({ entry }) => entry.rotate !== undefined)) return () => undefined
  const subjects = new Map(
    subjectsOf(config, planner, environment).map((subject) => [subject.ref, subject]),
  )
  return (ref) => {
    const rotate = planner.route(ref).entry?.rotate
    if (rotate === undefined) return undefined
    const rule: ShownRule = {}
    const subject = subjects.get(ref)
    if (subject !== undefined && 'driver' in subject) {
      rule.driver = subject.driver
      rule.class = subject.class
      if (subject.guided) rule.guided = true
    }
    for (const name of ['every', 'before', 'window', 'grace'] as const) {
      const written = rotate[name]
      if (typeof written === 'string') rule[name] = written
    }
    return rule
  }
}

/** `by postgres-users: every 30d, in Sun 02:00-05:00 Europe/Berlin; the old one lives 1h` */
export function ruleInWords({ driver, guided, before, every, window, grace }: ShownRule): string {
  const own = driver === undefined || driver === 'guided' ? '' : ` (${driver})`
  const who = guided === true ? `by a person${own}` : `by ${driver ?? 'nobody: it points nowhere'}`
  const when = [
    ...(every === undefined ? [] : [`every ${every}`]),
    ...(before === undefined ? [] : [`${before} before its end`]),
  ]
  const times = when.length === 0 ? 'when it is asked for' : when.join(', ')
  const within = window === undefined ? '' : `, in ${window}`
  return `${who}: ${times}${within}${grace === undefined ? '' : `; the old one lives ${grace}`}`
}

/** One word or two for a table; `undefined` where none is under way. */
export function underWayInShort({ open }: KnownRotation): string | undefined {
  return open && `rotation: ${open.step}`
}

/** Label and text of each line about one ref; none where there is nothing to tell. */
export function rotationLines(
  rule: ShownRule | undefined,
  { open, last, answered }: ShownRotation,
): [string, string][] {
  const lines: [string, string][] = []
  if (rule !== undefined) lines.push(['rotation', ruleInWords(rule)])
  if (open !== undefined) {
    const since = toSecond(open.beganAt)
    lines.push(['under way', `${open.step}, since ${since}; ${nextInWords(open, answered)}`])
  }
  if (last !== undefined) {
    const to = last.to ?? 'one that has no name'
    lines.push(['rotated', `${toSecond(last.at)}, from version ${last.from} to ${to}`])
  }
  return lines
}

/** For programs; `undefined` where there is nothing to tell. */
export function rotationJson(
  rule: ShownRule | undefined,
  { open, last, answered }: ShownRotation,
): object | undefined {
  if (rule === undefined && open === undefined && last === undefined) return undefined
  return {
    ...(rule && { rule }),
    ...(open && { underWay: { ...openJson(open), ...answerJson(answered) } }),
    ...(last && { last: { ...last, at: last.at.toISOString() } }),
  }
}

/** What a rotation's last answer was, and what is said of it; nothing where that went well. */
export function answerJson(answered: Answered | undefined): object {
  return answered === undefined ? {} : { answer: { ...answered.answer, ...answered.why } }
}

function openJson({ id, step, beganAt, from, reason, notBefore }: Journalled): object {
  return {
    rotation: id,
    step,
    since: beganAt.toISOString(),
    from,
    ...(reason && { reason }),
    ...(notBefore && { notBefore: notBefore.toISOString() }),
  }
}

/**
 * Why it is where it is, what helps, and when it is tried next.
 *
 * @param answered its last answer, where that took it no further
 */
export function nextInWords(one: Journalled, answered?: Answered): string {
  const { step, ref, driver, attempts, failures } = one
  const reason = stoppedBy(one)
  if (step === 'done') return '-'
  if (step === 'abandoned') return reason === undefined ? 'given up' : REASON_WORDS[reason]
  const met = metBy(one, answered)
  const words: string[] = []
  const why = whyInWords(reason, met?.message)
  if (why !== undefined) words.push(why)
  if (met?.message !== undefined && met.message !== why) words.push(met.message)
  if (step === 'stuck')
    return [...words, helpOf({ ref, reason, failures, class: one.class })].join('; ')
  if (met?.hint !== undefined) words.push(met.hint)
  if (isApart(one)) words.push(APART)
  if (attempts > 0) words.push(`tried ${attempts === 1 ? 'once' : `${attempts} times`}`)
  words.push(whenInWords(one, ROTATION_DRIVERS[driver]?.guided === true))
  return words.join('; ')
}

/** Of one user one password: the service may have taken the new one already. */
export function isApart({
  class: kind,
  driver,
  step,
  attempts,
}: Pick<Journalled, 'class' | 'driver' | 'step' | 'attempts'>): boolean {
  const begun = step === 'set' || step === 'verified' || (step === 'staged' && attempts > 0)
  return kind === 'chosen' && driver !== OF_NOBODY && begun
}

/** A value of this driver no service was told of. */
const OF_NOBODY = 'generate'

export const APART = 'its service may take the new value only, and the ref holds the old one'

/** What its last answer says. Of one that is given up only how the undoing went. */
function metBy(
  { reason }: Journalled,
  answered: Answered | undefined,
): Partial<Explanation> | undefined {
  if (answered === undefined) return undefined
  const { answer, why } = answered
  const givenUp = reason === 'abandoned' || reason === 'rolled-back'
  if (givenUp && answer.did !== 'discard') return undefined
  const silent = answer.result === 'unknown' && answer.code === undefined
  return why ?? (silent ? { message: 'whether its last step was done is not known' } : undefined)
}

function whenInWords({ step, ref, notBefore }: Journalled, guided: boolean): string {
  const bring = `secretref secrets rotate --ref ${ref} --force`
  if (guided && (step === 'creating' || step === 'intent')) return `waits for a person: ${bring}`
  if (guided && step === 'planned') return `begins anew when it is due, or: ${bring}`
  return notBefore === undefined ? 'goes on with the next run' : `not before ${toSecond(notBefore)}`
}

/** What helps while process `pid` is at a ref's rotation. */
export function heldHint(pid: number, ref: string): string {
  return `wait until process ${pid} has ended it, or stop that process, then run this again; secretref secrets rotation status shows how far ${ref} is`
}

export function toSecond(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`
}
