/** Which gateway serves an agent: one at a time, by the state that all of them share. */
import { SecretRefError } from '../errors.ts'
import { claimAgent, releaseAgent } from '../state/runs.ts'
import type { Gateway } from './gateway.ts'
import { startTimeOf, stillRuns } from './surroundings.ts'

/** @throws AGENT_BUSY; then nothing stays claimed. STATE_UNAVAILABLE */
export function claim(gateway: Gateway, names: readonly string[]): void {
  const self = { pid: process.pid, started: startTimeOf(process.pid) }
  for (const [i, agent] of names.entries()) {
    const key = { config: gateway.loaded.path, agent }
    const holder = claimAgent(gateway.db, key, self, ({ pid, started }) => stillRuns(pid, started))
    // Ours: an agent that a reload removed and the next one names again may still be ending.
    if (holder === undefined || holder === process.pid) continue
    unclaim(gateway, names.slice(0, i))
    throw new SecretRefError(
      'AGENT_BUSY',
      `agent ${agent} is served by another gateway (pid ${holder})`,
      {
        scope: 'agent',
        hint: 'stop that one first; `secretref run` beside it is fine',
      },
    )
  }
}

/** @throws STATE_UNAVAILABLE */
export function unclaim(gateway: Gateway, names: readonly string[]): void {
  const config = gateway.loaded.path
  for (const agent of names) releaseAgent(gateway.db, { config, agent }, process.pid)
}
