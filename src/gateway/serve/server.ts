/**
 * Serves agents in the foreground, each by its own schedule and restart policy. One that fails never
 * stops the others.
 */
import { availableParallelism } from 'node:os'
import type { Entry } from '../../audit/record.ts'
import type { Ending } from '../ending.ts'
import type { Gateway } from '../gateway.ts'
import type { Clock } from '../schedule.ts'
import { Requests, type Heard } from '../signals.ts'
import { Turns } from '../turns.ts'
import type { Current } from './meaning.ts'
import type { Taken } from './runner.ts'
import { Served } from './served.ts'
import type { ServeOptions, Service, Serving } from './service.ts'

/** How long agents have to end after they were asked to, before they are killed. */
const GRACE_MS = 10_000

/** The services of a new config, about to be taken. */
export interface Replacement {
  gateway: Gateway
  services: readonly Service[]
  taken: ReadonlyMap<Served, Taken>
  /** To be durable before it is taken. */
  entries: readonly Entry[]
}

export class Server {
  readonly #serving: Serving
  /** Those of the newest config, and those that it no longer names until they have ended. In order. */
  readonly #all = new Set<Served>()
  readonly #requests = new Requests()
  /** What we were asked to stop by. */
  #stop: Heard | undefined
  /** All have ended, and none is served any more. */
  #over = false

  constructor(clock: Clock, options: ServeOptions) {
    this.#serving = {
      options,
      clock,
      // A start is a process of tens of megabytes until its agent runs.
      starts: new Turns(Math.max(4, 2 * availableParallelism())),
    }
  }

  /** @returns how each one ended last, when all have; `undefined` for one that could not be started */
  async serve(gateway: Gateway, services: readonly Service[]): Promise<(Ending | undefined)[]> {
    for (const service of services) this.#add({ gateway, service })
    // A reload adds to them while we wait.
    do await Promise.all([...this.#all].map(({ done }) => done))
    while ([...this.#all].some(({ ended }) => !ended))
    this.#over = true
    return Promise.all([...this.#all].map(({ done }) => done))
  }

  /** True where there is nothing to reload for: it stops, or has stopped. */
  get ending(): boolean {
    return this.#over || this.#stop !== undefined
  }

  /** The agents that are served by the newest config. */
  get served(): ReadonlyMap<string, Served> {
    return new Map(
      [...this.#all].filter(({ leaving }) => !leaving).map((served) => [served.agent, served]),
    )
  }

  /** What the services of a new config take from agents that run; nothing has happened yet. */
  async prepare(gateway: Gateway, services: readonly Service[]): Promise<Replacement> {
    const { served } = this
    const taken = new Map<Served, Taken>()
    for (const service of services) {
      const one = served.get(service.plan.agent)
      const loss = await one?.taken({ gateway, service })
      if (one !== undefined && loss !== undefined) taken.set(one, loss)
    }
    const entries = [...taken.values()].flatMap(({ withdrawal }) => withdrawal?.entries ?? [])
    return { gateway, services, taken, entries }
  }

  /**
   * Takes the services of a new config in place of the old ones. A run goes on under the config that it
   * began with, but one whose agent is no longer there is ended, so is one that requires what was taken
   * from it, and one that is to restart on a change is started again where that touches it.
   */
  replace({ gateway, services, taken }: Replacement): void {
    if (this.ending) return
    const next = new Map(services.map((service) => [service.plan.agent, service]))
    for (const [agent, served] of this.served) {
      const service = next.get(agent)
      next.delete(agent)
      if (service === undefined) served.leave()
      else served.change({ gateway, service }, taken.get(served))
    }
    for (const service of next.values()) this.#add({ gateway, service })
  }

  #add(current: Current): void {
    const name = current.service.plan.agent
    const before = [...this.#all].findLast(({ agent }) => agent === name)
    if (this.ending) return
    const served = new Served(this.#serving, current)
    this.#all.add(served)
    served.begin(before?.done, () => this.#left(served))
  }

  #left(served: Served): void {
    this.#all.delete(served)
    if (!this.served.has(served.agent)) this.#serving.options.left?.(served.agent)
  }

  /**
   * What would end us stops all: no new start; those that run are told by the signal, and killed where
   * they do not go in time, or at once where we are asked again. Any other signal is for the agents.
   */
  hear(heard: Heard): void {
    if (!heard.ends) {
      for (const served of this.#all) served.tell(heard)
      return
    }
    const request = this.#requests.count()
    if (request === 'repeated') this.#kill()
    if (request !== 'first') return
    this.#stop = heard
    setTimeout(() => this.#kill(), GRACE_MS).unref()
    for (const served of this.#all) served.stop(heard)
  }

  #kill(): void {
    for (const served of this.#all) served.kill()
  }
}
