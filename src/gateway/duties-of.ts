/**
 * The one list of what a serving gateway does beside its agents, as its config asks for it. What nothing
 * asks for is not loaded.
 */
import type { Duty } from './duties.ts'
import type { Gateway } from './gateway.ts'
import type { Say } from './result.ts'

/** Asked for at the start, and anew for each new config before it is taken: it may refuse it by throwing. */
export async function dutiesOf(gateway: Gateway, say: Say): Promise<Duty[]> {
  const duties: Duty[] = []
  if (gateway.loaded.config.alerts !== undefined) {
    const { alertDuty } = await import('./alert/duty.ts')
    duties.push(alertDuty(gateway, say))
  }
  return duties
}
