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

/** One agent that is served, by the newest config that names it. */
interface Slot {
  gateway: Gateway
  service: Service
  running: Once | undefined
  /** Its config no longer names it. */
  readonly leaving: AbortController
  /** Ends how it waits for its next start, as that has changed; never a run. */
  turn: AbortController
  done: Promise<Ending | undefined>
  ended: boolean
}

export interface ServeOptions {
  say: Say
  /** Called when an agent that the config no longer names has ended. */
  left?: (agent: string) => void
  /** Called after each check of an agent without a command. */
  checked: (plan: Plan, found: readonly GrantRow[]) => void
}

/** How long an agent has to end after it was asked to, before it is killed. */
const GRACE_MS = 10_000
/** How often an agent without a command is looked at for a coming expiry. */
const WATCH_MS = 3_600_000

export class Server {
  readonly #options: ServeOptions
  /** Every one there ever was, in order. */
  readonly #slots: Slot[] = []
  readonly #stopping = new AbortController()
  readonly #requests = new Requests()
  /** Those whose agents are ended only to be started again with a changed value. */
  readonly #restarting = new Set<Slot>()
  /** What we were asked to stop by. */
  #stop: Heard | undefined
  /** A start is a process of tens of megabytes until its agent runs. */
  readonly #starts = new Turns(Math.max(4, 2 * availableParallelism()))
  readonly #clock: Clock

  constructor(now: () => Date, options: ServeOptions) {
    this.#options = options
    this.#clock = {
      now,
      wait: async (ms, signal) => {
        await pause(ms, undefined, { signal }).catch(ignoreAbort)
      },
    }
  }

  /** @returns how each one ended last, when all have; `undefined` for one that could not be started */
  async serve(gateway: Gateway, services: readonly Service[]): Promise<(Ending | undefined)[]> {
    for (const service of services) this.#add(gateway, service)
    // A reload adds to them while we wait.
    do await Promise.all(this.#slots.map(({ done }) => done))
    while (this.#slots.some(({ ended }) => !ended))
    const stay = this.#slots.filter(({ leaving }) => !leaving.signal.aborted)
    return Promise.all(stay.map(({ done }) => done))
  }

  /** The agents that are served by the newest config. */
  get served(): ReadonlyMap<string, { gateway: Gateway; service: Service }> {
    return new Map(
      this.#slots
        .filter(({ leaving }) => !leaving.signal.aborted)
        .map((slot) => [slot.service.plan.agent, slot]),
    )
  }

  /**
   * Takes the services of a new config in place of the old ones. A run goes on under the config that it
   * began with, but one whose agent is no longer there is ended, and one that is to restart on a change
   * is started again where its plan or command has changed.
   */
  replace(gateway: Gateway, services: readonly Service[]): void {
    const next = new Map(services.map((service) => [service.plan.agent, service]))
    for (const slot of this.#slots.filter(({ leaving }) => !leaving.signal.aborted)) {
      const { agent } = slot.service.plan
      const service = next.get(agent)
      next.delete(agent)
      if (service === undefined) {
        slot.leaving.abort(new Interrupted('SIGTERM'))
        slot.running?.because('config-reloaded')
        if (slot.running !== undefined) askToEnd(slot.running.agent)
      } else this.#change(slot, gateway, service)
    }
    for (const service of next.values()) this.#add(gateway, service)
  }

  #add(gateway: Gateway, service: Service): void {
    const { agent } = service.plan
    const before = this.#slots.findLast((slot) => slot.service.plan.agent === agent)
    const slot: Slot = {
      gateway,
      service,
      running: undefined,
      leaving: new AbortController(),
      turn: new AbortController(),
      done: Promise.resolve(undefined),
      ended: false,
    }
    slot.done = this.#life(slot, before?.done)
    this.#slots.push(slot)
  }

  /** @param before when one of the same name, which was removed, has ended */
  async #life(slot: Slot, before: Promise<unknown> | undefined): Promise<Ending | undefined> {
    slot.ended = false
    await before
    try {
      return await this.#one(slot)
    } catch (error) {
      return this.#fail(slot.service, error)
    } finally {
      slot.ended = true
      const { agent } = slot.service.plan
      if (slot.leaving.signal.aborted && !this.served.has(agent)) this.#options.left?.(agent)
    }
  }

  #change(slot: Slot, gateway: Gateway, service: Service): void {
    const old = slot.service
    slot.gateway = gateway
    slot.service = service
    const rearmed =
      old.schedule !== service.schedule ||
      old.timezone !== service.timezone ||
      (old.program === undefined) !== (service.program === undefined)
    if (rearmed && slot.ended) slot.done = this.#life(slot, undefined)
    else if (rearmed) slot.turn.abort()
    if (slot.running === undefined) return
    const { agent } = service.plan
    const given = new Set(service.plan.bindings.map(({ envVar, ref }) => `${envVar} ${ref}`))
    const lost = old.plan.bindings.filter(({ envVar, ref }) => !given.has(`${envVar} ${ref}`))
    const same =
      JSON.stringify([old.plan, old.program]) === JSON.stringify([service.plan, service.program])
    if (!same && gateway.agent(agent).onChange === 'restart' && service.schedule === undefined) {
      slot.running.because('config-reloaded')
      this.#restart(slot)
    } else if (lost.length > 0) {
      const names = lost.map(({ envVar }) => envVar).join(', ')
      const about = `${agent}: the new config does not give it what it holds until it ends: ${names}`
      this.#options.say('warn', about, 'end it where that is too long')
    }
  }

  #restart(slot: Slot): void {
    if (slot.running === undefined || this.#signalOf(slot).aborted) return
    this.#restarting.add(slot)
    askToEnd(slot.running.agent)
  }

  /** Aborts where this agent is to start no more. */
  #signalOf({ leaving }: Slot): AbortSignal {
    return AbortSignal.any([this.#stopping.signal, leaving.signal])
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
    for (const { running } of this.#slots) if (running !== undefined) tell(running, heard)
  }

  #kill(): void {
    for (const { running } of this.#slots) running?.agent.kill()
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

  async #one(slot: Slot): Promise<Ending | undefined> {
    let last: Ending | undefined
    const once = async (): Promise<void> => {
      last = await this.#start(slot)
    }
    do {
      slot.turn = new AbortController()
      await this.#turn(slot, once, () => last)
    } while (slot.turn.signal.aborted && !this.#signalOf(slot).aborted)
    return last
  }

  /** Serves in one way, until there is no more to do, or another way is asked for. */
  async #turn(
    slot: Slot,
    once: () => Promise<void>,
    last: () => Ending | undefined,
  ): Promise<void> {
    const { program, schedule, timezone } = slot.service
    const signal = AbortSignal.any([this.#signalOf(slot), slot.turn.signal])
    if (signal.aborted) return
    if (program === undefined) {
      await this.#check(slot)
      if (schedule === undefined) await this.#watch(slot, signal)
    }
    if (schedule !== undefined) {
      const start = program === undefined ? () => this.#check(slot) : once
      const skipped = (reason: 'overlap' | 'missed', due: Date): Promise<void> =>
        this.#skipped(slot, reason, due)
      await runSchedule(schedule, timezone, this.#clock, { start, skipped }, signal)
    } else if (program !== undefined) {
      await this.#again(slot, signal, once, last)
    }
  }

  async #skipped(slot: Slot, reason: 'overlap' | 'missed', due: Date): Promise<void> {
    const { gateway, service } = slot
    const { plan, program } = service
    const why = reason === 'overlap' ? 'the run before it goes on' : 'its time has passed'
    const about = `${plan.agent}: the start of ${due.toISOString()} is skipped: ${why}`
    this.#options.say('warn', about)
    const records = new Records(gateway, { run: '', plan, command: program?.command ?? [] })
    try {
      await gateway.record([records.runSkipped(reason, due)])
    } catch (error) {
      this.#fail(service, error)
    }
  }

  async #again(
    slot: Slot,
    signal: AbortSignal,
    once: () => Promise<void>,
    last: () => Ending | undefined,
  ): Promise<void> {
    const backoff = new Backoff()
    let owed = false
    for (;;) {
      const began = this.#clock.now().getTime()
      await once()
      const { service } = slot
      const restarting = this.#restarting.delete(slot)
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
  async #start(slot: Slot): Promise<Ending | undefined> {
    const { gateway, service } = slot
    const { plan, program, schedule, strict, terminal } = service
    if (program === undefined) return undefined
    const { say } = this.#options
    const signal = this.#signalOf(slot)
    const onRestart = (): void => this.#restart(slot)
    try {
      const running = await this.#starts.run(() => {
        // Nobody is asked for what will not be started.
        signal.throwIfAborted()
        return startOnce(gateway, {
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
      slot.running = running
      say('info', `${plan.agent}: started (pid ${running.agent.pid})`)
      // Asked to stop between the release and now.
      if (this.#stop !== undefined) tell(running, this.#stop)
      else if (slot.leaving.signal.aborted) askToEnd(running.agent)
      const ending = await running.ended()
      slot.running = undefined
      say('info', `${plan.agent}: ${wordsFor(ending)}`)
      return ending
    } catch (error) {
      return this.#fail(service, error)
    }
  }

  async #check(slot: Slot, say: Say = this.#options.say): Promise<void> {
    const { checked } = this.#options
    const { gateway, service } = slot
    const { plan, strict } = service
    const signal = this.#signalOf(slot)
    try {
      const found = await this.#starts.run(() => {
        signal.throwIfAborted()
        return checkAgent(gateway, plan, strict, say, signal)
      })
      checked(plan, found)
    } catch (error) {
      this.#fail(service, error)
    }
  }

  /** Checks anew from time to time, so that a coming expiry is told before it comes. */
  async #watch(slot: Slot, signal: AbortSignal): Promise<void> {
    const said = new Set<string>()
    const news: Say = (level, sentence, hint) => {
      if (said.has(sentence)) return
      said.add(sentence)
      this.#options.say(level, sentence, hint)
    }
    while (!signal.aborted) {
      // Not all at once: a thousand agents would ask their providers in the same second.
      await this.#clock.wait(WATCH_MS * (0.9 + Math.random() * 0.2), signal)
      if (!signal.aborted) await this.#check(slot, news)
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
