/** When alerts are sent: while a gateway serves or an agent runs, and at the end of a command. */
import type { Way } from '../../alerts/outbox.ts'
import { SecretRefError } from '../../errors.ts'
import { Duties, type Duty } from '../duties.ts'
import type { Gateway } from '../gateway.ts'
import type { Say } from '../result.ts'
import { wallClock } from '../schedule.ts'
import { alertsAreDue, hurryAlerts, waitingAlerts } from './pending.ts'
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

/** A channel that is back takes what waited for it. */
const MOST_ROUNDS = 3

/**
 * Before a command ends: what it has raised, and what others left; and what is still left then is said.
 * Never throws for an alert's sake.
 *
 * @param hurried what was tried in vain before is tried now, as somebody may have mended it
 */
export async function settleAlerts(
  gateway: Gateway,
  say: Say,
  { hurried = false }: { hurried?: boolean } = {},
): Promise<void> {
  /** Of each way, how many were just said not to be sent. */
  const said = new Map<string, number>()
  try {
    if (hurried) await hurryAlerts(gateway)
    const signal = AbortSignal.timeout(END_MS)
    for (let round = 0; round < MOST_ROUNDS && (await alertsAreDue(gateway)); round += 1) {
      const { flushAlerts } = await import('./flush.ts')
      const told = (way: Way, count: number): void => {
        said.set(nameOf(way), (said.get(nameOf(way)) ?? 0) + count)
      }
      const { sent } = await flushAlerts(gateway, { say, signal, told })
      if (sent === 0 || signal.aborted) break
    }
    const left = await waitingAlerts(gateway)
    const unsaid = left.filter((one) => one.count > (said.get(nameOf(one)) ?? 0))
    if (unsaid.length === 0) return
    const { sayWaiting } = await import('./settled.ts')
    for (const one of unsaid) sayWaiting(gateway, say, one)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    say('error', `alerts are not sent: ${error.message}`, error.hint)
  }
}

function nameOf({ environment, channel }: Way): string {
  return JSON.stringify([environment, channel])
}
