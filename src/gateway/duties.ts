/**
 * What a serving gateway does from time to time beside its agents. Each duty runs alone, again and again;
 * one that fails is said, recorded and tried again at its next time, and never touches an agent.
 */
import { SecretRefError } from '../errors.ts'
import type { Say } from './result.ts'
import type { Clock } from './schedule.ts'

export interface Duty {
  /** Names it among the others, in what is said, and on record. */
  name: string
  /** From the end of one run to the beginning of the next, about. */
  everyMs: number
  /** So long after it was first wanted it runs for the first time; left out: at once. */
  firstAfterMs?: number
  /** @param signal aborts when the gateway stops: then it ends soon, and need not have finished */
  run(signal: AbortSignal): Promise<void>
}

export interface DutyOptions {
  clock: Clock
  say: Say
  /** Puts a failure on record. */
  record: (failure: DutyFailure) => Promise<void>
}

export interface DutyFailure {
  duty: string
  error: SecretRefError
}

/** At the end a duty has so long; what it must not lose, it has written down by then. */
const STOP_MS = 5000

export class Duties {
  readonly #options: DutyOptions
  readonly #stopping = new AbortController()
  /** By name, those of the newest config. */
  #wanted: ReadonlyMap<string, Duty> = new Map()
  readonly #loops = new Map<string, Promise<void>>()
  /** Ends all waiting, as times have changed. */
  #changed = new AbortController()

  constructor(options: DutyOptions) {
    this.#options = options
  }

  /**
   * Those of a new config take the place of the old ones. A run under way goes on as it began; the next
   * one of its name is the new duty's. One that is new runs at once.
   */
  replace(duties: readonly Duty[]): void {
    if (this.#stopping.signal.aborted) return
    this.#wanted = new Map(duties.map((duty) => [duty.name, duty]))
    this.#changed.abort()
    this.#changed = new AbortController()
    for (const { name } of duties) {
      if (!this.#loops.has(name)) this.#loops.set(name, this.#again(name))
    }
  }

  /** Before the process ends: no run begins any more, and those under way are told and waited for. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#changed.abort()
    const { clock, say } = this.#options
    const late = new AbortController()
    const all = Promise.all(this.#loops.values()).then(() => late.abort())
    await Promise.race([all, clock.wait(STOP_MS, late.signal)])
    const names = [...this.#loops.keys()]
    if (names.length > 0) say('warn', `${names.join(', ')}: did not end in time and is cut off`)
  }

  async #again(name: string): Promise<void> {
    const { clock } = this.#options
    const since = clock.now().getTime()
    let last: number | undefined
    /** The last failure, so that it is told once. */
    let trouble: string | undefined
    for (;;) {
      const duty = this.#wanted.get(name)
      if (duty === undefined || this.#stopping.signal.aborted) break
      const [from, ms] = last === undefined ? [since, duty.firstAfterMs ?? 0] : [last, duty.everyMs]
      const left = from + ms - clock.now().getTime()
      // More than all of it is left where the clock was set back.
      if (left > 0 && left <= ms) await clock.wait(left, this.#changed.signal)
      else {
        trouble = await this.#once(duty, trouble)
        last = clock.now().getTime()
      }
    }
    this.#loops.delete(name)
  }

  async #once(duty: Duty, trouble: string | undefined): Promise<string | undefined> {
    const { signal } = this.#stopping
    try {
      await duty.run(signal)
      return undefined
    } catch (error) {
      // It ended because we stop: no failure.
      if (signal.aborted && error === signal.reason) return trouble
      return this.#tell(duty.name, error instanceof SecretRefError ? error : defect(error), trouble)
    }
  }

  /** @returns what was the matter */
  async #tell(duty: string, error: SecretRefError, before: string | undefined): Promise<string> {
    const { say, record } = this.#options
    const trouble = `${error.code} ${error.message}`
    if (trouble === before) return trouble
    say('error', `${duty}: ${error.message} [${error.code}]; it is tried again`, error.hint)
    try {
      await record({ duty, error })
    } catch (failure) {
      const { message, code, hint } = failure instanceof SecretRefError ? failure : defect(failure)
      say('error', `${duty}: ${message} [${code}]: this failure is not on record`, hint)
    }
    return trouble
  }
}

/** No value can be in an error of this wing. */
function defect(error: unknown): SecretRefError {
  return new SecretRefError('INTERNAL', `a defect of SecretRef: ${String(error)}`, {
    hint: 'please report it',
  })
}
