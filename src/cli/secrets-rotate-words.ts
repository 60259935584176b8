/** What `secrets rotate` says of each ref. */
import { SecretRefError } from '../errors.ts'
import { signText, type Sign } from '../gateway/status.ts'
import { goneInWords, type Gone } from '../gateway/rotate/gone.ts'
import type { Planned } from '../gateway/rotate/plan.ts'
import { reasonOf, standingOf, type CameTo } from '../gateway/rotate/tell.ts'
import { dayOf, isPast, whenOf } from '../policy/expiry.ts'
import { mostTries } from '../rotation/machine.ts'
import { helpOf, REASON_WORDS, stoppedBy } from '../rotation/reasons.ts'
import type { Rotation } from '../rotation/types.ts'
import { printable, type Io } from './io.ts'
import { APART, heldHint, isApart } from './rotation-words.ts'
import type { Can, Outcome } from './secrets-rotate.ts'
import { table } from './table.ts'

interface Words {
  sign: Sign
  text: string
  hint?: string | undefined
}

/** Which refs are meant, by what driver, and what is to be done with each now. */
export function planTable(planned: readonly Planned[], now: Date): string {
  const rows = planned.map((one) => {
    if (one.kind === 'cannot') {
      const { ref, targets, problem } = one.subject
      return [ref, '-', targets.join(', ') || '-', '-', `cannot be rotated: ${problem.message}`]
    }
    const { subject, current } = one
    const end = current?.outcome === 'value' ? current.expiresAt : undefined
    return [
      subject.ref,
      subject.driver,
      subject.targets.join(', ') || '-',
      end === undefined ? '-' : dayOf(end),
      verdict(one, now),
    ]
  })
  return table([['REF', 'DRIVER', 'SERVICE', 'ENDS', 'NOW'], ...rows])
}

function verdict({ subject, current, since, due, open, todo }: Can, now: Date): string {
  if (open !== undefined && open.step !== 'planned') {
    if (open.step === 'stuck') return 'stuck: secretref secrets rotation status'
    if (todo) return `goes on: ${open.step}`
    return `under way: ${open.step}`
  }
  if (current === undefined) return '-'
  if (current.outcome === 'failed') return `cannot be read: ${current.message} [${current.code}]`
  const { expiresAt, endOfBefore } = current
  const end =
    expiresAt === undefined
      ? endOfBefore === undefined
        ? 'no end is known'
        : `the config's "expiresAt", ${dayOf(endOfBefore)}, was said of the value before: move it`
      : isPast(expiresAt, now)
        ? 'it has ended'
        : `ends ${whenOf(expiresAt, now)}`
  switch (due.kind) {
    case 'due':
      if (due.start > now) return `due, waits for its window: ${minute(due.start)}`
      return due.why === 'age' && since !== undefined
        ? `due (${sinceInWords(since)})`
        : `due (${end})`
    case 'later': {
      const by = due.why === 'age' && since !== undefined ? `${sinceInWords(since)}; ` : ''
      return `not due before ${dayOf(due.at.toISOString())} (${by}${end})`
    }
    case 'shut':
      return 'due, and its window does not open within two weeks'
    case 'never':
      return subject.rotate.every === undefined || since !== undefined
        ? `not due (${end})`
        : 'not due: nobody says how old it is; it counts from the first look of a gateway, or of a run that is not dry'
    default:
      return due satisfies never
  }
}

function sinceInWords({ at, by }: NonNullable<Can['since']>): string {
  const words = { store: 'made', rotation: 'rotated', seen: 'first seen' }
  return `${words[by]} ${dayOf(at.toISOString())}`
}

function minute(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** A try that failed, and when the next one is. */
export function triedInWords(
  subject: Can['subject'],
  now: Date,
  rotation: Rotation,
  last: CameTo['last'],
  until: Date,
): string {
  const why = reasonOf(subject, last)?.message ?? 'it could not be done'
  const most = mostTries(rotation, last.result ?? 'unknown')
  const ms = Math.max(0, until.getTime() - now.getTime())
  return `${subject.ref}: tried ${rotation.attempts} of ${most}: ${why}; again in ${Math.ceil(ms / 1000)} s; Ctrl-C leaves it to the next run`
}

export function outcomeText(io: Io, outcome: Outcome): string {
  const { sign, text, hint } = wordsOf(outcome)
  const lines = [`${signText(sign, io.signs)} ${outcome.planned.subject.ref}: ${text}`]
  if (hint !== undefined) lines.push(`   hint: ${hint}`)
  if (isHalfDone(outcome)) lines.push(`   hint: ${HALF_DONE}`)
  return lines.map((line) => `${printable(line)}\n`).join('')
}

/** After a leak one that was under way is joined, and what it has made is replaced when that is over. */
function isHalfDone({ planned: { open }, rotated, revokeNow }: Outcome): boolean {
  if (revokeNow !== true || open === undefined || rotated instanceof SecretRefError) return false
  if (rotated.kind === 'held') return open.promotedAt !== undefined
  const { id, step, promotedAt } = rotated.rotation
  return id === open.id && promotedAt !== undefined && step !== 'done'
}

const HALF_DONE =
  'what is current was made by the rotation that was under way, and is not replaced yet: if it leaked too, run this again when the old one is ended'

function wordsOf({ planned: { subject }, rotated }: Outcome): Words {
  if (rotated instanceof SecretRefError) {
    return { sign: 'bad', text: `${rotated.message} [${rotated.code}]`, hint: rotated.hint }
  }
  if (rotated.kind === 'held') {
    return {
      sign: 'attention',
      text: `process ${rotated.pid} is rotating it, and has not ended in time`,
      hint: heldHint(rotated.pid, subject.ref),
    }
  }
  const { rotation, holders, until } = rotated
  const why = reasonOf(subject, rotated.last)
  // A store that holds another value by now gives no reason of its own.
  const words = why?.message ?? (rotation.reason && REASON_WORDS[rotation.reason])
  const message = words === undefined ? '' : `: ${words}`
  const code = rotated.last.code === undefined ? '' : ` [${rotated.last.code}]`
  switch (standingOf(rotated)) {
    case 'done':
      return {
        ...moveEnd(subject),
        ...leftBeside(rotated),
        text: `rotated, ${versions(rotated)}${ended(subject, rotated.last)}`,
      }
    case 'lives-on': {
      if (rotated.overdue === true) {
        return {
          sign: 'attention',
          text: `rotated, and the old one of version ${rotation.from}, which is to end at once, is not ended yet${message}${code}`,
          hint: why?.hint ?? 'the gateway ends it, or the next `secretref secrets rotate`',
        }
      }
      const who = holders.length === 0 ? '' : ` for ${holders.join(', ')}`
      const end = until === undefined ? '' : `, until ${minute(until)} at the longest`
      return {
        hint: 'the gateway ends it, or the next `secretref secrets rotate`',
        ...moveEnd(subject),
        text: `rotated, the old one of version ${rotation.from} lives on${who}${end}`,
      }
    }
    case 'not-ended':
      return {
        sign: 'attention',
        text: `rotated, and the old one of version ${rotation.from} is not ended${message}${code}`,
        hint: `${why?.hint ?? 'the gateway tries it again, or the next `secretref secrets rotate`'}; it is tried ${mostTries(rotation, 'unknown')} times, then it is left to a person`,
      }
    case 'bring':
    case 'expire':
      return { sign: 'attention', text: why?.message ?? 'a person is needed', hint: why?.hint }
    case 'failed':
      if (rotation.step === 'aborting') {
        const leave = `or give it up as it stands: secretref secrets rotation abandon ${rotation.ref} --leave`
        // Undone would be what they have set.
        const mend =
          rotated.last.reason === 'current-changed'
            ? 'its service must take what the ref holds now'
            : (why?.hint ?? 'see its service')
        return {
          sign: 'bad',
          text: `what was begun is not undone yet${message}${code}`,
          hint: `${mend}; the next run tries it again; ${leave}`,
        }
      }
      return {
        sign: 'bad',
        text: `not rotated${message}${code}`,
        hint: why?.hint ?? 'what was begun is undone; it is tried again later',
      }
    case 'stuck':
      return {
        sign: 'bad',
        text: `stuck${message}${code}`,
        hint: helpOf({ ...rotation, reason: stoppedBy(rotation) }),
      }
    case 'abandoned':
      return undoneInWords(subject, rotated)
    case 'again':
      return {
        sign: 'attention',
        text: `under way (${rotation.step})${message}${code}`,
        hint: isApart(rotation)
          ? `${APART}: run now: secretref secrets rotate --ref ${rotation.ref}`
          : 'the gateway goes on with it, or the next `secretref secrets rotate`',
      }
    default:
      throw new TypeError('a rotation stands nowhere')
  }
}

/** What a person has made at the service, only a person ends there. */
function undoneInWords({ guided }: Can['subject'], { rotation, version, beside }: CameTo): Words {
  const isBack = rotation.reason === 'rolled-back'
  const now = version === undefined ? 'the old value' : `version ${version}`
  const back =
    beside === true
      ? 'not rolled back: somebody has set another value meanwhile, which stays'
      : `rolled back, ${now} is current`
  if (rotation.class === 'roll') {
    const own = 'where one was made, its service ends what is current by itself'
    return { sign: 'attention', text: `given up; ${own}`, hint: 'see that it works' }
  }
  if (!guided) {
    return {
      sign: isBack && beside === true ? 'attention' : 'none',
      text: isBack ? `${back}; the new one is ended` : 'given up; what was begun is undone',
    }
  }
  return {
    sign: 'attention',
    text: isBack
      ? `${back}; the new one is not ended: it is yours to end at its service`
      : 'given up; what was brought is not used, and is yours to end at its service',
  }
}

/** Nobody uses what the rotation made: it is for whoever has set another one to end. */
function leftBeside({ left, rotation: { ref } }: CameTo): Partial<Words> {
  if (left === undefined) return {}
  const name = left === '' ? 'what the rotation made' : `what the rotation made, ${left},`
  return {
    sign: 'attention',
    hint: `somebody has set another value of ${ref} meanwhile: ${name} still lives at its service, and is yours to end`,
  }
}

/** The new one is not delivered after a day that was said of the old one. */
function moveEnd({ statedEnd }: Can['subject']): Pick<Words, 'sign'> & { hint?: string } {
  if (statedEnd === undefined) return { sign: 'good' }
  return {
    sign: 'attention',
    hint: `the config's "expiresAt", ${dayOf(statedEnd)}, was said of the value before, and nobody is given the new one after it: move it, or take it out`,
  }
}

function versions({ rotation: { from }, version }: CameTo): string {
  return version === undefined ? `version ${from} is replaced` : `version ${version} (was ${from})`
}

/** One of our own choice died when the new one was set; nobody had to end it. */
function ended({ guided, class: kind }: Can['subject'], { reason }: CameTo['last']): string {
  if (reason === 'unverified') {
    const unasked = '; its service was not asked, neither about it nor about the old one'
    return guided ? `${unasked}, which is yours to end there` : unasked
  }
  if (guided) return '; the old one is refused now'
  return kind === 'chosen' ? '' : '; the old one is ended'
}

/** Whether somebody has to do something. */
export function needsSomebody(planned: readonly Planned[], outcomes: readonly Outcome[]): boolean {
  const stuck = planned.some((one) => one.kind === 'can' && one.open?.step === 'stuck')
  const signs = new Set(outcomes.map((one) => wordsOf(one).sign))
  return stuck || signs.has('attention') || signs.has('bad')
}

/** Refs whose provider did not say what they hold; `empty`: that they hold nothing. */
export function unreadOf(planned: readonly Planned[]): { empty: string[]; unread: string[] } {
  const failed = planned.flatMap((one) =>
    one.kind === 'can' && one.current?.outcome === 'failed'
      ? [{ ref: one.subject.ref, isEmpty: one.current.code === 'SECRET_NOT_FOUND' }]
      : [],
  )
  return {
    empty: failed.filter(({ isEmpty }) => isEmpty).map(({ ref }) => ref),
    unread: failed.filter(({ isEmpty }) => !isEmpty).map(({ ref }) => ref),
  }
}

/** One that is under way, and that nobody can go on with. */
export function goneText(io: Io, one: Gone): string {
  const { message, hint } = goneInWords(one)
  const line = `${signText('bad', io.signs)} ${one.ref}: under way (${one.step}), and ${message}`
  return `${printable(line)}\n${printable(`   hint: ${hint}`)}\n`
}

export function asJson(
  planned: readonly Planned[],
  outcomes: readonly Outcome[],
  gone: readonly Gone[],
): object {
  const results = new Map(outcomes.map((one) => [one.planned, one.rotated]))
  return {
    version: 1,
    refs: planned.map((one) => {
      if (one.kind === 'cannot') {
        const { ref, targets, problem } = one.subject
        return { ref, targets, code: problem.code, message: problem.message }
      }
      const { subject, current, since, due, open, todo } = one
      const end = current?.outcome === 'value' ? current.expiresAt : undefined
      return {
        ref: subject.ref,
        environment: subject.environment,
        provider: subject.step.provider,
        targets: subject.targets,
        driver: subject.driver,
        class: subject.class,
        ...(current?.outcome === 'value' ? { from: current.secret.version } : {}),
        ...(current?.outcome === 'failed' ? { code: current.code, message: current.message } : {}),
        ...(open === undefined ? {} : { from: open.from }),
        ...(end === undefined ? {} : { expiresAt: end }),
        ...(since === undefined ? {} : { since: since.at.toISOString(), sinceBy: since.by }),
        due: due.kind,
        ...(open === undefined ? {} : { step: open.step }),
        todo,
        ...resultOf(one, results.get(one)),
      }
    }),
    ...(gone.length === 0
      ? {}
      : {
          gone: gone.map((one) => {
            const { id, ref, environment, step } = one
            return { rotation: id, ref, environment, step, message: goneInWords(one).message }
          }),
        }),
  }
}

function resultOf(planned: Can, rotated: Outcome['rotated'] | undefined): object {
  if (rotated === undefined) return {}
  if (rotated instanceof SecretRefError) {
    return { result: 'error', code: rotated.code, message: rotated.message }
  }
  if (rotated.kind === 'held') return { result: 'held', pid: rotated.pid }
  const { rotation, last, version, holders, until, overdue } = rotated
  const why = reasonOf(planned.subject, last)
  return {
    result: standingOf(rotated),
    rotation: rotation.id,
    step: rotation.step,
    ...(last.code === undefined ? {} : { code: last.code }),
    ...(last.reason === undefined ? {} : { reason: last.reason }),
    ...(last.whose === undefined ? {} : { whose: last.whose }),
    ...(last.program === undefined ? {} : { program: last.program }),
    ...(why === undefined ? {} : { message: why.message }),
    ...(version === undefined ? {} : { version }),
    ...(holders.length === 0 ? {} : { holders }),
    ...(until === undefined ? {} : { until: until.toISOString() }),
    ...(overdue === undefined ? {} : { overdue }),
  }
}
