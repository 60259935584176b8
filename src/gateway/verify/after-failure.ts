/**
 * After a failed run: whether it failed because a service rejects what the agent was given. One record
 * and one line instead of a stream of 401s.
 */
import { SecretRefError } from '../../errors.ts'
import type { Plan } from '../../plan/types.ts'
import { claimCheck } from '../../state/credentials.ts'
import type { Gateway } from '../gateway.ts'
import type { Say } from '../result.ts'
import type { Result } from '../result.ts'
import { verifyCredentials } from './verify.ts'
import type { Verified } from './groups.ts'
import { wayOf } from './way.ts'

/** A restart waits for it, and no longer than this. */
const PATIENCE_MS = 15_000
const AT_ONCE = 8

export interface FailedRun {
  run: string
  plan: Plan
  /** What became of each binding of the run. */
  results: readonly Result[]
  say: Say
  /** Aborts when we are asked to stop. */
  signal: AbortSignal
}

/**
 * Asks about everything that the agent was given, a service once in five minutes about a value. Whatever
 * goes wrong is said: how the run ended belongs to the agent.
 */
export async function verifyAfterFailure(gateway: Gateway, failed: FailedRun): Promise<void> {
  const { run, plan, say, signal } = failed
  // An agent that was told to stop ends as it likes.
  if (signal.aborted) return
  const { agent } = plan
  const patience = AbortSignal.timeout(PATIENCE_MS)
  try {
    const due = await dueOf(gateway, failed)
    if (due.size === 0) return
    const verified = await verifyCredentials(gateway, {
      run,
      subjects: [{ plan, meant: ({ envVar }) => due.has(envVar) }],
      concurrency: AT_ONCE,
      alerts: true,
      say,
      signal: AbortSignal.any([signal, patience]),
    })
    for (const one of verified) sayRejected(say, one)
  } catch (error) {
    if (signal.aborted) return
    const about = `${agent}: its credentials could not be verified after the failure`
    if (error instanceof SecretRefError) say('warn', `${about}: ${error.message}`, error.hint)
    else if (patience.aborted) say('warn', `${about} in ${PATIENCE_MS / 1000} s`)
    // No value can be in an error of this wing.
    else say('error', `${about}: a defect of SecretRef: ${String(error)}`, 'please report it')
  }
}

/**
 * Variables of the bindings whose value the agent was given, and whose service can be asked and was not
 * of late. One that nobody can be asked about claims nothing: its value may be another binding's too.
 */
async function dueOf(gateway: Gateway, { plan, results }: FailedRun): Promise<Set<string>> {
  const due = new Set<string>()
  const { agent, environment } = plan
  const { config, path } = gateway.loaded
  const allowed = results.filter(({ decision }) => decision.allow)
  const others = allowed.map(({ binding }) => binding)
  for (const { binding, fetched } of allowed) {
    if (fetched?.outcome !== 'value') continue
    const way = await wayOf({ config, environment }, binding, others)
    if ('reason' in way) continue
    const { fingerprint } = fetched
    const key = { config: path, environment, agent, fingerprint, target: way.target.id }
    if (claimCheck(gateway.db, key, gateway.now())) due.add(binding.envVar)
  }
  return due
}

function sayRejected(say: Say, { binding, target, host, result }: Verified): void {
  if (result.kind !== 'asked' || result.checked.verdict !== 'rejected') return
  const { checked, ageDays } = result
  const age =
    ageDays === undefined ? 'age unknown' : `${ageDays} day${ageDays === 1 ? '' : 's'} old`
  const { agent, envVar, ref, onFailure } = binding
  const status = checked.status === undefined ? '' : `HTTP ${checked.status}, `
  const alert = onFailure === 'deny-and-alert' ? 'alert: ' : ''
  say(
    'error',
    `${agent}: ${envVar}: ${alert}${target?.id ?? host} rejects "${ref}" (${status}${age}) [CREDENTIAL_REJECTED]`,
    `replace it at ${target?.service ?? 'its service'}; until then each run will fail`,
  )
}
