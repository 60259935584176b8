/** One agent that is served, by the newest config that names it: its starts, one after the other. */
import { checkAgent } from '../check.ts'
import type { Ending } from '../ending.ts'
import type { Gateway } from '../gateway.ts'
import { Records } from '../records.ts'
import { Backoff, startsAgain } from '../restart.ts'
import type { Say } from '../result.ts'
import { runSchedule } from '../schedule.ts'
import type { Heard } from '../signals.ts'
import { checkAgainAndAgain } from './check.ts'
import { runsAs, type Current } from './meaning.ts'
import { Runner, type Taken } from './runner.ts'
import type { Service, Serving } from './service.ts'

export class Served {
  readonly agent: string
  readonly #serving: Serving
  readonly #runner: Runner
  /** Ends how it waits for its next start, as that has changed; never a run. */
  #turn = new AbortController()
  #leaving = false
  #ended = false
  /** False where its last start failed. */
  #hasRun = false
  #done: Promise<Ending | undefined> = Promise.resolve(undefined)
  #left: () => void = () => {}

  constructor(serving: Serving, current: Current) {
    this.agent = current.service.plan.agent
    this.#serving = serving
    this.#runner = new Runner(serving, current)
  }

  get current(): Current {
    return this.#runner.current
  }

  /** True once its config no longer names it. */
  get leaving(): boolean {
    return this.#leaving
  }

  get ended(): boolean {
    return this.#ended
  }

  /** How it ended last, when it has; `undefined` where it could not be started. Never rejects. */
  get done(): Promise<Ending | undefined> {
    return this.#done
  }

  /**
   * @param before when one of the same name, which was removed, has ended
   * @param left called once it has ended after `leave`
   */
  begin(before: Promise<unknown> | undefined, left: () => void): void {
    this.#left = left
    this.#done = this.#life(before)
  }

  /** Its config no longer names it: it is ended, and starts no more. */
  leave(): void {
    this.#leaving = true
    this.#runner.leave()
    this.#turn.abort()
    if (this.#ended) this.#left()
  }

  /** It is told by the signal, and starts no more. */
  stop(heard: Heard): void {
    this.#runner.stop(heard)
    this.#turn.abort()
  }

  tell(heard: Heard): void {
    this.#runner.tell(heard)
  }

  kill(): void {
    this.#runner.kill()
  }

  /** What `next` takes from its run; nothing has happened until `change` is given it. */
  taken(next: Current): Promise<Taken | undefined> {
    return this.#runner.taken(next)
  }

  change(next: Current, taken: Taken | undefined): void {
    const { current: old } = this
    this.#runner.change(next, taken)
    const changed = runsAs(old) !== runsAs(next)
    const { schedule, timezone, program } = next.service
    const otherWay =
      old.service.schedule !== schedule ||
      old.service.timezone !== timezone ||
      (old.service.program === undefined) !== (program === undefined)
    if (this.#ended) {
      // One that ran to its end has done what it was for.
      if (otherWay || (changed && !this.#hasRun)) this.#done = this.#life(undefined)
    } else if (otherWay || (changed && program === undefined)) this.#turn.abort()
  }

  get #service(): Service {
    return this.#runner.current.service
  }

  get #gateway(): Gateway {
    return this.#runner.current.gateway
  }

  async #life(before: Promise<unknown> | undefined): Promise<Ending | undefined> {
    this.#ended = false
    await before
    try {
      return await this.#turns()
    } catch (error) {
      return this.#runner.fail(error)
    } finally {
      this.#ended = true
      if (this.#leaving) this.#left()
    }
  }

  async #turns(): Promise<Ending | undefined> {
    let last: Ending | undefined
    const once = async (): Promise<Ending | undefined> => {
      last = await this.#runner.start()
      this.#hasRun = last !== undefined
      return last
    }
    do {
      if (this.#runner.over.aborted) break
      this.#turn = new AbortController()
      await this.#oneWay(once, this.#turn.signal)
    } while (this.#turn.signal.aborted)
    return last
  }

  /** Serves in one way, until there is no more to do, or another way is asked for. */
  async #oneWay(once: () => Promise<Ending | undefined>, turn: AbortSignal): Promise<void> {
    const { program, schedule, timezone } = this.#service
    const { clock, options } = this.#serving
    if (program === undefined) {
      await this.#check(options.say)
      if (schedule === undefined) {
        await checkAgainAndAgain(clock, options.say, (news) => this.#check(news), turn)
      }
    }
    if (schedule !== undefined) {
      const start = async (): Promise<void> => {
        await (program === undefined ? this.#check(options.say) : once())
      }
      const skipped = (reason: 'overlap' | 'missed', due: Date): Promise<void> =>
        this.#skipped(reason, due)
      await runSchedule(schedule, timezone, clock, { start, skipped }, turn)
    } else if (program !== undefined) {
      await this.#again(once, turn)
    }
  }

  async #skipped(reason: 'overlap' | 'missed', due: Date): Promise<void> {
    const { plan, program } = this.#service
    const why = reason === 'overlap' ? 'the run before it goes on' : 'its time has passed'
    const about = `${this.agent}: the start of ${due.toISOString()} is skipped: ${why}`
    this.#serving.options.say('warn', about)
    const command = program?.command ?? []
    const records = new Records(this.#gateway, { run: '', plan, command })
    try {
      await this.#gateway.record([records.runSkipped(reason, due)])
    } catch (error) {
      this.#runner.fail(error)
    }
  }

  async #again(once: () => Promise<Ending | undefined>, turn: AbortSignal): Promise<void> {
    const { clock, options } = this.#serving
    const backoff = new Backoff()
    let owed = false
    for (;;) {
      const began = clock.now().getTime()
      const ending = await once()
      const restart = this.#runner.takeRestart()
      // It ran well until we ended it: whatever its policy, it is started again until that succeeds.
      owed = restart !== undefined || (owed && ending === undefined)
      if (turn.aborted || !(owed || startsAgain(this.#service.restart, ending))) return
      const delay = restart ?? backoff.after(clock.now().getTime() - began)
      if (delay === 0) continue
      options.say('info', `${this.agent}: starts again in ${delay / 1000} s`)
      await clock.wait(delay, turn)
      if (turn.aborted) return
    }
  }

  async #check(say: Say): Promise<void> {
    const { options, starts } = this.#serving
    const { plan, strict } = this.#service
    const { over } = this.#runner
    try {
      const found = await starts.run(() => {
        over.throwIfAborted()
        return checkAgent(this.#gateway, plan, strict, say, over)
      })
      options.checked(plan, found)
    } catch (error) {
      this.#runner.fail(error)
    }
  }
}
