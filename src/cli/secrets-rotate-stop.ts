/** A signal stops a rotation between two steps: it is left as it is durable, and goes on with the next run. */
import { endLike } from '../gateway/ending.ts'
import { Requests } from '../gateway/signals.ts'
import type { Surroundings } from '../gateway/surroundings.ts'
import { printable, type Io } from './io.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Most of what is waited for ends at once; a service may take longer to answer. */
const SOON_MS = 500

export class Stop {
  readonly #io: Io
  readonly #ignored: readonly string[]
  readonly #controller = new AbortController()
  readonly #listeners = new Map<NodeJS.Signals, () => void>()
  readonly #requests = new Requests()
  #late: NodeJS.Timeout | undefined
  /** The first one that was heard. */
  signal: NodeJS.Signals | undefined

  constructor(io: Io, { ignored }: Pick<Surroundings, 'ignored'>) {
    this.#io = io
    this.#ignored = ignored
  }

  /** Until it is called, a signal does what it always does; what our caller ignores (nohup) does nothing. */
  listen(): void {
    for (const signal of SIGNALS) {
      if (this.#ignored.includes(signal.slice('SIG'.length))) continue
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
    const request = this.#requests.count()
    // Whoever comes next finds it as after a crash: that loses nothing either.
    if (request === 'repeated') endLike({ signal })
    if (request === 'same') return
    this.signal = signal
    this.#controller.abort()
    this.#late = setTimeout(() => {
      const words =
        'the step that was begun is waited for, and the next run goes on after it; a second signal ends this at once'
      this.#io.err(`${this.#io.program}: ${printable(words)}\n`)
    }, SOON_MS)
  }
}
