/** What a re-read means for a run that holds an older value. Pure. */
import type { Decision } from '../../policy/decide.ts'
import type { Fetched, FetchedFailure } from '../../policy/fetched.ts'

/**
 * `unread`: nobody who could say so has said anything; the agent is left alone.
 * `suspect`: gone, by one look. A file that is being replaced looks the same, so a second look decides.
 * `revoked`: gone by its own date; that needs no second look.
 */
export type Verdict = 'same' | 'changed' | 'unread' | 'suspect' | 'revoked'

/** What is known of the value from before: from whom it came, and what it was. */
export interface Before {
  provider: string
  /** `undefined` where it was revoked meanwhile. */
  fingerprint: string | undefined
}

export function judge(before: Before, fetched: Fetched, decision: Decision): Verdict {
  if (outOfTurn(before, fetched)) return 'unread'
  if (fetched.outcome === 'failure') return isRevocation(fetched) ? 'suspect' : 'unread'
  if (!decision.allow) return 'revoked'
  // The last good value, served because nobody could be asked: it is what the agent has, or older.
  if (fetched.stale !== undefined) return 'unread'
  return fetched.fingerprint === before.fingerprint ? 'same' : 'changed'
}

/**
 * Another provider answered, because one before it did not: that is an outage, and no news of the value.
 * An agent must not be restarted onto what a fallback happens to hold.
 */
function outOfTurn({ provider }: Before, fetched: Fetched): boolean {
  if (fetched.provider === provider) return false
  return fetched.passed.some(({ code }) => code !== 'SECRET_NOT_FOUND')
}

/**
 * Only the provider's own word about this ref. A login of ours that was refused, a file that we will not
 * trust, bytes that make no sense: those say that we could not look.
 */
function isRevocation({ kind, code, reason }: FetchedFailure): boolean {
  if (kind === 'absent') return true
  if (kind !== 'denied' || code !== 'PROVIDER_DENIED') return false
  return reason === undefined || reason === 'not-permitted'
}
