/** Where a value was used, by its fingerprint: what the records say that hold it. Pure. */
import type { AuditRecord } from './record.ts'

export interface Moment {
  seq: number
  time: string
  event: string
  /** Name of the archive that holds the record; absent for the log in use. */
  archive?: string
}

/** One agent with one ref; an entry without an agent is a person who stored or checked the value. */
export interface Use {
  agent?: string
  ref?: string
  records: number
  /** Of them, how often an agent received the value. */
  delivered: number
  first: Moment
  last: Moment
  /** The last ones, oldest first. */
  runs: string[]
  /** True where there were more. */
  moreRuns: boolean
}

/** A log can name a million runs; so many are kept for each use. */
const MAX_RUNS = 1000

export class Uses {
  readonly #fingerprint: string
  readonly #uses = new Map<string, Use & { seen: Set<string> }>()
  /** Whether any record holds a fingerprint at all, of whatever value. */
  anyFingerprint = false

  constructor(fingerprint: string) {
    this.#fingerprint = fingerprint
  }

  /** @param archive its name, for a record of one */
  add(record: AuditRecord, archive?: string): void {
    const fingerprint = record.secret?.fingerprint
    if (fingerprint === undefined) return
    this.anyFingerprint = true
    if (fingerprint !== this.#fingerprint) return
    const { seq, time, event, agent, ref, actor } = record
    const moment: Moment = { seq, time, event, ...(archive === undefined ? {} : { archive }) }
    const key = JSON.stringify([agent, ref])
    let use = this.#uses.get(key)
    if (use === undefined) {
      use = {
        ...(agent === undefined ? {} : { agent }),
        ...(ref === undefined ? {} : { ref }),
        records: 0,
        delivered: 0,
        first: moment,
        last: moment,
        runs: [],
        moreRuns: false,
        seen: new Set(),
      }
      this.#uses.set(key, use)
    }
    use.records += 1
    if (event === 'grant.delivered') use.delivered += 1
    use.last = moment
    if (actor.run === undefined) return
    // The newest stands last.
    use.seen.delete(actor.run)
    use.seen.add(actor.run)
    const [oldest] = use.seen
    if (use.seen.size <= MAX_RUNS || oldest === undefined) return
    use.seen.delete(oldest)
    use.moreRuns = true
  }

  /** In the order of their first record. */
  uses(): readonly Use[] {
    return Array.from(this.#uses.values(), ({ seen, ...use }) => ({ ...use, runs: [...seen] }))
  }
}
