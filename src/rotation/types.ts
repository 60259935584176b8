/** The words of a rotation. Types and closed lists only: read in both wings. */

/**
 * How a service lets a credential be replaced.
 *
 * - `chosen`: we choose the value and set it there; from then on the one before is dead (a database user's
 *   password).
 * - `issued`: the service makes a new one beside the old, which lives until it is revoked (an access key).
 * - `slots`: there are two, of which one is idle; the idle one is set and becomes the used one (two users).
 * - `roll`: the service replaces it and lets the old one live for a time of its own.
 */
export const CLASSES = ['chosen', 'issued', 'slots', 'roll'] as const
export type DriverClass = (typeof CLASSES)[number]

/** What is durable of a rotation. Each is written before the outside is touched again. */
export const STEPS = [
  'planned',
  'intent',
  'creating',
  'staged',
  'set',
  'verified',
  'promoted',
  'distributed',
  'retired',
  'done',
  'aborting',
  'failed',
  'stuck',
  'abandoned',
] as const
export type Step = (typeof STEPS)[number]

/**
 * What is to be done next.
 *
 * `begin`: write the intent · `stage`: choose a value and seal it · `announce`: write that a credential is
 * about to be created · `reconcile`: look for one that a lost answer left behind, and revoke it · `create`:
 * have one made, seal the answer · `set`: set the sealed value there · `verify`: sign in with it, as the
 * same account · `promote`: make it current, compare and set · `distribute`: tell who holds the old one ·
 * `retire`: end the old one · `confirm`: see that the old one is refused · `discard`: end the new one, or
 * set the current one again · `settle`: count a failure
 */
export const ACTIONS = [
  'begin',
  'stage',
  'announce',
  'reconcile',
  'create',
  'set',
  'verify',
  'promote',
  'distribute',
  'retire',
  'confirm',
  'discard',
  'settle',
] as const
export type Action = (typeof ACTIONS)[number]

/**
 * What became of it. `refused`: a final no, or a value that is not the same account's. `unavailable`: it
 * was not done. `unknown`: it was sent and no answer came. `conflict`: another one is current by now.
 * `unlisted`: the service cannot say what it has made. `not-yet`: a fresh one is not taken yet, or an
 * ended one still is, as services need a while to know. `waiting` is no failure: agents hold the old one
 * and its grace is not over, a person has to bring the new one, or the old one is not ended by us.
 */
export const RESULTS = [
  'ok',
  'waiting',
  'not-yet',
  'refused',
  'unavailable',
  'unknown',
  'conflict',
  'unlisted',
] as const
export type Result = (typeof RESULTS)[number]

export const ROTATION_REASONS = [
  'refused',
  'unavailable',
  'current-changed',
  'orphan-possible',
  'not-undone',
  'abandoned',
  'rolled-back',
] as const
export type RotationReason = (typeof ROTATION_REASONS)[number]

export interface Rotation {
  /** Of ref, the version that is replaced, and how often that was tried: a repeat is the same rotation. */
  id: string
  class: DriverClass
  step: Step
  /** Tries of the step that is next, without success. */
  attempts: number
  /** Whole rotations of this version that failed. */
  failures: number
  /** A creation, or an ending, was sent, and what became of it is not known yet. */
  open: boolean
  /** A credential may live that nobody here knows: the service lists nothing. */
  orphanPossible: boolean
  /** Why it aborts, failed or is stuck. */
  reason?: RotationReason
  /** Nothing is tried before. */
  notBefore?: Date
}

/** A ref in one environment of one config. */
export interface RefKey {
  config: string
  environment: string
  ref: string
}
