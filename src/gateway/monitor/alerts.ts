/** What people are told of a credential that needs somebody. Pure. */
import type { Alert } from '../../alerts/types.ts'
import { dayOf, whenOf } from '../../policy/expiry.ts'
import { needsSomebody, type Look, type Watched } from './look.ts'
import { stuckAlert } from './stuck.ts'

/** One for each thing that needs somebody. */
export function alertsOf({ watched, stuck }: Look, at: Date): Alert[] {
  return [
    ...watched.flatMap((one) => alertFor(one, at) ?? []),
    ...stuck.flatMap((one) => stuckAlert(one, at)),
  ]
}

/** @returns `undefined` for one that needs nobody */
export function alertFor(watched: Watched, at: Date): Alert | undefined {
  const words = needsSomebody(watched) ? wordsOf(watched, at) : undefined
  if (words === undefined) return undefined
  const { ref, environment, agents } = watched
  const [agent] = agents
  return {
    ...words,
    environment,
    ref,
    ...(agents.length === 1 && agent !== undefined ? { agent } : {}),
    // Whoever was told to replace it, and has done so, is told what is left to do.
    key: `${words.event}:${environment}:${ref}${watched.ofBefore === true ? ':date' : ''}`,
    at,
  }
}

/** What helps where only the config's date is old. */
export const MOVE =
  'move "expiresAt" in the config to the end of the new value, or take it out; to rotate again mends nothing'

/** The value is new, and its date is not. */
export function oldDate(expiresAt: string): string {
  return `a rotation has replaced the value of which the config's "expiresAt", ${dayOf(expiresAt)}, was said`
}

function wordsOf(
  { ref, state, agents, unbound, expiresAt = '', failure, target, ofBefore }: Watched,
  now: Date,
): Pick<Alert, 'event' | 'severity' | 'text' | 'hint'> | undefined {
  const whose =
    unbound === true
      ? 'of no agent'
      : `of ${agents.length > 3 ? `${agents.length} agents` : agents.join(', ')}`
  const isOld = ofBefore === true
  const replace = isOld ? MOVE : `replace it: secretref secrets rotate --ref ${ref} --force`
  switch (state) {
    case 'expired':
      return {
        event: 'credential.expired',
        severity: unbound === true ? 'warning' : 'critical',
        text: isOld
          ? `${ref} ${whose} is delivered to nobody: ${oldDate(expiresAt)}`
          : `${ref} ${whose} ended on ${dayOf(expiresAt)} and is delivered to nobody`,
        hint: replace,
      }
    case 'expiring':
      return {
        event: 'credential.expiring',
        severity: 'warning',
        text: isOld
          ? `${ref} ${whose} is delivered to nobody from ${dayOf(expiresAt)} on: ${oldDate(expiresAt)}`
          : `${ref} ${whose} ends ${whenOf(expiresAt, now)}, on ${dayOf(expiresAt)}`,
        hint: replace,
      }
    case 'rejected':
      return {
        event: 'credential.rejected',
        severity: 'critical',
        text: `${ref} ${whose} is rejected by ${target ?? 'its service'}`,
        hint: replace,
      }
    case 'unreadable':
      return {
        event: 'credential.unreadable',
        severity: 'warning',
        text: `${ref} ${whose} cannot be read: ${failure?.message ?? 'no reason is known'}`,
        ...(failure?.hint === undefined ? {} : { hint: failure.hint }),
      }
    case 'endless':
    case 'fine':
      return undefined
    default:
      return state satisfies never
  }
}
