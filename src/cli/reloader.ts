/** A running gateway takes a new config: all of it, or nothing. */
import { hash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { ConfigError, problemsText } from '../config/problems.ts'
import { loadConfig } from '../config/load.ts'
import { requireTrust } from '../config/trust.ts'
import { providersOf } from '../config/accessors.ts'
import { SecretRefError } from '../errors.ts'
import type { Answer, Reloaded } from '../gateway/control/message.ts'
import type { Duties, Duty } from '../gateway/duties.ts'
import { Gateway } from '../gateway/gateway.ts'
import type { Say } from '../gateway/result.ts'
import type { Server } from '../gateway/serve/server.ts'
import type { Service } from '../gateway/serve/service.ts'
import type { Io } from './io.ts'

/** How often the config file is looked at; what changes between two looks is still being written. */
const LOOK_MS = 2000

export interface Serving {
  /** @throws SecretRefError where one agent could not be served */
  prepare(gateway: Gateway): Promise<{ services: Service[]; duties: Duty[] }>
  /** @throws AGENT_BUSY; then nothing stays claimed */
  claim(names: readonly string[]): void
  unclaim(names: readonly string[]): void
}

export class Reloader {
  readonly #io: Io
  readonly #server: Server
  readonly #duties: Duties
  readonly #say: Say
  readonly #serving: Serving
  /** The newest one, whose config holds. */
  #gateway: Gateway
  /** Those with older configs: runs that began under one end under it. */
  readonly #before: Gateway[] = []
  /** One reload after the other. */
  #last: Promise<unknown> = Promise.resolve()
  /** What the watch refused last, which it says once. */
  #refused = ''
  #waitsForTrust = false

  constructor(parts: {
    io: Io
    gateway: Gateway
    server: Server
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

  /** @returns what changed, or why nothing did; never rejects */
  reload(why: 'asked' | 'watched'): Promise<Answer> {
    const answer = this.#last.then(() => this.#reload(why))
    this.#last = answer
    return answer
  }

  /** Reloads by itself when the file has changed and settled, or trust for it was given. */
  watch(): void {
    const look = (): string => `${stamp(this.#gateway.loaded.path)} ${this.#trustStamp()}`
    let taken = look()
    let before = taken
    setInterval(() => {
      const now = look()
      const settled = now === before
      before = now
      if (!settled || now === taken) return
      taken = now
      void this.reload('watched')
    }, LOOK_MS).unref()
  }

  /** Before this process ends. */
  async settle(): Promise<void> {
    await this.#last
    for (const gateway of this.#before) await gateway.flush()
    await this.#gateway.settle()
  }

  #trustStamp(): string {
    return this.#waitsForTrust ? stamp(this.#gateway.home.trust) : ''
  }

  async #reload(why: 'asked' | 'watched'): Promise<Answer> {
    try {
      const answer = await this.#take(why)
      this.#refused = ''
      this.#waitsForTrust = false
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
      return { v: 1, ok: true, hash: loaded.hash, added: [], removed: [], changed: [] }
    }
    const { home, env, log, actor, surroundings, parent, now } = old
    const gateway = new Gateway({ home, env, loaded, log, actor, surroundings, parent, now })
    const { services, duties } = await this.#serving.prepare(gateway)
    const { served } = this.#server
    const next = new Map(services.map((service) => [service.plan.agent, service]))
    const added = [...next.keys()].filter((name) => !served.has(name))
    const removed = [...served.keys()].filter((name) => !next.has(name))
    const changed = [...served].flatMap(([name, before]) => {
      const after = next.get(name)
      const same = after && meaning(gateway, after) === meaning(before.gateway, before.service)
      return after === undefined || same ? [] : [name]
    })
    this.#serving.claim(added)
    try {
      const detail = { path, before: old.loaded.hash }
      await gateway.record([{ event: 'config.reloaded', actor, config: loaded.hash, detail }])
    } catch (error) {
      this.#serving.unclaim(added)
      throw error
    }
    this.#server.replace(gateway, services)
    this.#duties.replace(duties)
    this.#gateway = gateway
    const words = wordsFor({ added, removed, changed })
    this.#say('info', `config reloaded: ${words}`)
    this.#before.push(old)
    return { v: 1, ok: true, hash: loaded.hash, added, removed, changed }
  }

  /** Nothing has changed; it is said, and recorded. */
  async #refuse(why: 'asked' | 'watched', error: unknown): Promise<Answer> {
    const refusal = error instanceof SecretRefError ? error : defect(error)
    const { code, message, hint } = refusal
    const { path } = this.#gateway.loaded
    const found = hashOf(path)
    this.#waitsForTrust = code === 'CONFIG_UNTRUSTED'
    const answer: Answer = {
      v: 1,
      ok: false,
      code,
      message,
      ...(hint !== undefined && { hint }),
      ...(error instanceof ConfigError && { problems: error.problems }),
    }
    const key = `${found} ${code}`
    if (why === 'watched' && key === this.#refused) return answer
    this.#refused = key
    this.#say('error', `config not reloaded, all stays as it was: ${message} [${code}]`, hint)
    if (error instanceof ConfigError) this.#io.err(problemsText(error.path, error.problems))
    const { actor } = this.#gateway
    const config = found === undefined ? {} : { config: found }
    await this.#gateway
      .record([{ event: 'config.rejected', actor, ...config, code, detail: { path } }])
      .catch((failure: unknown) => this.#sayFailure(failure))
    return answer
  }

  #sayFailure(error: unknown): void {
    const { message, code, hint } = error instanceof SecretRefError ? error : defect(error)
    this.#say('error', `${message} [${code}]`, hint)
  }
}

export function wordsFor(change: Pick<Reloaded, 'added' | 'removed' | 'changed'>): string {
  const { added, removed, changed } = change
  const parts = Object.entries({ added, removed, changed }).flatMap(([word, names]) =>
    names.length === 0 ? [] : [`${word} ${names.join(', ')}`],
  )
  return parts.length === 0 ? 'no agent has changed' : parts.join('; ')
}

/** All that a service is started by. */
function meaning(
  gateway: Gateway,
  { plan, program, schedule, timezone, restart }: Service,
): string {
  const agent = gateway.agent(plan.agent)
  const providers = [...providersOf(gateway.loaded.config)]
  return JSON.stringify([plan, program, schedule, timezone, restart, agent, providers])
}

/** Of another content, another one; editors put a new file in place. */
function stamp(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined
    ? 'none'
    : `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
}

function hashOf(path: string): string | undefined {
  try {
    return hash('sha256', readFileSync(path), 'hex')
  } catch {
    // The refusal itself says that it cannot be read.
    return undefined
  }
}

/** No value can be in an error of this wing. */
function defect(error: unknown): SecretRefError {
  return new SecretRefError('INTERNAL', `a defect of SecretRef: ${String(error)}`, {
    hint: 'please report it',
  })
}
