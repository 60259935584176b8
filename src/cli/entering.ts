/** Waits for a value to be typed or piped into a process of the value wing, and for the signals meanwhile. */
import { CANCELLING, type Cancelling } from '../gateway/input/set-words.ts'
import type { Cancelled, ValueInput } from '../gateway/input/value-input.ts'

export interface Entered<R> {
  /** `undefined` where the process ended without one. */
  report: R | Cancelled | undefined
  /** What ended the prompt, or us. */
  signal?: Cancelling
}

/**
 * The first signal cancels; what has been begun by then is finished. A second one ends it at once.
 * @param start is called once signals are listened for: one that comes meanwhile must not end us unheard
 */
export async function entered<R>(start: () => ValueInput<R>): Promise<Entered<R>> {
  let received: Cancelling | undefined
  let input: ValueInput<R> | undefined
  const listeners = CANCELLING.map((signal) => {
    const listener = (): void => {
      if (received === undefined) input?.cancel()
      else input?.kill()
      received ??= signal
    }
    process.on(signal, listener)
    return [signal, listener] as const
  })
  input = start()
  const report = await input.report
  for (const [signal, listener] of listeners) process.off(signal, listener)
  const signal = received ?? cancelledBy(report)
  return { report, ...(signal === undefined ? {} : { signal }) }
}

function cancelledBy(report: unknown): Cancelling | undefined {
  if (typeof report !== 'object' || report === null || !('signal' in report)) return undefined
  return CANCELLING.find((signal) => signal === report.signal)
}
