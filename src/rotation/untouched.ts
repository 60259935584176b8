import { MOST_FAILURES } from './machine.ts'
import type { Rotation } from './types.ts'

/**
 * Whether nothing of a rotation is left outside: nothing was sent to its service, or it is undone. Of one
 * that has chosen a value that cannot be said: it may have been set without an answer.
 */
export function isUntouched({
  step,
  open,
  failures,
  orphanPossible,
}: Pick<Rotation, 'step' | 'open' | 'failures' | 'orphanPossible'>): boolean {
  if (orphanPossible) return false
  if (step === 'creating') return !open
  // Each of these was undone; whatever else leaves one to a person has happened before that.
  if (step === 'stuck') return failures >= MOST_FAILURES
  return step === 'planned' || step === 'intent' || step === 'failed'
}
