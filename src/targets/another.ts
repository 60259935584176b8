/** Whether a value is plainly another service's than the one that it is bound for. Pure, for the value wing. */
import { candidates, fits, fitsAny } from './detect.ts'
import { serviceLiterals } from './literals.ts'

/** What the catalogue knows of the service that a value is bound for. */
export interface Service {
  /** The target that the value is bound for. */
  kind: string
  /** Ids of all targets of its service. */
  kinds: readonly string[]
  /** Unmistakable forms (literals.ts) that credentials of the service have, also where that is only remembered. */
  literals: readonly string[]
}

/**
 * A GitHub token in a variable for Stripe's. Never where a form of the service itself recognises the value.
 * Else where the value holds an unmistakable form that none of the service's kinds has: a form of length
 * and alphabet takes that too, and one in many millions of its values is refused for it. And where the
 * target's own form excludes the value and another service's recognises it.
 *
 * @param text the whole value, its bytes as latin1
 */
export function isOfAnother(text: string, { kind, kinds, literals }: Service): boolean {
  if (fitsAny(kinds, text) === 'fits') return false
  if (serviceLiterals(text).some((one) => !literals.includes(one))) return true
  return fits(kind, text) === 'unfit' && candidates(text).length > 0
}
