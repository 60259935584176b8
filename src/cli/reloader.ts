/** A running gateway takes a new config: all of it, or nothing. */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError, problemsText } from '../config/problems.ts'
import { loadConfig } from '../config/load.ts'
import { requireTrust } from '../config/trust.ts'
import { SecretRefError, type Code } from '../errors.ts'
import type { Answer, Reloaded } from '../gateway/control/message.ts'
import type { Duties, Duty } from '../gateway/duties.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Say } from '../gateway/result.ts'
import { meaningOf, type Current } from '../gateway/serve/meaning.ts'
import type { Replacement } from '../gateway/serve/server.ts'
import type { Service } from '../gateway/serve/service.ts'
import type { Io } from './io.ts'

/** Who has the agents: a `Server`, or one run. */
export interface Reloadable {
  /** True where there is nothing to reload for. */
  readonly ending: boolean
  /** By agent. */
  readonly served: ReadonlyMap<string, { current: Current }>
  /** What the services of a new config take from agents that run; nothing has happened yet. */
  prepare(gateway: Gateway, services: readonly Service[]): Promise<Replacement>
  replace(replacement: Replacement): void
}

export interface Serving {
  /** @throws SecretRefError where one agent could not be served */
  prepare(gateway: Gateway): Promise<{ services: Service[]; duties: Duty[] }>
  /** @throws AGENT_BUSY; then nothing stays claimed */
  claim(names: readonly string[]): Promise<void>
  unclaim(names: readonly string[]): void
}

export class Reloader {
  readonly #io: Io
  readonly #server: Reloadable
  readonly #duties: Duties
  readonly #say: Say
  readonly #serving: Serving
  /** The newest one, whose config holds. Runs that began under another end under that. */
  #gateway: Gateway
  /** One reload after the other. */
  #last: Promise<unknown> = Promise.resolve()
  /** Why the last reload was refused, and of which content. */
  #refused: { content: string | undefined; code: Code } | undefined

  constructor(parts: {
    io: Io
    gateway: Gateway
    server: Reloadable
    duties: Duties
    say: Say
    serving: Serving
  }) {
    this.#io = parts.io
    this.#gateway = parts.gateway
    this.#server = parts.server
    this.#duties = parts.duties
    this.#say = parts.say
    this.#serving = parts.serving
  }

  /** Whose config holds now. */
  get gateway(): Gateway {
    return this.#gateway
  }

  /** Why the config that is there now was refused; `undefined` where it holds. */
  get refusedBy(): Code | undefined {
    return this.#refused?.code
  }

  /**
   * @param why `watched`: nobody asked, and what was said before is not said again
   * @returns what changed, or why nothing did; never rejects
   */
  reload(why: 'asked' | 'watched'): Promise<Answer> {
    const answer = this.#last.then(() => this.#reload(why))
    this.#last = answer
    return answer
  }

  /** When no reload is under way. */
  async idle(): Promise<void> {
    await this.#last
  }

  /** Before this process ends. */
  async settle(): Promise<void> {
    await this.idle()
    await this.#gateway.settle()
  }

  async #reload(why: 'asked' | 'watched'): Promise<Answer> {
    try {
      const answer = await this.#take(why)
      this.#refused = undefined
      return answer
    } catch (error) {
      return this.#refuse(why, error)
    }
  }

  async #take(why: 'asked' | 'watched'): Promise<Reloaded> {
    const old = this.#gateway
    const { path, found } = old.loaded
    const loaded = await loadConfig({ path, found }, { now: old.now() })
    requireTrust(loaded, old.home)
    if (loaded.hash === old.loaded.hash) {
      if (why === 'asked') this.#say('info', 'config not reloaded: it has not changed')
      else if (this.#refused) this.#say('info', 'the config is again the one that holds')
      return { v: 1, ok: true, hash: loaded.hash, added: [], removed: [], changed: [] }
    }
    const gateway = old.withConfig(loaded)
    const { services, duties } = await this.#serving.prepare(gateway)
    const change = this.#changeTo(gateway, services)
    const replacement = await this.#server.prepare(gateway, services)
    if (this.#server.ending) throw ending()
    await this.#serving.claim(change.added)
    try {
      const { actor } = gateway
      const detail = { path, before: old.loaded.hash }
      await gateway.record([
        { event: 'config.reloaded', actor, config: loaded.hash, detail },
        ...replacement.entries,
      ])
    } catch (error) {
      this.#serving.unclaim(change.added)
      throw error
    }
    this.#gateway = gateway
    this.#say('info', `config reloaded: ${wordsFor(change)}`)
    this.#server.replace(replacement)
    this.#duties.replace(duties)
    return { v: 1, ok: true, hash: loaded.hash, ...change }
  }

  #changeTo(
    gateway: Gateway,
    services: readonly Service[],
  ): Pick<Reloaded, 'added' | 'removed' | 'changed'> {
    const { served } = this.#server
    const next = new Map(services.map((service) => [service.plan.agent, service]))
    return {
      added: [...next.keys()].filter((name) => !served.has(name)),
      removed: [...served.keys()].filter((name) => !next.has(name)),
      changed: [...served].flatMap(([name, { current }]) => {
        const service = next.get(name)
        if (service === undefined) return []
        return meaningOf({ gateway, service }) === meaningOf(current) ? [] : [name]
      }),
    }
  }

  /** Nothing has changed; it is said, and recorded. */
  async #refuse(why: 'asked' | 'watched', error: unknown): Promise<Answer> {
    const { code, message, hint } = error instanceof SecretRefError ? error : defect(error)
    const { path } = this.#gateway.loaded
    const content = hashOf(path)
    const answer: Answer = {
      v: 1,
      ok: false,
      code,
      message,
      ...(hint !== undefined && { hint }),
      ...(error instanceof ConfigError && { problems: error.problems }),
    }
    const before = this.#refused
    this.#refused = { content, code }
    if (why === 'watched' && before?.code === code && before.content === content) return answer
    this.#say('error', `config not reloaded, all stays as it was: ${message} [${code}]`, hint)
    if (error instanceof ConfigError) this.#io.err(problemsText(error.path, error.problems))
    const { actor } = this.#gateway
    const config = content === undefined ? {} : { config: content }
    await this.#gateway
      .record([{ event: 'config.rejected', actor, ...config, code, detail: { path } }])
      .catch((failure: unknown) => this.#sayFailure(code, failure))
    return answer
  }

  #sayFailure(refusal: Code, error: unknown): void {
    const { message, code, hint } = error instanceof SecretRefError ? error : defect(error)
    // What refused it is what keeps it off the record: it has been said.
    if (code === refusal) return
    this.#say('error', `that it was refused is not on record: ${message} [${code}]`, hint)
  }
}

export function wordsFor(change: Pick<Reloaded, 'added' | 'removed' | 'changed'>): string {
  const { added, removed, changed } = change
  const parts = Object.entries({ added, removed, changed }).flatMap(([word, names]) =>
    names.length === 0 ? [] : [`${word} ${names.join(', ')}`],
  )
  return parts.length === 0 ? 'no agent has changed' : parts.join('; ')
}

function hashOf(path: string): string | undefined {
  try {
    return hash('sha256', readFileSync(path), 'hex')
  } catch {
    // The refusal itself says that it cannot be read.
    return undefined
  }
}

function ending(): SecretRefError {
  return new SecretRefError('STATE_UNAVAILABLE', 'the gateway is ending', {
    hint: 'the next one begins with the config as it is then',
  })
}

/** No value can be in an error of this wing. */
function defect(error: unknown): SecretRefError {
  return new SecretRefError('INTERNAL', `a defect of SecretRef: ${String(error)}`, {
    hint: 'please report it',
  })
}
