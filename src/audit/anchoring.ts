/** Takes checkpoints to the anchors beside the log's own work: one at a time, the newest next. */
import type { AnchorFailure } from './anchor/publish.ts'
import type { AuditSettings } from './settings.ts'

export class Anchoring {
  readonly #settings: AuditSettings
  readonly #failed: (failures: readonly AnchorFailure[]) => void
  /** Told about already, and failing ever since. */
  #failing = new Set<string>()
  #next: string | undefined
  #working: Promise<void> | undefined
  readonly #stop = new AbortController()

  /** @param failed is told of each anchor once, until it has worked again */
  constructor(settings: AuditSettings, failed: (failures: readonly AnchorFailure[]) => void) {
    this.#settings = settings
    this.#failed = failed
  }

  /** Returns at once. A note that waits gives way to a newer one, which says all that it says. */
  publish(note: string): void {
    if (this.#settings.anchors.length === 0) return
    this.#next = note
    this.#working ??= this.#work()
  }

  /** Waits for what is on its way, so many milliseconds at most. */
  async drain(ms: number): Promise<void> {
    if (this.#working === undefined) return
    const timer = setTimeout(() => this.#stop.abort(), ms)
    await this.#working
    clearTimeout(timer)
  }

  async #work(): Promise<void> {
    // Loaded on use: most logs have no anchor.
    const { publishCheckpoint } = await import('./anchor/publish.ts')
    for (let note = this.#next; note !== undefined; note = this.#next) {
      this.#next = undefined
      const failures = await publishCheckpoint(this.#settings, note, this.#stop.signal)
      const fresh = failures.filter(({ anchor }) => !this.#failing.has(anchor))
      this.#failing = new Set(failures.map(({ anchor }) => anchor))
      if (fresh.length > 0) this.#failed(fresh)
    }
    this.#working = undefined
  }
}
