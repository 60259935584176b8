/** Rotations in a journal, as a rotator writes them, for tests of those who read it. */
import { beginRotation, openJournal, writeRotation } from '../../src/rotation/journal.ts'
import { giveBack, takeHold } from '../../src/rotation/lock.ts'
import type { DriverClass, Rotation, RotationReason, Step } from '../../src/rotation/types.ts'
import type { Home } from '../../src/state/home.ts'

export interface Written {
  config: string
  environment: string
  ref: string
  from: string
  /** In this order, a minute apart. */
  steps: readonly Step[]
  /** The new version, told by the promotion. */
  to?: string
  reason?: RotationReason
  /** Left out: `issued`, by `exec`. */
  by?: { class: DriverClass; driver: string }
  /** What the last step's action answered beside that. */
  answered?: string
  began: Date
}

const MINUTE_MS = 60_000

export function writeJournal(home: Home, all: readonly Written[]): void {
  const db = openJournal(home)
  try {
    for (const one of all) {
      const { config, environment, ref, from, steps, to, reason, began, answered } = one
      const { by = { class: 'issued', driver: 'exec' } } = one
      const key = { config, environment, ref }
      const hold = takeHold(db, key, { pid: process.pid, started: undefined }, () => false)
      if ('heldBy' in hold) throw new Error('nobody holds it')
      const about = { ...by, place: '', from }
      const begun: Rotation = beginRotation(db, hold, about, began)
      for (const [i, step] of steps.entries()) {
        const rotation = { ...begun, step, ...(reason && { reason }) }
        const told: Parameters<typeof writeRotation>[4] = {
          ...(step === 'promoted' && to !== undefined && { version: to }),
          ...(i === steps.length - 1 && answered && { reason: answered }),
        }
        writeRotation(db, hold, rotation, new Date(began.getTime() + (i + 1) * MINUTE_MS), told)
      }
      giveBack(db, hold)
    }
  } finally {
    db.close()
  }
}
