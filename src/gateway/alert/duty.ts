/** When alerts are sent: while a gateway serves or an agent runs, and at the end of a command. */
import { SecretRefError } from '../../errors.ts'
import { Duties, type Duty } from '../duties.ts'
import type { Gateway } from '../gateway.ts'
import type { Say } from '../result.ts'
import { wallClock } from '../schedule.ts'
import { alertsAreDue, heldAlerts } from './pending.ts'
import { MESSAGE_TIMEOUT_MS } from './words.ts'

/** A look at a small file of ours; what waits for its channel comes on time enough. */
const EVERY_MS = 5000
/** What is on its way when we stop has so long to arrive: cut off, it would be sent a second time. */
const GRACE_MS = 3000
/**
 * A command waits no longer for its alerts: long enough for its sender to start, fetch and have one message
 * answered. What is left then is for the next one.
 */
const END_MS = MESSAGE_TIMEOUT_MS + 5000

export function alertDuty(gateway: Gateway, say: Say): Duty {
  return {
    name: 'alerts',
    everyMs: EVERY_MS,
    run: async (signal) => {
      if (!(await alertsAreDue(gateway))) return
      const { flushAlerts } = await import('./flush.ts')
      const late = after(signal)
      try {
        await flushAlerts(gateway, { say, signal: late.signal })
      } finally {
        late.forget()
      }
    },
  }
}

/** Aborts a while after the other one. */
function after(signal: AbortSignal): { signal: AbortSignal; forget: () => void } {
  const late = new AbortController()
  const begin = (): void => void setTimeout(() => late.abort(), GRACE_MS).unref()
  if (signal.aborted) begin()
  else signal.addEventListener('abort', begin, { once: true })
  return { signal: late.signal, forget: () => signal.removeEventListener('abort', begin) }
}

/** Beside one agent in the foreground. @returns ends it */
export function sendBeside(gateway: Gateway, say: Say): () => Promise<void> {
  const duties = new Duties({
    clock: wallClock(gateway.now),
    say,
    record: ({ duty, error: { code } }) =>
      gateway.record([{ event: 'duty.failed', actor: gateway.actor, code, detail: { duty } }]),
  })
  duties.replace([alertDuty(gateway, say)])
  return () => duties.stop()
}

/** Before a command ends: what it has raised, and what others left. Never throws for an alert's sake. */
export async function settleAlerts(gateway: Gateway, say: Say): Promise<void> {
  try {
    if (await alertsAreDue(gateway)) {
      const { flushAlerts } = await import('./flush.ts')
      await flushAlerts(gateway, { say, signal: AbortSignal.timeout(END_MS) })
    }
    const held = await heldAlerts(gateway)
    if (held.length === 0) return
    const { sayHeld } = await import('./settled.ts')
    for (const one of held) sayHeld(say, one)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    say('error', `alerts are not sent: ${error.message}`, error.hint)
  }
}
