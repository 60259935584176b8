/** A signal stops a rotation between two steps: it is left as it is durable, and goes on with the next run. */
import { printable, type Io } from './io.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Most of what is waited for ends at once; a service may take longer to answer. */
const SOON_MS = 500

export class Stop {
  readonly #io: Io
  readonly #controller = new AbortController()
  readonly #listeners = new Map<NodeJS.Signals, () => void>()
  #late: NodeJS.Timeout | undefined
  /** The first one that was heard. */
  signal: NodeJS.Signals | undefined

  constructor(io: Io) {
    this.#io = io
  }

  /** Until it is called, a signal does what it always does. */
  listen(): void {
    for (const signal of SIGNALS) {
      const hear = (): void => this.#hear(signal)
      this.#listeners.set(signal, hear)
      process.on(signal, hear)
    }
  }

  /** Aborts with the first signal. */
  get heard(): AbortSignal {
    return this.#controller.signal
  }

  dismiss(): void {
    clearTimeout(this.#late)
    for (const [signal, hear] of this.#listeners) process.off(signal, hear)
  }

  #hear(signal: NodeJS.Signals): void {
    if (this.signal !== undefined) return
    this.signal = signal
    this.#controller.abort()
    this.#late = setTimeout(() => {
      const words = 'the step that was begun is waited for; the next run goes on after it'
      this.#io.err(`${this.#io.program}: ${printable(words)}\n`)
    }, SOON_MS)
  }
}
