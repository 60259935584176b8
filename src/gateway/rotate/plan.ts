/** What is to be rotated now: what was begun and is not over, and what is due. */
import type { DatabaseSync } from 'node:sqlite'
import { providersOf } from '../../config/accessors.ts'
import { SecretRefError } from '../../errors.ts'
import { planner } from '../../plan/plan.ts'
import type { Due } from '../../rotation/due.ts'
import { openRotationsOf, type Journalled } from '../../rotation/journalled.ts'
import { isPaused } from '../../rotation/pause.ts'
import { noteSeen, sinceOf, type Described, type Since } from '../../rotation/since.ts'
import { nextOpening } from '../../rotation/window.ts'
import { userHome } from '../../state/home.ts'
import type { Gateway } from '../gateway.ts'
import { currentOf, type Current } from './ages.ts'
import { chosen, dueNow, type Asked, type Chosen } from './choose.ts'
import { PATIENCE_MS } from './rotate.ts'
import { subjectsOf, type NoSubject, type Subject } from './subjects.ts'

export type Planned =
  | { kind: 'cannot'; subject: NoSubject }
  | {
      kind: 'can'
      subject: Subject
      /** Not asked for where a rotation is under way. */
      current?: Current
      /** Since when it has that value, where anybody knows. */
      since?: Since
      due: Due
      /** It was begun, and is not over, or waits for a person. */
      open?: Journalled
      /** Whether there is something to do now. */
      todo: boolean
    }

export interface PlanRequest {
  /** As asked for; left out: the configured one. */
  environment?: string | undefined
  chosen: Chosen
  asked: Asked
  /** By schedule: refs that no rule makes due are left out, unless they are being rotated. */
  scheduled?: boolean
  /** Nobody is asked: only what is under way goes on. */
  openOnly?: boolean
  /** Nothing is written down: also not that a value was seen for the first time. */
  dry?: boolean
}

/**
 * Reads the metadata of each ref once, on record.
 *
 * @param db the journal; `undefined` where nothing was ever rotated
 * @throws ENVIRONMENT_UNKNOWN, USAGE, REF_UNKNOWN, STATE_UNAVAILABLE, AUDIT_UNAVAILABLE
 */
export async function planRotations(
  gateway: Gateway,
  db: DatabaseSync | undefined,
  { environment, chosen: words, asked, scheduled, openOnly, dry }: PlanRequest,
): Promise<{ planned: Planned[]; byStore: boolean }> {
  const { config, dir, path } = gateway.loaded
  const planned = planner({ config, configDir: dir, userHome: userHome(gateway.env), environment })
  const all = subjectsOf(config, planned, environment)
  const begun = new Map(
    (db === undefined ? [] : openRotationsOf(db, path)).map((one) => [
      JSON.stringify([one.environment, one.ref]),
      one,
    ]),
  )
  const openOf = (one: Subject): Journalled | undefined =>
    begun.get(JSON.stringify([one.environment, one.ref]))
  const isBegun = (one: Subject): boolean => (openOf(one)?.step ?? 'planned') !== 'planned'
  // Somebody, or the schedule, has wanted it: it was undone, and is tried again. A person is asked anew.
  const isWanted = (one: Subject): boolean => !one.guided && wantedStill(openOf(one))
  const counts = (one: Subject): boolean =>
    isBegun(one) || (openOnly !== true && (scheduled !== true || isRuled(one) || isWanted(one)))
  const counted = all.filter((one) =>
    'step' in one ? counts(one) : scheduled !== true && openOnly !== true,
  )
  const { subjects, byStore } = chosen(counted, words, [...providersOf(config).keys()])
  const toRead = subjects.filter((one) => 'step' in one).filter((one) => !isBegun(one))
  const current = await currentOf(gateway, db, toRead)
  const now = gateway.now()
  const sinceWhen = (
    { ref, environment: where, rotate }: Subject,
    value: Described,
  ): Since | undefined => {
    const key = { config: path, environment: where, ref }
    const since = sinceOf(db, key, value, now)
    if (since !== undefined || rotate.every === undefined) return since
    return db === undefined || dry === true ? undefined : noteSeen(db, key, value, now)
  }
  const planOf = (subject: Subject): Planned => {
    const known = current.get(subject.ref)
    const open = openOf(subject)
    const since = known?.outcome === 'value' ? sinceWhen(subject, known.secret) : undefined
    const own = known === undefined ? NOT_ASKED : dueNow(subject, known, since, asked, now)
    const due = known?.outcome === 'value' && isWanted(subject) ? dueAnew(subject, own, now) : own
    const starts = due.kind === 'due' && due.start <= now && open?.step !== 'stuck'
    const goesOn = known === undefined && open?.step !== 'stuck'
    // Whoever brings it may do so at any moment.
    const brought = subject.guided && open?.step === 'creating'
    // A command waits through shorter ones.
    const patient = scheduled === true ? now : new Date(now.getTime() + PATIENCE_MS)
    const pausing = !asked.force && !brought && open !== undefined && isPaused(open, patient)
    return {
      kind: 'can',
      subject,
      ...(known === undefined ? {} : { current: known }),
      ...(since === undefined ? {} : { since }),
      due,
      ...(open === undefined ? {} : { open }),
      todo: !pausing && (goesOn || starts),
    }
  }
  return {
    byStore,
    planned: subjects.map((one) =>
      'step' in one ? planOf(one) : { kind: 'cannot', subject: one },
    ),
  }
}

/**
 * The version that a rotation replaces.
 *
 * @throws as the provider said it, where it is not known
 */
export function versionOf(current: Current | undefined, open: Journalled | undefined): string {
  if (current?.outcome === 'value') return current.secret.version
  if (current === undefined && open !== undefined) return open.from
  if (current === undefined) throw new TypeError('it was neither asked for nor begun')
  const { code, message, hint } = current
  throw new SecretRefError(code, message, { scope: 'ref', ...(hint === undefined ? {} : { hint }) })
}

/** Whether somebody wants it still: it was undone, and begins anew. */
export function wantedStill(open: Journalled | undefined): boolean {
  return open?.step === 'planned'
}

/** Whatever its rule says; and when its window is open. */
function dueAnew({ rotate: { window } }: Subject, own: Due, now: Date): Due {
  if (own.kind === 'due' || own.kind === 'shut') return own
  const start = window === undefined ? now : nextOpening(window, now)
  return start === undefined
    ? { kind: 'shut', why: 'end', since: now }
    : { kind: 'due', why: 'end', since: now, start }
}

const NOT_ASKED: Due = { kind: 'never' }

function isRuled({ rotate: { before, every } }: Subject): boolean {
  return before !== undefined || every !== undefined
}
