/**
 * Drives one rotation to where it stops: done, waiting, or left to a person. Before the outside is touched
 * it is written down, and after each answer; so this may end anywhere and is simply called again.
 */
import type { DatabaseSync } from 'node:sqlite'
import { actionOf, isOver, next, sending } from '../../rotation/machine.ts'
import { isPaused } from '../../rotation/pause.ts'
import { writeRotation } from '../../rotation/journal.ts'
import { requireHold, type Hold } from '../../rotation/lock.ts'
import type { Action, Result, Rotation } from '../../rotation/types.ts'
import { OUTSIDE, type Did, type Outside } from './words.ts'

export interface Surroundings {
  db: DatabaseSync
  hold: Hold
  now: () => Date
  /** Does it outside, in a process of the value wing. `at`: as it was written before. */
  outside: (action: Outside, at: Rotation) => Promise<Did>
  /** Tells the agents that hold the old value. */
  distribute: () => Promise<Result>
  /** Whether the old one must live on for those who hold it. */
  mustWait: () => boolean
  /** Written to the audit log before it returns. */
  record: (rotation: Rotation, did: { action: Action } & Partial<Did>) => Promise<void>
  signal: AbortSignal
}

/** @throws ROTATION_FENCED, STATE_UNAVAILABLE, AUDIT_UNAVAILABLE */
export async function drive(at: Surroundings, begun: Rotation): Promise<Rotation> {
  let rotation = begun
  while (!isOver(rotation) && !at.signal.aborted) {
    if (isPaused(rotation, at.now())) return rotation
    const action = actionOf(rotation)
    if (action === undefined) return rotation
    if (action === 'retire' && at.mustWait()) {
      rotation = next(rotation, action, 'waiting', at.now())
      writeRotation(at.db, at.hold, rotation, at.now())
      return rotation
    }
    const sent = sending(rotation)
    if (sent !== rotation) writeRotation(at.db, at.hold, sent, at.now())
    // A loser, as one that was stopped for minutes, neither acts nor says what became of it.
    requireHold(at.db, at.hold)
    await at.record(sent, { action })
    const did = await done(at, action, sent)
    rotation = next(sent, action, did.result, at.now())
    requireHold(at.db, at.hold)
    // On record first: killed in between, it is done and told again, and never untold.
    await at.record(rotation, { action, ...did })
    writeRotation(at.db, at.hold, rotation, at.now(), did)
    // For somebody else: asking again at once changes nothing.
    if (did.result === 'waiting') return rotation
  }
  return rotation
}

async function done(
  at: Surroundings,
  action: Action,
  sent: Rotation,
): Promise<Pick<Did, 'result'> & Partial<Did>> {
  const outside = OUTSIDE.find((one) => one === action)
  if (outside !== undefined) return at.outside(outside, sent)
  if (action === 'distribute') return { result: await at.distribute() }
  return { result: 'ok' }
}
