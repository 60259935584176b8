/** A clock that a test moves: whoever waits is woken when it has passed their time, and not before. */
import type { Clock } from '../../src/gateway/schedule.ts'

export class MovedClock implements Clock {
  #now = Date.parse('2026-11-24T12:00:00.000Z')
  /** What does not depend on what the clock says: waiting goes by it. */
  #passed = 0
  readonly #waiting = new Set<{ at: number; wake: () => void }>()

  now(): Date {
    return new Date(this.#now)
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const one = {
        at: this.#passed + ms,
        wake: () => {
          this.#waiting.delete(one)
          resolve()
        },
      }
      this.#waiting.add(one)
      signal.addEventListener('abort', one.wake, { once: true })
    })
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Somebody sets it; no time passes. */
  set(by: number): void {
    this.#now += by
  }

  /** What is under way happens first; then time passes, and what it woke happens. */
  async pass(ms: number): Promise<void> {
    await settled()
    this.#now += ms
    this.#passed += ms
    for (const one of this.#waiting) if (one.at <= this.#passed) one.wake()
    await settled()
  }
}

/** When everything that can happen without time has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
