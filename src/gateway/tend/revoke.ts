/** What the end of a value means for an agent that has it. */
import { rmSync } from 'node:fs'
import type { Entry } from '../../audit/record.ts'
import { askToEnd } from '../ask-to-end.ts'
import { tell } from './change.ts'
import type { Held, Seen, Tended } from './held.ts'
import { restart } from './restart.ts'
import type { OnChange } from './settings.ts'
import { noteNow } from './status.ts'

export type Revoked = Pick<Seen, 'held' | 'result'>

/**
 * A required value takes the agent with it; an optional one its file, and the agent goes on.
 *
 * @returns true where the agent is being ended
 */
export async function revoke(
  tended: Tended,
  onChange: OnChange,
  seen: readonly Revoked[],
): Promise<boolean> {
  const { gateway, plan, agent, say, because } = tended
  const revoked = seen.filter(({ held }) => !held.gone)
  if (revoked.length === 0) return false
  await gateway.record(revocations(tended, revoked))
  if (takeBack(tended, revoked) === 'all') {
    say('error', `${plan.agent}: a credential that the agent requires was revoked; it is stopped`)
    because('credential-revoked')
    askToEnd(agent)
    return true
  }
  if (onChange.does === 'restart') {
    const names = revoked.map(({ held }) => held.binding.envVar).join(', ')
    return restart(tended, 'credential-revoked', `${names} was revoked`)
  }
  tell(tended, onChange)
  return false
}

/** For the log, before anything is taken back. */
export function revocations({ records }: Tended, revoked: readonly Revoked[]): Entry[] {
  return revoked.flatMap(({ held, result }) => records.revoked(result, held.fetched))
}

/**
 * Says what is revoked, and takes back what can be taken back from an agent that runs.
 *
 * @returns `all` where the agent must not go on: it requires one of them
 */
export function takeBack(tended: Tended, revoked: readonly Revoked[]): 'all' | 'some' {
  const { plan, say } = tended
  for (const { held, result } of revoked) {
    const { message, code, hint } = result.decision
    held.gone = true
    held.unread = false
    const about = `${plan.agent}: ${held.binding.envVar}`
    say('error', `${about}: revoked: ${message} [${code}]`, hint)
    if (held.binding.onFailure === 'deny-and-alert') say('error', `${about}: alert: revoked`)
  }
  noteNow(
    tended,
    revoked.map(({ result }) => result),
  )
  if (revoked.some(({ held }) => held.binding.required)) return 'all'
  for (const { held } of revoked) takeAway(tended, held)
  return 'some'
}

function takeAway({ plan, say }: Tended, held: Held): void {
  const about = `${plan.agent}: ${held.binding.envVar}`
  if (held.file === undefined) {
    say('warn', `${about}: it was delivered as a variable, which the agent keeps until it ends`)
    return
  }
  rmSync(held.file, { force: true })
  held.inFile = undefined
  say('warn', `${about}: its file was removed; the agent goes on without it`)
}
