/** Pauses between two tries, by a clock that may be set. Pure. */
import { LONGEST_PAUSE_MS } from './machine.ts'
import type { Rotation } from './types.ts'

/**
 * Whether it is not to be tried yet. What lies further ahead than the longest pause was written before the
 * clock was set back, and is kept no longer: else it would be waited for as long as the clock was wrong.
 */
export function isPaused({ notBefore }: Pick<Rotation, 'notBefore'>, now: Date): boolean {
  if (notBefore === undefined) return false
  const ms = notBefore.getTime() - now.getTime()
  return ms > 0 && ms <= LONGEST_PAUSE_MS
}
