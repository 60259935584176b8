/** One agent that is served, by the newest config that names it: its starts, one after the other. */
import { SecretRefError } from '../../errors.ts'
import { askToEnd } from '../ask-to-end.ts'
import { checkAgent } from '../check.ts'
import type { Ending } from '../ending.ts'
import type { Gateway } from '../gateway.ts'
import { Interrupted, startOnce, type Once } from '../once.ts'
import { Records } from '../records.ts'
import { Backoff, startsAgain } from '../restart.ts'
import type { Say } from '../result.ts'
import { runSchedule } from '../schedule.ts'
import type { Heard } from '../signals.ts'
import { checkAgainAndAgain } from './check.ts'
import type { Service, Serving } from './service.ts'

export class Served {
  readonly agent: string
  readonly #serving: Serving
  #gateway: Gateway
  #service: Service
  #running: Once | undefined
  /** It runs only until it has ended, to be started again with something changed. */
  #restarting = false
  /** Aborts when it is to start no more. */
  readonly #over = new AbortController()
  /** Ends how it waits for its next start, as that has changed; never a run. */
  #turn = new AbortController()
  #stop: Heard | undefined
  #leaving = false
  #ended = false
  #done: Promise<Ending | undefined> = Promise.resolve(undefined)
  #left: () => void = () => {}

  constructor(serving: Serving, gateway: Gateway, service: Service) {
    this.agent = service.plan.agent
    this.#serving = serving
    this.#gateway = gateway
    this.#service = service
  }

  get gateway(): Gateway {
    return this.#gateway
  }

  get service(): Service {
    return this.#service
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
    this.#startsNoMore(new Interrupted('SIGTERM'))
    this.#running?.because('config-reloaded')
    if (this.#running !== undefined) askToEnd(this.#running.agent)
    if (this.#ended) this.#left()
  }

  /** It is told by the signal, and starts no more. */
  stop(heard: Heard): void {
    this.#stop = heard
    this.#startsNoMore(new Interrupted(heard.signal))
    this.tell(heard)
  }

  #startsNoMore(why: Interrupted): void {
    this.#over.abort(why)
    this.#turn.abort()
  }

  tell({ signal, agentHasIt }: Heard): void {
    const agent = this.#running?.agent
    if (agent !== undefined && (agent.session || !agentHasIt)) agent.signal(signal)
  }

  kill(): void {
    this.#running?.agent.kill()
  }

  change(gateway: Gateway, service: Service): void {
    const old = this.#service
    this.#gateway = gateway
    this.#service = service
    const rearmed =
      old.schedule !== service.schedule ||
      old.timezone !== service.timezone ||
      (old.program === undefined) !== (service.program === undefined)
    if (rearmed && this.#ended) this.#done = this.#life(undefined)
    else if (rearmed) this.#turn.abort()
    if (this.#running === undefined) return
    const given = new Set(service.plan.bindings.map(({ envVar, ref }) => `${envVar} ${ref}`))
    const lost = old.plan.bindings.filter(({ envVar, ref }) => !given.has(`${envVar} ${ref}`))
    const same =
      JSON.stringify([old.plan, old.program]) === JSON.stringify([service.plan, service.program])
    const { onChange } = gateway.agent(this.agent)
    if (!same && onChange === 'restart' && service.schedule === undefined) {
      this.#running.because('config-reloaded')
      this.#restart()
    } else if (lost.length > 0) {
      const names = lost.map(({ envVar }) => envVar).join(', ')
      const about = `${this.agent}: the new config does not give it what it holds until it ends: ${names}`
      this.#serving.options.say('warn', about, 'end it where that is too long')
    }
  }

  #restart(): void {
    if (this.#running === undefined || this.#over.signal.aborted) return
    this.#restarting = true
    askToEnd(this.#running.agent)
  }

  async #life(before: Promise<unknown> | undefined): Promise<Ending | undefined> {
    this.#ended = false
    await before
    try {
      return await this.#turns()
    } catch (error) {
      return this.#fail(error)
    } finally {
      this.#ended = true
      if (this.#leaving) this.#left()
    }
  }

  /**
   * Says a failure at once, a defect of ours included: the others go on, and may do so for long. No
   * value can be in an error of this wing.
   */
  #fail(error: unknown): undefined {
    if (error instanceof Interrupted) return
    const { say } = this.#serving.options
    if (error instanceof SecretRefError) {
      say('error', `${this.agent}: ${error.message} [${error.code}]`, error.hint)
    } else {
      const what = `a defect of SecretRef: ${String(error)} [INTERNAL]`
      say('error', `${this.agent}: ${what}`, 'please report it')
    }
  }

  async #turns(): Promise<Ending | undefined> {
    let last: Ending | undefined
    const once = async (): Promise<Ending | undefined> => {
      last = await this.#start()
      return last
    }
    do {
      if (this.#over.signal.aborted) break
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
      this.#fail(error)
    }
  }

  async #again(once: () => Promise<Ending | undefined>, turn: AbortSignal): Promise<void> {
    const { clock, options } = this.#serving
    const backoff = new Backoff()
    let owed = false
    for (;;) {
      const began = clock.now().getTime()
      const ending = await once()
      const restarting = this.#restarting
      this.#restarting = false
      // It ran well until we ended it: whatever its policy, it is started again until that succeeds.
      owed = restarting || (owed && ending === undefined)
      if (turn.aborted || !(owed || startsAgain(this.#service.restart, ending))) return
      if (restarting) continue
      const delay = backoff.after(clock.now().getTime() - began)
      options.say('info', `${this.agent}: starts again in ${delay / 1000} s`)
      await clock.wait(delay, turn)
      if (turn.aborted) return
    }
  }

  /** @returns `undefined` where it could not be started; that has been said by then */
  async #start(): Promise<Ending | undefined> {
    const { plan, program, schedule, strict, terminal } = this.#service
    const { options, starts } = this.#serving
    if (program === undefined) return undefined
    const { say } = options
    const { signal } = this.#over
    try {
      const running = await starts.run(() => {
        // Nobody is asked for what will not be started.
        signal.throwIfAborted()
        return startOnce(this.#gateway, {
          plan,
          ...program,
          pristine: true,
          strict,
          session: !terminal,
          stdin: terminal ? 'inherit' : 'ignore',
          signal,
          say,
          // A scheduled run is not restarted: the next one has the new value.
          ...(schedule === undefined ? { onRestart: () => this.#restart() } : {}),
        })
      })
      this.#running = running
      say('info', `${this.agent}: started (pid ${running.agent.pid})`)
      // Asked to stop between the release and now.
      if (this.#stop !== undefined) this.tell(this.#stop)
      else if (this.#leaving) askToEnd(running.agent)
      const ending = await running.ended()
      this.#running = undefined
      say('info', `${this.agent}: ${wordsFor(ending)}`)
      return ending
    } catch (error) {
      return this.#fail(error)
    }
  }

  async #check(say: Say): Promise<void> {
    const { options, starts } = this.#serving
    const { plan, strict } = this.#service
    const { signal } = this.#over
    try {
      const found = await starts.run(() => {
        signal.throwIfAborted()
        return checkAgent(this.#gateway, plan, strict, say, signal)
      })
      options.checked(plan, found)
    } catch (error) {
      this.#fail(error)
    }
  }
}

function wordsFor({ code, signal }: Ending): string {
  return signal === undefined ? `ended with exit code ${code}` : `was ended by ${signal}`
}
