/** What a new config takes from an agent that runs. Pure. */
import type { Plan, PlannedBinding } from '../../plan/types.ts'
import { decide, notBound, type DecideContext, type Denial } from '../../policy/decide.ts'

/**
 * Policy is asked again, by the new plan, about all that the run holds. A ref that moved to another slot
 * or variable is still the agent's. One that cannot be served for now was not taken away.
 *
 * @param held bindings of the plan that the run began with
 * @returns a denial for each that it may have no longer
 */
export function takenBy(
  plan: Plan,
  held: readonly PlannedBinding[],
  context: DecideContext,
): Denial[] {
  const decisions = decide(plan, context)
  return held.flatMap((binding): Denial[] => {
    const about = decisions.filter((decision) => decision.binding.ref === binding.ref)
    if (about.length === 0) return [notBound(binding)]
    const kept = about.some(({ allow, reason }) => allow || reason === 'not-servable')
    const denial = about.find((decision) => !decision.allow)
    return kept || denial === undefined ? [] : [{ ...denial, binding }]
  })
}
