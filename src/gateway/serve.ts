/**
 * Serves agents in the foreground, each by its own schedule and restart policy. One that fails never
 * stops the others.
 */
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { SecretRefError } from '../errors.ts'
import type { Plan } from '../plan/types.ts'
import type { GrantRow } from '../state/grants.ts'
import { askToEnd } from './ask-to-end.ts'
import { checkAgent } from './check.ts'
import type { Ending } from './ending.ts'
import type { Gateway, Program } from './gateway.ts'
import { Interrupted, startOnce, type Once } from './once.ts'
import type { Say } from './result.ts'
import { Records } from './records.ts'
import { Backoff, startsAgain } from './restart.ts'
import { runSchedule, type Clock } from './schedule.ts'
import { Requests, type Heard } from './signals.ts'
import { Turns } from './turns.ts'

export interface Service {
  plan: Plan
  /** `undefined`: its credentials are only checked. */
  program: Program | undefined
  schedule: string | undefined
  timezone: string
  restart: 'never' | 'on-failure' | 'always'
  strict: boolean
  /** True where it may use our terminal: it is the only one, and starts at once. */
  terminal: boolean
}

export interface ServeOptions {
  say: Say
  /** Called after each check of an agent without a command. */
  checked: (plan: Plan, found: readonly GrantRow[]) => void
}

/** How long an agent has to end after it was asked to, before it is killed. */
const GRACE_MS = 10_000
/** How often an agent without a command is looked at for a coming expiry. */
const WATCH_MS = 3_600_000

export class Server {
  readonly #gateway: Gateway
  readonly #options: ServeOptions
  readonly #running = new Set<Once>()
  readonly #stopping = new AbortController()
  readonly #requests = new Requests()
  /** Those whose agents are ended only to be started again with a changed value. */
  readonly #restarting = new Set<Service>()
  /** What we were asked to stop by. */
  #stop: Heard | undefined
  /** A start is a process of tens of megabytes until its agent runs. */
  readonly #starts = new Turns(Math.max(4, 2 * availableParallelism()))
  readonly #clock: Clock

  constructor(gateway: Gateway, options: ServeOptions) {
    this.#gateway = gateway
    this.#options = options
    this.#clock = {
      now: gateway.now,
      wait: async (ms, signal) => {
        await pause(ms, undefined, { signal }).catch(ignoreAbort)
      },
    }
  }

  /** @returns how each one ended last, when all have; `undefined` for one that could not be started */
  async serve(services: readonly Service[]): Promise<(Ending | undefined)[]> {
    return Promise.all(
      services.map((service) => this.#one(service).catch((error) => this.#fail(service, error))),
    )
  }

  /**
   * What would end us stops all: no new start; those that run are told by the signal, and killed where
   * they do not go in time, or at once where we are asked again. Any other signal is for the agents.
   */
  hear(heard: Heard): void {
    if (heard.ends) {
      const request = this.#requests.count()
      if (request === 'repeated') this.#kill()
      if (request !== 'first') return
      this.#stop = heard
      this.#stopping.abort(new Interrupted(heard.signal))
      setTimeout(() => this.#kill(), GRACE_MS).unref()
    }
    for (const once of this.#running) tell(once, heard)
  }

  #kill(): void {
    for (const { agent } of this.#running) agent.kill()
  }

  /**
   * Says a failure at once, a defect of ours included: the others go on, and may do so for long. No
   * value can be in an error of this wing.
   */
  #fail({ plan }: Service, error: unknown): undefined {
    if (error instanceof Interrupted) return
    const { say } = this.#options
    if (error instanceof SecretRefError) {
      say('error', `${plan.agent}: ${error.message} [${error.code}]`, error.hint)
    } else {
      say(
        'error',
        `${plan.agent}: a defect of SecretRef: ${String(error)} [INTERNAL]`,
        'please report it',
      )
    }
  }

  async #one(service: Service): Promise<Ending | undefined> {
    const { program, schedule } = service
    let last: Ending | undefined
    const once = async (): Promise<void> => {
      last = await this.#start(service)
    }
    if (program === undefined) {
      await this.#check(service)
      if (schedule === undefined) await this.#watch(service)
    }
    if (schedule !== undefined) {
      const start = program === undefined ? () => this.#check(service) : once
      const skipped = (reason: 'overlap' | 'missed', due: Date): Promise<void> =>
        this.#skipped(service, reason, due)
      const { signal } = this.#stopping
      await runSchedule(schedule, service.timezone, this.#clock, { start, skipped }, signal)
    } else if (program !== undefined) {
      await this.#again(service, once, () => last)
    }
    return last
  }

  async #skipped(service: Service, reason: 'overlap' | 'missed', due: Date): Promise<void> {
    const { plan, program } = service
    const why = reason === 'overlap' ? 'the run before it goes on' : 'its time has passed'
    const about = `${plan.agent}: the start of ${due.toISOString()} is skipped: ${why}`
    this.#options.say('warn', about)
    const records = new Records(this.#gateway, { run: '', plan, command: program?.command ?? [] })
    try {
      await this.#gateway.record([records.runSkipped(reason, due)])
    } catch (error) {
      this.#fail(service, error)
    }
  }

  async #again(
    service: Service,
    once: () => Promise<void>,
    last: () => Ending | undefined,
  ): Promise<void> {
    const backoff = new Backoff()
    let owed = false
    for (;;) {
      const began = this.#clock.now().getTime()
      await once()
      const { signal } = this.#stopping
      const restarting = this.#restarting.delete(service)
      // It ran well until we ended it: whatever its policy, it is started again until that succeeds.
      owed = restarting || (owed && last() === undefined)
      if (signal.aborted || !(owed || startsAgain(service.restart, last()))) return
      if (restarting) continue
      const delay = backoff.after(this.#clock.now().getTime() - began)
      this.#options.say('info', `${service.plan.agent}: starts again in ${delay / 1000} s`)
      await this.#clock.wait(delay, signal)
      if (signal.aborted) return
    }
  }

  /** @returns `undefined` where it could not be started; that has been said by then */
  async #start(service: Service): Promise<Ending | undefined> {
    const { plan, program, schedule, strict, terminal } = service
    if (program === undefined) return undefined
    const { say } = this.#options
    const { signal } = this.#stopping
    let running: Once | undefined
    const onRestart = (): void => {
      if (running === undefined || signal.aborted) return
      this.#restarting.add(service)
      askToEnd(running.agent)
    }
    try {
      running = await this.#starts.run(() => {
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
          ...(schedule === undefined ? { onRestart } : {}),
        })
      })
      this.#running.add(running)
      say('info', `${plan.agent}: started (pid ${running.agent.pid})`)
      // Asked to stop between the release and now.
      if (this.#stop !== undefined) tell(running, this.#stop)
      const ending = await running.ended()
      this.#running.delete(running)
      say('info', `${plan.agent}: ${wordsFor(ending)}`)
      return ending
    } catch (error) {
      return this.#fail(service, error)
    }
  }

  async #check(service: Service, say: Say = this.#options.say): Promise<void> {
    const { checked } = this.#options
    const { plan, strict } = service
    const { signal } = this.#stopping
    try {
      const found = await this.#starts.run(() => {
        signal.throwIfAborted()
        return checkAgent(this.#gateway, plan, strict, say, signal)
      })
      checked(plan, found)
    } catch (error) {
      this.#fail(service, error)
    }
  }

  /** Checks anew from time to time, so that a coming expiry is told before it comes. */
  async #watch(service: Service): Promise<void> {
    const { signal } = this.#stopping
    const said = new Set<string>()
    const news: Say = (level, sentence, hint) => {
      if (said.has(sentence)) return
      said.add(sentence)
      this.#options.say(level, sentence, hint)
    }
    while (!signal.aborted) {
      // Not all at once: a thousand agents would ask their providers in the same second.
      await this.#clock.wait(WATCH_MS * (0.9 + Math.random() * 0.2), signal)
      if (!signal.aborted) await this.#check(service, news)
    }
  }
}

function tell({ agent }: Once, { signal, agentHasIt }: Heard): void {
  if (agent.session || !agentHasIt) agent.signal(signal)
}

function wordsFor({ code, signal }: Ending): string {
  return signal === undefined ? `ended with exit code ${code}` : `was ended by ${signal}`
}

function ignoreAbort(): void {
  // The wait is over because we stop; who waited looks at the signal.
}
