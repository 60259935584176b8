/**
 * A loop of the same record, denials above all, kept short: the first of a kind goes to the log at once, what repeats it within the
 * window is counted and becomes one entry with `count`. Pure but for the clock it is given. What a
 * killed process had counted and not yet handed out is lost: a number, never a kind of denial.
 */
import type { Entry } from './record.ts'

const WINDOW_MS = 60_000
/** More kinds than this at once are no loop: what comes on top is written as it comes. */
const MAX_KINDS = 1000

interface Repeated {
  /** Milliseconds; the window opens with the entry that was written. */
  since: number
  last: Entry
  count: number
}

export class Coalescer {
  readonly #now: () => Date
  readonly #windowMs: number
  readonly #kinds = new Map<string, Repeated>()

  constructor(now: () => Date, windowMs = WINDOW_MS) {
    this.#now = now
    this.#windowMs = windowMs
  }

  /** Takes a denial; returns what is to be appended now, in order. */
  offer(entry: Entry): readonly Entry[] {
    const now = this.#now().getTime()
    const due = this.#take((repeated) => now - repeated.since >= this.#windowMs)
    const kind = kindOf(entry)
    const repeated = this.#kinds.get(kind)
    if (repeated !== undefined) {
      repeated.count += 1
      repeated.last = entry
      return due
    }
    if (this.#kinds.size < MAX_KINDS) this.#kinds.set(kind, { since: now, last: entry, count: 0 })
    return [...due, entry]
  }

  /** What was counted and not yet returned; to be appended before the log is closed. */
  flush(): readonly Entry[] {
    return this.#take(() => true)
  }

  #take(isDue: (repeated: Repeated) => boolean): Entry[] {
    const due: Entry[] = []
    for (const [kind, repeated] of this.#kinds) {
      if (!isDue(repeated)) continue
      this.#kinds.delete(kind)
      if (repeated.count > 0) due.push({ ...repeated.last, count: repeated.count })
    }
    return due
  }
}

/** Two bindings of one agent are two kinds. */
function kindOf(entry: Entry): string {
  const { event, agent, tool, ref, envVar, provider, environment, code, reason } = entry
  return JSON.stringify([event, agent, tool, ref, envVar, provider, environment, code, reason])
}
