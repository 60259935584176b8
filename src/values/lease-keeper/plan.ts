/** When a lease is renewed, and what an answer to that means. Pure; all times are milliseconds. */
import type { LeaseOutcome } from '../providers/contract.ts'
import type { LostReason } from '../../gateway/lease/words.ts'

const AT = 2 / 3
/** To both sides, of the whole life: leases that were issued together are not renewed together. */
const JITTER = 0.1
const FIRST_RETRY_MS = 1000
const MOST_RETRY_MS = 60_000

export interface Life {
  /** Seconds that were asked for when it was issued, and are with each renewal. */
  seconds: number
  /** When it was issued, or renewed last. */
  from: number
  /** When it ends as far as is known. */
  endsAt: number
  /** When to renew it, or to say that it ends, next. */
  dueAt: number
  /** Outages in a row. */
  failed: number
}

/** @param chance from 0 (included) to 1 */
export function begin(
  { seconds, from, endsAt }: Pick<Life, 'seconds' | 'from' | 'endsAt'>,
  chance: number,
): Life {
  const dueAt = from + (endsAt - from) * (AT + (chance * 2 - 1) * JITTER)
  return { seconds, from, endsAt, dueAt, failed: 0 }
}

/**
 * Whether it is over for certain, and nobody need be asked: a renewal that its keeper could not write down
 * any more may have given it one more life than its file says.
 */
export function isOver(
  { seconds, endsAt }: Pick<Life, 'seconds' | 'endsAt'>,
  now: number,
): boolean {
  return now > endsAt + seconds * 1000
}

export type Verdict = { lost: LostReason } | { life: Life; renewed?: true }

/**
 * A third of the life it was issued with is what a new one may need to be fetched in: a renewal that gave
 * less than half of what was asked says that its longest life is near, and it counts as ending now.
 */
export function judge(life: Life, outcome: LeaseOutcome, now: number, chance: number): Verdict {
  switch (outcome.kind) {
    case 'ok': {
      const given = outcome.seconds ?? life.seconds
      const { seconds } = life
      if (given < seconds / 2) return { lost: 'lease-ended' }
      return {
        life: begin({ seconds, from: now, endsAt: now + given * 1000 }, chance),
        renewed: true,
      }
    }
    case 'gone':
      return { lost: 'lease-gone' }
    case 'unavailable': {
      const pause = Math.min(FIRST_RETRY_MS * 2 ** life.failed, MOST_RETRY_MS)
      const dueAt = now + Math.max(outcome.retryAfterMs ?? 0, pause * (0.5 + chance))
      if (dueAt >= life.endsAt) return { lost: 'provider-down' }
      return { life: { ...life, dueAt, failed: life.failed + 1 } }
    }
    case 'absent':
    case 'denied':
    case 'malformed':
      return { lost: 'lease-refused' }
    default:
      return outcome satisfies never
  }
}
