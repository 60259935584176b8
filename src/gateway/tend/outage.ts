/** What cannot be read again, and what can be once more. Nothing of it touches the agent. */
import type { Code } from '../../errors.ts'
import { noteNow, noteUnread } from './status.ts'
import type { Held, Seen, Tended } from './held.ts'

/** Why nothing is known of a value now. */
export interface Silence {
  code: Code
  reason: string
  /** One lower-case sentence. */
  message: string
  hint?: string | undefined
  provider?: string
}

/** Where another provider answered, the one that the value came from did not. */
export function silenceOf({ held, result }: Seen): Silence {
  const { decision, fetched } = result
  const provider = held.fetched.provider
  if (!decision.allow) return { ...decision, provider: fetched?.provider ?? provider }
  const code = fetched?.passed.find((step) => step.provider === provider)?.code
  return {
    code: code ?? 'PROVIDER_UNAVAILABLE',
    reason: 'unavailable',
    message: `provider "${provider}" did not answer`,
    provider,
  }
}

/** Recorded and said once for each outage, however long it is. */
export async function unread(tended: Tended, held: Held, silence: Silence): Promise<void> {
  if (held.unread || held.gone) return
  const { gateway, records, plan, say } = tended
  const { code, reason, message, hint, provider } = silence
  await gateway.record([records.notRefreshed(held.binding, reason, code, provider)])
  held.unread = true
  const about = `${plan.agent}: ${held.binding.envVar}: could not be read again`
  say('warn', `${about}: ${message} [${code}]; the agent goes on with the value it has`, hint)
  noteUnread(tended, held, code)
}

/** An answer came: where there was an outage, it is over. */
export async function readAgain(tended: Tended, { held, result }: Seen): Promise<void> {
  const { gateway, records, plan, say } = tended
  held.readAt = gateway.now()
  if (!held.unread) return
  await gateway.record([records.refreshed(result)])
  held.unread = false
  say('warn', `${plan.agent}: ${held.binding.envVar}: can be read again`)
  noteNow(tended, [held])
}
