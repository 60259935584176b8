/** How an agent that runs is ended because of a credential. */
import type { WhyEnded } from '../ending.ts'
import type { Tended } from './held.ts'

/** How long an agent has to end after it was asked to, before it is killed. */
const GRACE_MS = 10_000

/** @returns false where nobody would start it again: it is left alone, and that has been said */
export function restart(
  { plan, say, because, onRestart }: Tended,
  why: WhyEnded,
  what: string,
): boolean {
  if (onRestart === undefined) {
    say(
      'warn',
      `${plan.agent}: ${what}, and nothing here would start the agent again; it goes on as it is`,
      'end it and start it again yourself, or let `secretref gateway run` supervise it',
    )
    return false
  }
  say('info', `${plan.agent}: ${what}; the agent is started again`)
  because(why)
  onRestart()
  return true
}

/** Asked first; killed where it does not go in time. */
export function stopAgent({ agent, because }: Tended, why: WhyEnded): void {
  because(why)
  agent.signal('SIGTERM')
  const timer = setTimeout(() => agent.kill(), GRACE_MS)
  timer.unref()
  void agent.ended.then(() => clearTimeout(timer))
}
