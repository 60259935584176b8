/**
 * The state machine of one rotation: pure. What is durable decides what is done next, and what became of
 * it decides what is durable then; so whoever reads the journal after a crash goes on where it stopped.
 *
 * Three rules hold on every path. Nothing is promoted that has not verified since it was staged. Once it
 * is promoted there is no way back but a rollback that somebody asks for: what fails then is tried again.
 * A creation that was sent and not answered is looked for before another one is sent.
 */
import type { Action, Result, Rotation, Step } from './types.ts'

/** Tries of one step before the rotation is given up for now: 75 seconds. */
export const MOST_ATTEMPTS = 5
/** Of one that was just made, which its service may not know yet everywhere: 5 minutes 15 seconds. */
export const MOST_LOOKS = 7
/** After the point of no return, before it is left to a person: an outage of two hours is not. */
export const MOST_AFTER = 12
/** Failed rotations of one version before it is left to a person. */
export const MOST_FAILURES = 3
const FIRST_PAUSE_MS = 5_000
export const LONGEST_PAUSE_MS = 3_600_000
/** Between two looks at who still holds the old one. */
const LOOK_AGAIN_MS = 60_000
/** Between two questions to a service, or a program, that waits for somebody. */
const ASK_AGAIN_MS = 300_000

const OVER: ReadonlySet<Step> = new Set(['done', 'stuck', 'abandoned'])
const PROMOTED: ReadonlySet<Step> = new Set(['promoted', 'distributed', 'retired'])
/** Of the class `roll`, where the old one ends by itself: without the new one there would be none. */
const ROLLED: ReadonlySet<Step> = new Set(['staged', 'set', 'verified'])

export function isOver({ step }: Rotation): boolean {
  return OVER.has(step)
}

function isBeyondReturn({ step, class: kind }: Pick<Rotation, 'step' | 'class'>): boolean {
  return PROMOTED.has(step) || (kind === 'roll' && ROLLED.has(step))
}

/** What follows each step; for those that the class or a lost answer decides, see `actionOf`. */
const NEXT: Readonly<Partial<Record<Step, Action>>> = {
  planned: 'begin',
  set: 'verify',
  verified: 'promote',
  promoted: 'distribute',
  distributed: 'retire',
  retired: 'confirm',
  aborting: 'discard',
  failed: 'settle',
}

/** @returns `undefined` where nothing is left to do */
export function actionOf({ step, class: kind, open }: Rotation): Action | undefined {
  const ours = kind === 'chosen' || kind === 'slots'
  if (step === 'intent') return ours ? 'stage' : 'announce'
  if (step === 'staged') return ours ? 'set' : 'verify'
  if (step === 'creating') return open ? 'reconcile' : 'create'
  return NEXT[step]
}

const AFTER: Readonly<Record<Action, Step>> = {
  begin: 'intent',
  stage: 'staged',
  announce: 'creating',
  reconcile: 'creating',
  create: 'staged',
  set: 'set',
  verify: 'verified',
  promote: 'promoted',
  distribute: 'distributed',
  retire: 'retired',
  confirm: 'done',
  discard: 'failed',
  settle: 'planned',
}

/**
 * What is durable just before a creation, or an ending, is sent. Whoever finds it open looks for what a
 * creation may have made, and never goes back to what may have been ended.
 */
export function sending(rotation: Rotation): Rotation {
  const action = actionOf(rotation)
  return action === 'create' || action === 'retire' ? { ...rotation, open: true } : rotation
}

/** @param rotation as it was written before the action: what `sending` made of it */
export function next(rotation: Rotation, action: Action, result: Result, now: Date): Rotation {
  if (result === 'ok') return arrived(rotation, action, now)
  if (result === 'waiting') return waits(rotation, action, now)
  if ((action === 'reconcile' || action === 'discard') && result === 'unlisted') {
    return over(rotation, 'stuck', 'orphan-possible')
  }
  if ((action === 'promote' || action === 'set') && result === 'conflict') {
    // Of what is rolled the new one may be the only one that lives on.
    const stays = isBeyondReturn(rotation)
    return stays ? over(rotation, 'stuck', 'current-changed') : abort(rotation, 'current-changed')
  }
  // The old one is current again: to end it would be to end access.
  if (action === 'retire' && result === 'conflict') {
    return over(rotation, 'stuck', 'current-changed')
  }
  if (action === 'create' && result === 'unavailable') {
    // It was not done, and so left nothing behind.
    return again({ ...rotation, open: false }, result, now)
  }
  if (action === 'create' && result === 'refused') {
    return abort({ ...rotation, open: false }, 'refused')
  }
  if (action === 'discard' && result === 'conflict') return forward(rotation)
  if (result === 'refused' && !PROMOTED.has(rotation.step) && action !== 'discard') {
    return abort(rotation, 'refused')
  }
  return again(rotation, result, now)
}

function waits(rotation: Rotation, action: Action, now: Date): Rotation {
  // Who holds the old one is ours to know; all else is asked of somebody outside.
  const looked = action === 'distribute' || (action === 'retire' && !rotation.open)
  const notBefore = new Date(now.getTime() + (looked ? LOOK_AGAIN_MS : ASK_AGAIN_MS))
  // It was not made.
  return { ...rotation, notBefore, ...(action === 'create' && { open: false }) }
}

/** A person gives it up: before anything was promoted it is undone, after that it is left as it is. */
export function abandon(rotation: Rotation): Rotation {
  if (isOver(rotation)) return rotation
  if (PROMOTED.has(rotation.step)) return { ...rotation, step: 'abandoned' }
  return abort(rotation, 'abandoned')
}

/**
 * A person has the old one back, which is current again: the new one is ended, or of a value of our own
 * choice the old one is set there again. Only before anything was done to end the old one.
 *
 * @returns `undefined` where it is too late; as it always is where the old one ends by itself
 */
export function rollBack(rotation: Rotation): Rotation | undefined {
  const { step, open, class: kind } = rotation
  const lives = kind !== 'roll' && (step === 'promoted' || (step === 'distributed' && !open))
  return lives ? abort(rotation, 'rolled-back') : undefined
}

/**
 * A person has it tried again, from where something of it is left outside.
 *
 * @param rotation with when its new value became current, if it did
 */
export function resume(rotation: Rotation & { promotedAt?: Date }): Rotation {
  if (rotation.step !== 'stuck') return rotation
  const tried: Rotation = { ...due(rotation), ...resumed(rotation), attempts: 0, failures: 0 }
  if (!isWish(rotation.reason)) delete tried.reason
  return tried
}

function resumed({
  reason,
  failures,
  open,
  class: kind,
  promotedAt,
}: Parameters<typeof resume>[0]): Pick<Rotation, 'step' | 'open'> {
  if (reason === 'not-undone' || isWish(reason)) return { step: 'aborting', open }
  // Each of them was undone.
  if (failures >= MOST_FAILURES) return { step: 'planned', open: false }
  if (reason === 'orphan-possible') return { step: 'intent', open: false }
  if (kind === 'roll' && promotedAt === undefined) return { step: 'staged', open: false }
  // It was promoted, and an ending may have been sent.
  return { step: 'distributed', open: true }
}

function arrived(rotation: Rotation, action: Action, now: Date): Rotation {
  const kept = due(rotation)
  const to = { ...kept, step: AFTER[action], attempts: 0 }
  // Looking is no progress: what was asked for in vain still counts.
  if (action === 'reconcile') return { ...kept, open: false }
  if (action === 'create' || action === 'retire') return { ...to, open: false }
  // Why an earlier try failed is not said of this one.
  if (action === 'begin') delete to.reason
  if (action !== 'settle') return to
  if (isWish(rotation.reason)) return { ...to, step: 'abandoned' }
  const failures = rotation.failures + 1
  if (failures >= MOST_FAILURES) return { ...to, step: 'stuck', failures }
  return { ...to, failures, open: false, notBefore: later(now, failures) }
}

/** How often a step is tried whose last try ended so. */
export function mostTries(at: Pick<Rotation, 'step' | 'class'>, result: Result): number {
  // To be undone is as urgent as to be ended: until then service and store may not agree.
  if (PROMOTED.has(at.step) || at.step === 'aborting') return MOST_AFTER
  if (isBeyondReturn(at) && result !== 'not-yet') return MOST_AFTER
  return result === 'not-yet' ? MOST_LOOKS : MOST_ATTEMPTS
}

/** The same step another time, later; too often: before the point of no return undone, else left to a person. */
function again(rotation: Rotation, result: Result, now: Date): Rotation {
  const { step } = rotation
  const attempts = rotation.attempts + 1
  if (attempts < mostTries(rotation, result))
    return { ...rotation, attempts, notBefore: later(now, attempts) }
  if (step === 'aborting') return over(rotation, 'stuck', 'not-undone')
  if (PROMOTED.has(step)) return over(rotation, 'stuck', 'unavailable')
  if (result === 'not-yet') return abort(rotation, 'refused')
  return isBeyondReturn(rotation)
    ? over(rotation, 'stuck', 'unavailable')
    : abort(rotation, 'unavailable')
}

function abort(rotation: Rotation, reason: NonNullable<Rotation['reason']>): Rotation {
  // What was sent without an answer is looked for by the discarding, before it counts as undone.
  return { ...due(rotation), step: 'aborting', attempts: 0, reason }
}

/** What a person has decided stays so: its undoing goes on when it is tried again. */
function over(
  rotation: Rotation,
  step: 'stuck',
  reason: NonNullable<Rotation['reason']>,
): Rotation {
  const wish = isWish(rotation.reason) ? rotation.reason : undefined
  const lost = reason === 'orphan-possible'
  const orphanPossible = rotation.orphanPossible || lost
  // It was looked for. From now on a person does.
  const open = rotation.open && !lost
  return { ...due(rotation), step, reason: wish ?? reason, orphanPossible, open }
}

function isWish(reason: Rotation['reason']): boolean {
  return reason === 'abandoned' || reason === 'rolled-back'
}

/**
 * It cannot be undone, as the old one was ended by others, and the new one works: the only way is on. Often
 * enough this may not be for ever.
 */
function forward(rotation: Rotation): Rotation {
  const failures = rotation.failures + 1
  if (failures >= MOST_FAILURES) return over({ ...rotation, failures }, 'stuck', 'not-undone')
  const on: Rotation = { ...due(rotation), step: 'set', attempts: 0, failures }
  delete on.reason
  return on
}

/** Without its pause. */
function due(rotation: Rotation): Rotation {
  const copy = { ...rotation }
  delete copy.notBefore
  return copy
}

/** Doubling, bounded. */
function later(now: Date, times: number): Date {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (times - 1))
  return new Date(now.getTime() + pause)
}
