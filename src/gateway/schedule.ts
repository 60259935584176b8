/**
 * Starts at the times of a cron expression. A start that falls into the run before it is skipped, and
 * one that was missed (the machine slept) is not made up; both are told.
 *
 * croner reads the times in their zone: where clocks go forward, a time that does not exist comes with
 * the change; where they go back, a time of day that stands alone comes once, the first time.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Cron } from 'croner'

export interface Clock {
  now(): Date
  /** Resolves after `ms`, or as soon as `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export function wallClock(now: () => Date): Clock {
  return {
    now,
    wait: async (ms, signal) => {
      await pause(ms, undefined, { signal }).catch(ignoreAbort)
    },
  }
}

function ignoreAbort(): void {
  // The wait is over because we stop; who waited looks at the signal.
}

export interface ScheduleEvents {
  /** @returns when the run that it started has ended */
  start(due: Date): Promise<void>
  skipped(reason: 'overlap' | 'missed', due: Date): Promise<void>
}

/** A start that comes later than this after its time was missed. */
const LATE_MS = 60_000
/** Timers stand still while a machine sleeps; looking at the clock this often finds out. */
const LOOK_MS = 30_000

/**
 * @param expression checked when it was read: five fields, or six with seconds first
 * @param timezone IANA name
 * @returns when `signal` aborts, or when no further time comes; never before the last run has ended
 */
export async function runSchedule(
  expression: string,
  timezone: string,
  clock: Clock,
  events: ScheduleEvents,
  signal: AbortSignal,
): Promise<void> {
  // Loaded on use: a start without a schedule does not pay for it.
  const { Cron: CronClass } = await import('croner')
  const cron = new CronClass(expression, { timezone, paused: true })
  let running: Promise<void> | undefined
  let after = clock.now()
  for (;;) {
    const due = cron.nextRun(after)
    if (due === null) break
    for (;;) {
      const left = due.getTime() - clock.now().getTime()
      if (left <= 0 || signal.aborted) break
      await clock.wait(Math.min(left, LOOK_MS), signal)
    }
    if (signal.aborted) break
    const now = clock.now()
    if (now.getTime() - due.getTime() > LATE_MS) {
      await events.skipped('missed', due)
      // Everything up to now was missed; one record is enough.
      after = now
      continue
    }
    const newest = newestDue(cron, due, now)
    if (newest !== due) await events.skipped('missed', due)
    after = newest
    if (running !== undefined) await events.skipped('overlap', newest)
    else {
      running = events.start(newest).finally(() => {
        running = undefined
      })
    }
  }
  await running
}

/** Where several times have come at once, such as every second after half a minute's sleep: the last. */
function newestDue(cron: Cron, due: Date, now: Date): Date {
  let newest = due
  for (let next = cron.nextRun(due); next !== null && next <= now; next = cron.nextRun(next)) {
    newest = next
  }
  return newest
}
