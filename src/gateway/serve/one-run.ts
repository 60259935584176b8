/**
 * A gateway that runs one agent once, as far as a new config is about it: the run goes on as it is, but
 * what the config takes from it is taken, as from any agent that is served.
 */
import { providersOf } from '../../config/accessors.ts'
import { askToEnd } from '../ask-to-end.ts'
import type { Once } from '../once.ts'
import type { Say } from '../result.ts'
import type { Withdrawal } from '../tend/withdraw.ts'
import { meaningOf, type Current } from './meaning.ts'
import type { Replacement } from './server.ts'
import type { Gateway } from '../gateway.ts'
import type { Service } from './service.ts'
import { takenBy } from './taken.ts'

export class OneRun {
  readonly #once: Once
  readonly #say: Say
  readonly #agent: string
  /** What it was started by. */
  readonly #by: Current
  #current: Current
  #withdrawal: Withdrawal | undefined
  #ending = false

  constructor(by: Current, once: Once, say: Say) {
    this.#by = by
    this.#current = by
    this.#once = once
    this.#say = say
    this.#agent = by.service.plan.agent
    void once.agent.ended.finally(() => {
      this.#ending = true
    })
  }

  get ending(): boolean {
    return this.#ending
  }

  get served(): ReadonlyMap<string, { current: Current }> {
    return new Map([[this.#agent, { current: this.#current }]])
  }

  async prepare(gateway: Gateway, services: readonly Service[]): Promise<Replacement> {
    const [service] = services
    this.#withdrawal = service === undefined ? undefined : await this.#taken({ gateway, service })
    return { gateway, services, taken: new Map(), entries: this.#withdrawal?.entries ?? [] }
  }

  async #taken({ gateway, service }: Current): Promise<Withdrawal | undefined> {
    const providers = providersOf(gateway.loaded.config)
    const context = { now: gateway.now(), strict: service.strict, providers }
    const denials = takenBy(service.plan, this.#by.service.plan.bindings, context)
    return denials.length === 0 ? undefined : this.#once.withdraw(denials)
  }

  replace({ gateway, services }: Replacement): void {
    const [service] = services
    if (service === undefined) return this.#end('info', 'the config no longer has it; it is ended')
    const next = { gateway, service }
    const changed = meaningOf(next) !== meaningOf(this.#current)
    this.#current = next
    if (this.#withdrawal?.act() === true) {
      this.#end('error', 'it requires what the config takes from it, and is stopped')
    } else if (changed) {
      this.#say(
        'info',
        `${this.#agent}: goes on as it is; it is run once, by the config of its start`,
      )
    }
  }

  #end(level: 'info' | 'error', why: string): void {
    this.#say(level, `${this.#agent}: ${why}`)
    this.#ending = true
    this.#once.because('config-reloaded')
    askToEnd(this.#once.agent)
  }
}
