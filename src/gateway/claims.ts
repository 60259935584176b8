/**
 * Which gateway serves an agent: one at a time, by the state that all of them share. A claim ends with its
 * process: by pid and start time where we see its pid, and in another container (namespaces(7)) by its
 * control socket, which nobody answers any more; by its sign of life where it has none.
 */
import { SecretRefError } from '../errors.ts'
import { claimAgent, releaseAgent, type Holder } from '../state/runs.ts'
import { gatewaysThatListen, socketsOf } from './control/place.ts'
import type { Gateway } from './gateway.ts'
import { elsewhere, holderLives, ourHolder } from './live/holder.ts'

/** @throws AGENT_BUSY; then nothing stays claimed. STATE_UNAVAILABLE */
export async function claim(gateway: Gateway, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  const { db, home } = gateway
  const { path } = gateway.loaded
  const self = ourHolder(home)
  const sockets = new Set(socketsOf(home, path).map(({ id }) => id))
  const listening = await gatewaysThatListen(home, path)
  const lives = (holder: Holder): boolean => {
    const id = elsewhere(holder)
    return id !== undefined && sockets.has(id) ? listening.has(id) : holderLives(home, holder)
  }
  for (const [i, agent] of names.entries()) {
    let ours = false
    const holder = claimAgent(db, { config: path, agent }, self, (found) => {
      // An agent that a reload removed and the next one names again may still be ending.
      ours = found.pid === self.pid && found.started === self.started
      return ours || lives(found)
    })
    if (holder === undefined || ours) continue
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
