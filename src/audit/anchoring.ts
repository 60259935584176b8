/** Takes checkpoints to the anchors beside the log's own work: one at a time, the newest next. */
import type { AnchorFailure } from './anchor/publish.ts'
import type { Anchor } from './settings.ts'

export class Anchoring {
  readonly #anchors: readonly Anchor[]
  readonly #home: string
  readonly #failed: (failures: readonly AnchorFailure[]) => void
  /** Told about already, and failing ever since. */
  #failing = new Set<string>()
  #next: string | undefined
  #working: Promise<void> | undefined
  readonly #leave = new AbortController()

  /**
   * @param home the folder of the log
   * @param failed is told of each anchor once, until it has worked again
   */
  constructor(
    anchors: readonly Anchor[],
    home: string,
    failed: (failures: readonly AnchorFailure[]) => void,
  ) {
    this.#anchors = anchors
    this.#home = home
    this.#failed = failed
  }

  /** Returns at once. A note that waits gives way to a newer one, which says all that it says. */
  publish(note: string): void {
    if (this.#anchors.length === 0) return
    this.#next = note
    this.#working ??= this.#work()
  }

  /**
   * Waits for what is on its way, so many milliseconds at most. What has not got there by then goes on by
   * itself, and what still waits for its turn is sent after it.
   */
  async drain(ms: number): Promise<void> {
    if (this.#working === undefined) return
    const timer = setTimeout(() => this.#leave.abort(), ms)
    await this.#working
    clearTimeout(timer)
  }

  async #work(): Promise<void> {
    // Loaded on use: most logs have no anchor.
    const { publishCheckpoint } = await import('./anchor/publish.ts')
    for (let note = this.#next; note !== undefined; note = this.#next) {
      this.#next = undefined
      const failures = await publishCheckpoint(this.#anchors, note, {
        home: this.#home,
        leave: this.#leave.signal,
      })
      const fresh = failures.filter(({ anchor }) => !this.#failing.has(anchor))
      this.#failing = new Set(failures.map(({ anchor }) => anchor))
      if (fresh.length > 0) this.#failed(fresh)
    }
    this.#working = undefined
  }
}
