/** When an agent that ended is started again. Pure. */
import type { Ending } from './ending.ts'

export type Restart = 'never' | 'on-failure' | 'always'

const FIRST_MS = 1000
const MOST_MS = 60_000
/** A run that lasted this long was a success at starting; the next failure begins at the first delay. */
const STEADY_MS = 60_000

/** Delays double from one second to a minute: a broken agent costs its providers one start a minute. */
export class Backoff {
  #next = FIRST_MS

  /** @param lasted how long the run went on, in ms; @returns how long to wait before the next one */
  after(lasted: number): number {
    if (lasted >= STEADY_MS) this.#next = FIRST_MS
    const delay = this.#next
    this.#next = Math.min(delay * 2, MOST_MS)
    return delay
  }
}

/**
 * How soon an agent is started again because of an edit: at once, and while edits go on ever later, so
 * that a minute of quick edits costs it a handful of restarts.
 */
export class Pace {
  #backoff = new Backoff()
  /** When the last one was due. */
  #last = Number.NEGATIVE_INFINITY

  /** @param now milliseconds; @returns how long the next restart has to wait, in ms */
  next(now: number): number {
    const since = now - this.#last
    const steady = since >= STEADY_MS
    if (steady) this.#backoff = new Backoff()
    const delay = steady ? 0 : Math.max(0, this.#backoff.after(0) - since)
    this.#last = now + delay
    return delay
  }
}

/** @param ending `undefined` where the agent could not be started at all */
export function startsAgain(restart: Restart, ending: Ending | undefined): boolean {
  if (restart === 'always') return true
  if (restart === 'never') return false
  return ending === undefined || ending.signal !== undefined || ending.code !== 0
}
