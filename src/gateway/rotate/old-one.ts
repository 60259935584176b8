/** How long the old value of a rotation lives on: for whom, and until when. */
import type { DatabaseSync } from 'node:sqlite'
import type { Journalled } from '../../rotation/journalled.ts'
import { replacedBy } from '../../rotation/ledger.ts'
import { markPromoted, promotionOf } from '../../rotation/marks.ts'
import { placesOf } from '../../rotation/places.ts'
import type { Rotation } from '../../rotation/types.ts'
import { isEndWished } from '../../rotation/wishes.ts'
import { elapsedMs, momentAt } from '../../state/moment.ts'
import type { Gateway } from '../gateway.ts'
import { holdersOf } from '../live/holds.ts'
import { placeName } from '../store-place.ts'
import type { Subject } from './subjects.ts'

/** For what asks a store without being a run: a check, or a command of the user's own. */
const SETTLING_MS = 10_000
const DAY_MS = 86_400_000

export interface OldOne {
  /** Whether it must not be ended yet. */
  mustWait(now: Date): boolean
  /** Until when a pause is worth waiting for; `undefined`: it depends on others. */
  pauseOf(rotation: Rotation, now: Date): Date | undefined
  /**
   * Who holds it, and how long it lives on for them at the longest; `overdue`: for nobody, as somebody wants
   * it ended at once.
   */
  standing(
    rotation: Rotation,
    now: Date,
  ): { holders: readonly string[]; until?: Date; overdue?: true }
}

/**
 * Where somebody wants it ended at once, it is. Where the config states a grace, it lives exactly so long.
 * Else it lives until no run that we know of holds it, a day at most. A value of our own choice died when
 * the new one was set.
 *
 * How long ago the new one became current is told by the clock of the system that runs since its start,
 * which nobody sets; over a restart of the system only the clock on the wall is left.
 *
 * @param db the journal
 */
export function oldOneOf(
  gateway: Pick<Gateway, 'home' | 'loaded' | 'env'>,
  db: DatabaseSync,
  subject: Subject,
  begun: Journalled,
): OldOne {
  const { home, loaded } = gateway
  const { grace } = subject.rotate
  const { id, environment, ref } = begun
  const ofOurs = begun.class === 'chosen'
  const place = placeName(gateway, subject.provider, subject.step.at)
  const elapsed = (now: Date): number => {
    const moment = momentAt(now)
    const { promotedAt } = begun
    const since = promotionOf(db, id) ?? (promotedAt === undefined ? moment : { at: promotedAt })
    const ms = elapsedMs(since, moment)
    if (ms >= 0) return ms
    // It lies ahead: the clock was set back since. It counts from now on.
    markPromoted(db, id, moment)
    return 0
  }
  /** So long after the new one became current. */
  const after = (ms: number, now: Date): Date => new Date(now.getTime() + ms - elapsed(now))
  const holders = (): string[] => {
    const key = { config: loaded.path, environment, ref }
    return [
      ...new Set(
        holdersOf(home, key, {
          provider: subject.step.provider,
          // A run that began before a name changed has the other one.
          places: [place, ...placesOf(db, id)],
          version: begun.from,
          fingerprint: replacedBy(db, id),
          replaced: promotionOf(db, id),
        }),
      ),
    ]
  }
  // Looked up each time: somebody else may ask for it while this one is under way.
  const atOnce = (): boolean => isEndWished(db, begun)
  return {
    mustWait(now) {
      if (ofOurs || atOnce()) return false
      const ms = elapsed(now)
      if (grace !== undefined) return ms < grace
      return ms < SETTLING_MS || (ms < DAY_MS && holders().length > 0)
    },
    pauseOf({ step, attempts, open, notBefore }, now) {
      // Refused and undone is for somebody to look at; what still works upstream, for somebody to end.
      if (step === 'planned' || step === 'retired') return undefined
      // To end it was tried, and failed.
      if (step !== 'distributed' || attempts > 0) return notBefore
      if (atOnce()) return open ? notBefore : now
      if (grace !== undefined) return after(grace, now)
      return elapsed(now) < SETTLING_MS ? after(SETTLING_MS, now) : undefined
    },
    standing({ step }, now) {
      if (ofOurs || step !== 'distributed') return { holders: [] }
      if (atOnce()) return { holders: [], overdue: true }
      return { holders: holders(), until: after(grace ?? DAY_MS, now) }
    },
  }
}
