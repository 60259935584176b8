/** What becomes of one message to one channel. */
import type { Sent } from '../../gateway/alert/words.ts'
import type { Reply } from '../http/request.ts'

const MOST_SECONDS = 3600

/** What a status says by itself, for services that say no more. Bodies are not looked at. */
export function judge(reply: Reply): Sent {
  if (reply.kind === 'trouble') {
    return reply.trouble === 'certificate'
      ? { kind: 'refused', reason: 'destination' }
      : { kind: 'unavailable', reason: 'network' }
  }
  const { status } = reply
  if (status >= 200 && status < 300) return { kind: 'sent' }
  if (status === 429) return { kind: 'unavailable', reason: 'busy', ...waitOf(reply) }
  if (status >= 500 || status === 408) return { kind: 'unavailable', reason: 'server' }
  if (status === 401 || status === 403) return { kind: 'refused', reason: 'credential' }
  // A redirect too: what is sent goes where the config says.
  if (status === 404 || status === 410 || status < 400) {
    return { kind: 'refused', reason: 'destination' }
  }
  return { kind: 'refused', reason: 'message' }
}

/** Seconds or a date (RFC 9110, section 10.2.3). */
function waitOf({ retryAfter = '' }: { retryAfter?: string }): { afterMs?: number } {
  const ms = /^\d{1,9}$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter) - Date.now()
  return Number.isNaN(ms) ? {} : { afterMs: Math.max(0, Math.min(ms, MOST_SECONDS * 1000)) }
}
