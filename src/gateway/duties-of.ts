/**
 * The one list of what a serving gateway does beside its agents, as its config asks for it. What nothing
 * asks for is not loaded.
 */
import { existsSync } from 'node:fs'
import { placedRefs } from '../config/accessors.ts'
import type { Duty } from './duties.ts'
import type { Gateway } from './gateway.ts'
import type { Say } from './result.ts'

const ROTATION_MS = 60_000

/**
 * Asked for at the start, and anew for each new config before it is taken: it may refuse it by throwing.
 *
 * @param environment as asked for; left out: the configured one
 */
export async function dutiesOf(
  gateway: Gateway,
  environment: string | undefined,
  say: Say,
): Promise<Duty[]> {
  const duties = dutiesBesideOne(gateway, environment, say)
  if (gateway.loaded.config.alerts !== undefined) {
    const { alertDuty } = await import('./alert/duty.ts')
    const { monitorDuty } = await import('./monitor/duty.ts')
    duties.push(alertDuty(gateway, say), monitorDuty(gateway, environment))
  }
  return duties
}

/**
 * Of a gateway that runs one agent once. Alerts are sent beside any agent; that all credentials are looked
 * at is for a gateway that stays, not for each start of one agent.
 */
export function dutiesBesideOne(
  gateway: Gateway,
  environment: string | undefined,
  say: Say,
): Duty[] {
  return [rotationOf(gateway, environment, say)]
}

/** Somebody may begin a rotation by hand at any time, and leave the old value to us. */
function rotationOf(gateway: Gateway, environment: string | undefined, say: Say): Duty {
  const ruled = placedRefs(gateway.loaded.config).some(({ entry }) => entry.rotate !== undefined)
  let run: Duty['run'] | undefined
  return {
    name: 'rotation',
    everyMs: ROTATION_MS,
    async run(signal) {
      if (!ruled && !existsSync(gateway.home.rotations)) return
      run ??= (await import('./rotate/duty.ts')).rotations(gateway, environment, say)
      await run(signal)
    },
  }
}
