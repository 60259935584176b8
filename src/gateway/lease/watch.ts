/** What becomes of a run's leases while it runs, for those who look on: status, and what nobody else tends. */
import { SecretRefError } from '../../errors.ts'
import type { PlannedBinding } from '../../plan/types.ts'
import { recordLeases, recordRevoked, type LeaseState } from '../../state/leases.ts'
import { raiseAlert } from '../alert/raise.ts'
import type { Gateway } from '../gateway.ts'
import type { TendedRun } from '../tend/held.ts'
import { tendingOf } from '../tend/settings.ts'
import type { LeaseOf } from './run-leases.ts'
import type { LostReason } from './words.ts'

const WHY: Readonly<Record<LostReason, string>> = {
  'lease-ended': 'its provider lets it live no longer',
  'lease-gone': 'its provider does not know it any more',
  'lease-refused': 'its provider refuses to renew it',
  'provider-down': 'its provider did not answer until it ended',
  'keeper-died': 'the process that renewed it died',
}

type WatchedRun = Pick<TendedRun, 'run' | 'plan' | 'leases' | 'say'>

/**
 * @param tender asks for another one, and does what the agent's config says, also where there is none to be
 *   had; left out: nobody does
 */
export function watchLeases(
  gateway: Gateway,
  watched: WatchedRun,
  tender: { lost: (envVar: string) => void } | undefined,
): void {
  const { run, plan, leases, say } = watched
  const does = tendingOf(gateway.agent(plan.agent))?.onChange.does ?? 'none'
  /** Whether the agent can be given another one. */
  const reaches = ({ delivery }: PlannedBinding): boolean =>
    does === 'restart' || (does !== 'none' && delivery === 'file')
  note(gateway, watched, leases.all(), 'held')
  leases.listen({
    onHeld: (binding, endsAt) => note(gateway, watched, [{ binding, endsAt }], 'held'),
    onRenewed: (binding, endsAt) => note(gateway, watched, [{ binding, endsAt }], 'renewed'),
    onRevoked: ({ envVar }) =>
      guarded(plan.agent, say, () => recordRevoked(gateway.db, run, envVar)),
    onLost: (binding, endsAt, reason) => {
      note(gateway, watched, [{ binding, endsAt }], 'lost')
      const text = `the lease of ${binding.envVar} is lost: ${WHY[reason]}`
      tender?.lost(binding.envVar)
      if (reaches(binding)) {
        return say('warn', `${plan.agent}: ${text}; another one is asked for`)
      }
      const hint = 'start the agent again, or let it learn of a new one: "onChange"'
      say('error', `${plan.agent}: ${text}; the agent goes on with what ends or has ended`, hint)
      // That it could not be recorded, the run's own next record says.
      alert(gateway, plan.environment, binding, text, hint).catch(() => {})
    },
  })
}

function alert(
  gateway: Gateway,
  environment: string,
  binding: PlannedBinding,
  text: string,
  hint: string,
): Promise<void> {
  const { agent, ref, envVar, required } = binding
  return raiseAlert(gateway, {
    event: 'lease.lost',
    severity: required ? 'critical' : 'warning',
    text: `agent ${agent}: ${text}`,
    hint,
    environment,
    agent,
    ref,
    key: `lease.lost ${agent} ${envVar}`,
    at: gateway.now(),
  })
}

/** The log is the truth: what `state.db` could not take only status lacks. */
function note(
  gateway: Gateway,
  { run, plan, say }: WatchedRun,
  leases: readonly LeaseOf[],
  state: LeaseState,
): void {
  if (leases.length === 0) return
  const { agent, environment } = plan
  const about = { config: gateway.loaded.path, environment, agent, run, state }
  const rows = leases.map(({ binding, endsAt }) => ({
    ...about,
    envVar: binding.envVar,
    endsAt: new Date(endsAt).toISOString(),
  }))
  guarded(agent, say, () => recordLeases(gateway.db, rows))
}

function guarded(agent: string, say: WatchedRun['say'], write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    say('warn', `${agent}: ${error.message}: status does not show its leases`, error.hint)
  }
}
