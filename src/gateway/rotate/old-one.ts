/** How long the old value of a rotation lives on: for whom, and until when. */
import type { Journalled } from '../../rotation/journal.ts'
import type { Rotation } from '../../rotation/types.ts'
import { holdersOf } from '../../state/holders.ts'
import type { Gateway } from '../gateway.ts'
import { stillRuns } from '../surroundings.ts'
import type { RotateRequest } from './rotate.ts'

/** A start that had the old one when the new one became current is on record by then. */
const SETTLING_MS = 10_000
const DAY_MS = 86_400_000

export interface OldOne {
  promoted(at: Date): void
  /** Whether it must not be ended yet. */
  mustWait(now: Date): boolean
  /** Until when a pause is worth waiting for; `undefined`: it depends on others. */
  pauseOf(rotation: Rotation, now: Date): Date | undefined
  /** Who holds it, and how long it lives on for them at the longest. */
  standing(rotation: Rotation): { holders: readonly string[]; until?: Date }
}

/**
 * Where the config states a grace, it lives exactly so long. Else it lives until no run that we know of
 * holds it, a day at most. A value of our own choice died when the new one was set.
 */
export function oldOneOf(
  gateway: Gateway,
  { subject, revokeNow }: RotateRequest,
  begun: Journalled,
): OldOne {
  const { grace } = subject.rotate
  const key = { config: gateway.loaded.path, environment: begun.environment, ref: begun.ref }
  const value = { provider: subject.step.provider, version: begun.from }
  let since = begun.promotedAt
  const after = (ms: number): Date => new Date((since ?? gateway.now()).getTime() + ms)
  const holders = (): string[] => [
    ...new Set(
      holdersOf(gateway.db, key, value)
        .filter(({ gateway: { pid, started } }) => stillRuns(pid, started))
        .map(({ agent }) => agent),
    ),
  ]
  const ofOurs = begun.class === 'chosen'
  return {
    promoted(at) {
      since ??= at
    },
    mustWait(now) {
      if (revokeNow || ofOurs) return false
      if (grace !== undefined) return now < after(grace)
      return now < after(SETTLING_MS) || (now < after(DAY_MS) && holders().length > 0)
    },
    pauseOf({ step, notBefore }, now) {
      // Refused and undone is for somebody to look at; what still works upstream, for somebody to end.
      if (step === 'planned' || step === 'retired') return undefined
      if (step !== 'distributed') return notBefore
      if (grace !== undefined) return after(grace)
      return now < after(SETTLING_MS) ? after(SETTLING_MS) : undefined
    },
    standing({ step }) {
      if (ofOurs || step !== 'distributed') return { holders: [] }
      return { holders: holders(), until: after(grace ?? DAY_MS) }
    },
  }
}
