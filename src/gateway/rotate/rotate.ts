/**
 * One ref from the version that is current to the next one, as far as it comes now: to the end, to where
 * somebody holds the old one, or to where it is left to a person. Whoever asks again goes on from there.
 */
import { utimesSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'
import { errnoOf, SecretRefError } from '../../errors.ts'
import { beginRotation } from '../../rotation/journal.ts'
import { givenUp, replacementOf, rotationOf, type Journalled } from '../../rotation/journalled.ts'
import { giveBack, takeHold, type Hold } from '../../rotation/lock.ts'
import { isOver } from '../../rotation/machine.ts'
import { placeKey, replacementIn } from '../../rotation/places.ts'
import { keepStatedEnd } from '../../rotation/stated-ends.ts'
import type { RefKey, Rotation } from '../../rotation/types.ts'
import type { Gateway } from '../gateway.ts'
import { undroppedWords } from '../keep/places.ts'
import type { Say } from '../result.ts'
import { holderLives, ourHolder } from '../live/holder.ts'
import { placeName } from '../store-place.ts'
import { drive } from './engine.ts'
import { fits, placeOf } from './gone.ts'
import { countedAction, withAdminCalls } from './calls.ts'
import { oldOneOf } from './old-one.ts'
import { orderOf } from './order.ts'
import { RotationRecords } from './records.ts'
import { keepRevokeNow, keepRevokeNowOf } from './revoke-now.ts'
import { Rotator } from './rotator.ts'
import type { Subject } from './subjects.ts'
import type { Did, Outside } from './words.ts'

/** Pauses are waited for, but not longer than this in all. */
export const PATIENCE_MS = 120_000

export interface RotateRequest {
  subject: Subject
  /** The version that is current. */
  from: string
  /** When that was looked up. */
  lookedAt: Date
  /** Goes on with this rotation, and begins no other one where it is over. */
  only?: string
  /** For the record: who or what asked for it. */
  why: 'forced' | 'due' | 'continued'
  /** A pause after something failed is not kept: a person wants it now. */
  impatient: boolean
  /** The old one ends at once, whoever holds it: it may be in other hands. */
  revokeNow: boolean
  /** There where a person is at hand to bring a new value. */
  pasteMarks?: boolean
  /** Hears of a try that failed, before the pause until the next one. */
  pausing?: (rotation: Rotation, last: Partial<Did>, until: Date) => void
  say: Say
  signal: AbortSignal
}

export type Rotated =
  /** Another process is at it. */
  | { kind: 'held'; pid: number }
  | {
      kind: 'came-to'
      rotation: Journalled
      /** What went last, or wrong last. */
      last: Partial<Did>
      /** The version that is current now, where it was promoted just now. */
      version?: string
      /** What it made lives beside what somebody else has made current since: its name there, or nothing. */
      left?: string
      /** It was undone beside what somebody else has made current since. */
      beside?: true
      /** Agents whose runs hold the old one. */
      holders: readonly string[]
      /** Until then the old one lives on at the longest. */
      until?: Date
      /** Somebody wants it ended at once, and it is not ended yet. */
      overdue?: true
    }

/**
 * @param db the journal
 * @throws ROTATION_FENCED, STATE_UNAVAILABLE, AUDIT_UNAVAILABLE, CONFIG_INVALID; AGENT_BUSY where another
 *   ref, environment or config is being rotated in the same place
 */
export async function rotate(
  gateway: Gateway,
  db: DatabaseSync,
  request: RotateRequest,
): Promise<Rotated> {
  const { subject } = request
  const { home } = gateway
  const take = (key: RefKey): Hold | { heldBy: number } =>
    takeHold(db, key, ourHolder(home), (holder) => holderLives(home, holder))
  const hold = take(keyOf(gateway, subject))
  if ('heldBy' in hold) {
    if (request.revokeNow) await keepRevokeNowOf(gateway, db, subject)
    return { kind: 'held', pid: hold.heldBy }
  }
  try {
    // Another ref, environment or config may name the same place.
    const place = take(placeKey(placeName(gateway, subject.provider, subject.step.at)))
    if ('heldBy' in place) {
      if (request.revokeNow) await keepRevokeNowOf(gateway, db, subject)
      return { kind: 'held', pid: place.heldBy }
    }
    try {
      return await held(gateway, db, { ...hold, place }, request)
    } finally {
      giveBack(db, place)
    }
  } finally {
    giveBack(db, hold)
  }
}

export function keyOf({ loaded }: Gateway, { ref, environment }: Subject): RefKey {
  return { config: loaded.path, environment, ref }
}

async function held(
  gateway: Gateway,
  db: DatabaseSync,
  hold: Hold & { place: Hold },
  request: RotateRequest,
): Promise<Rotated> {
  const { subject, from, impatient, say, signal } = request
  const now = (): Date => gateway.now()
  // Somebody else has done it since it was looked at.
  const other = replacementIn(db, hold.place.ref, from)
  const joined = [replacementOf(db, hold, from), other && rotationOf(db, other)].find(
    (one) => one && one.updatedAt >= request.lookedAt,
  )
  if (joined) return { kind: 'came-to', rotation: joined, last: {}, holders: [] }
  const meant = request.only === undefined ? undefined : rotationOf(db, request.only)
  if (meant !== undefined && isEnded(meant)) {
    return { kind: 'came-to', rotation: meant, last: {}, holders: [] }
  }
  const place = placeOf(subject)
  const begun = beginRotation(db, hold, { ...subject, place, from }, now())
  requireSame(begun, subject)
  const records = new RotationRecords(gateway, begun, subject.step.provider)
  if (request.revokeNow) await keepRevokeNow(gateway, db, begun)
  const old = oldOneOf(gateway, db, subject, begun)
  const order = await orderOf(gateway, request, begun, givenUp(db))
  let rotator: Rotator | undefined
  let last: Partial<Did> = {}
  let version: string | undefined
  let left: string | undefined
  let beside = false
  const outside = async (action: Outside, { open }: Rotation): Promise<Did> => {
    if (rotator?.gone !== false) {
      await gateway.record(order.releases)
      rotator = new Rotator(withAdminCalls(gateway, order.order))
    }
    const one = rotator
    return countedAction(gateway, subject, (calls) => one.does(action, open, calls))
  }
  const { statedEnd } = subject
  if (begun.step === 'planned' && statedEnd !== undefined) keepStatedEnd(db, begun.id, statedEnd)
  if (begun.step === 'planned') await gateway.record([records.begun(request.why, begun.from)])
  // Who begins anew, or has the value that is waited for, has looked at the pause before.
  const { step } = begun
  const atOnce = impatient || step === 'planned' || (subject.guided && step === 'creating')
  let rotation: Rotation = atOnce ? withoutPause(begun) : begun
  // By a clock that nobody sets.
  const patience = performance.now() + PATIENCE_MS
  try {
    for (;;) {
      rotation = await drive(
        {
          db,
          hold,
          now,
          outside,
          distribute: async () => {
            tellTenders(gateway)
            return 'ok'
          },
          mustWait: () => old.mustWait(now()),
          record: async (at, { action, ...did }) => {
            if (did.result === undefined) return gateway.record(records.intent(at, action))
            // Why it went wrong, and not that it was then undone.
            if (did.result !== 'ok' || (last.result ?? 'ok') === 'ok') last = did
            version = did.version ?? version
            const changed = did.reason === 'current-changed'
            if (action === 'retire' && changed) left = did.id ?? ''
            if (action === 'discard') beside = changed && did.result === 'ok'
            await gateway.record(records.became(at, action, did))
            say('info', `${subject.ref}: ${action}: ${did.result}`)
            if (did.undropped === true) say('warn', ...undroppedWords(gateway, subject.ref))
          },
          signal,
        },
        rotation,
      )
      const until = isOver(rotation) || signal.aborted ? undefined : old.pauseOf(rotation, now())
      const ms = until === undefined ? undefined : Math.max(0, until.getTime() - now().getTime())
      if (until === undefined || ms === undefined || performance.now() + ms > patience) break
      if (rotation.attempts > 0) request.pausing?.(rotation, last, until)
      await pause(ms, undefined, { signal }).catch(() => {})
      rotation = withoutPause(rotation)
    }
  } finally {
    rotator?.dismiss()
  }
  const { holders, until, overdue } = old.standing(rotation, now())
  return {
    kind: 'came-to',
    rotation: { ...begun, ...rotation },
    last,
    ...(version === undefined ? {} : { version }),
    ...(left === undefined ? {} : { left }),
    ...(beside ? { beside } : {}),
    holders,
    ...(until === undefined ? {} : { until }),
    ...(overdue === undefined ? {} : { overdue }),
  }
}

function isEnded({ step }: Rotation): boolean {
  return step === 'done' || step === 'abandoned'
}

function withoutPause(rotation: Rotation): Rotation {
  const copy = { ...rotation }
  delete copy.notBefore
  return copy
}

function requireSame(begun: Journalled, subject: Subject): void {
  if (fits(begun, subject)) return
  const { ref, driver } = subject
  const was = begun.driver === driver ? 'in another place' : `with the driver "${begun.driver}"`
  throw new SecretRefError(
    'CONFIG_INVALID',
    `the rotation of ${ref} that is under way began ${was}, before the config was changed`,
    {
      scope: 'ref',
      hint: `put that back until it has ended; to give it up without undoing it: secretref secrets rotation abandon ${ref}`,
    },
  )
}

/** Every tender looks at this file's time, whatever process it is in. What goes wrong only costs time. */
function tellTenders({ home, now }: Gateway): void {
  try {
    writeFileSync(home.rotated, '', { mode: 0o600, flag: 'a' })
    utimesSync(home.rotated, now(), now())
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
  }
}
