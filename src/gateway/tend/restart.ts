/** How an agent that runs is started again because of a credential. */
import type { WhyEnded } from '../ending.ts'
import type { Tended } from './held.ts'

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
