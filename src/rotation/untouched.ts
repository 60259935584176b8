import { MOST_FAILURES } from './machine.ts'
import type { Rotation } from './types.ts'

/**
 * Whether nothing of a rotation is left outside: nothing was sent to its service, or it is undone. Of one
 * that has chosen a value that cannot be said, as it may have been set without an answer; nor of one that is
 * creating, as what was made may be kept already.
 */
export function isUntouched({
  step,
  failures,
  orphanPossible,
  reason,
}: Pick<Rotation, 'step' | 'failures' | 'orphanPossible' | 'reason'>): boolean {
  if (orphanPossible) return false
  // Each of these was undone; whatever else leaves one to a person has happened before that.
  const isUndone = reason !== 'not-undone' && reason !== 'abandoned' && reason !== 'rolled-back'
  if (step === 'stuck') return failures >= MOST_FAILURES && isUndone
  return step === 'planned' || step === 'intent' || step === 'failed'
}
