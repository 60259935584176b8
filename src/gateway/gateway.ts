/** Everything that the starts of one gateway share. */
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { Coalescer } from '../audit/coalesce.ts'
import type { AuditLog } from '../audit/log.ts'
import type { Noted } from '../alerts/types.ts'
import type { Actor, Entry } from '../audit/record.ts'
import { MONITOR } from '../config/monitor.ts'
import { agentsOf, withheldOf, type Withheld } from '../config/accessors.ts'
import type { Agent, LoadedConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { inheritedNames } from '../plan/inherit.ts'
import { absolute } from '../plan/locate.ts'
import type { Plan } from '../plan/types.ts'
import { currentFolder } from '../state/current-folder.ts'
import { openDatabase } from '../state/db.ts'
import { userHome, type Home } from '../state/home.ts'
import { findCommand } from './command.ts'
import type { Parent } from './nesting.ts'
import type { Surroundings } from './surroundings.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface Program {
  command: readonly string[]
  cwd: string
}

/** What the gateways of one process share, whichever config each of them has. */
interface Shared {
  db: DatabaseSync | undefined
  denials: Coalescer
}

export class Gateway {
  readonly home: Home
  readonly env: Environment
  readonly loaded: LoadedConfig
  readonly log: AuditLog
  readonly actor: Actor
  readonly surroundings: Surroundings
  readonly parent: Parent | undefined
  readonly now: () => Date
  /** Says on stderr what stops nobody and is no answer to what was asked for. */
  readonly warn: (sentence: string, hint?: string) => void
  readonly #withheld: Withheld
  readonly #shared: Shared
  #opened = false

  constructor(parts: {
    home: Home
    env: Environment
    loaded: LoadedConfig
    log: AuditLog
    actor: Actor
    surroundings: Surroundings
    parent: Parent | undefined
    now: () => Date
    /** Left out: nobody listens. */
    warn?: (sentence: string, hint?: string) => void
    /** Of the gateway whose place it takes. */
    shared?: Shared
  }) {
    this.home = parts.home
    this.env = parts.env
    this.loaded = parts.loaded
    this.log = parts.log
    this.actor = parts.actor
    this.surroundings = parts.surroundings
    this.parent = parts.parent
    this.now = parts.now
    this.warn = parts.warn ?? (() => {})
    this.#shared = parts.shared ?? { db: undefined, denials: new Coalescer(parts.now) }
    this.#withheld = withheldOf(parts.loaded.config)
  }

  /** Opened on use: a start reaches its agent before it needs this. */
  get db(): DatabaseSync {
    this.#shared.db ??= openDatabase(this.home)
    return this.#shared.db
  }

  /** The same process with a newer config: log, state and what was counted stay one. */
  withConfig(loaded: LoadedConfig): Gateway {
    const { home, env, log, actor, surroundings, parent, now, warn } = this
    const shared = this.#shared
    return new Gateway({ home, env, loaded, log, actor, surroundings, parent, now, warn, shared })
  }

  /** Before this process ends: what was counted is written, the log's head is stored. */
  async settle(): Promise<void> {
    await this.log.append(this.#shared.denials.flush())
    await this.log.settle()
  }

  /**
   * Appends to the audit log: first of all, once, which config we work with. A loop of the same denial
   * is written once in a while, with its count. An alert that belongs to an entry is in the outbox when
   * this returns, where the config says where it is to go.
   */
  async record(entries: readonly Noted[]): Promise<void> {
    const { hash, path } = this.loaded
    const first = !this.#opened
    this.#opened = true
    const own = entries
      .map(withoutAlert)
      .flatMap((entry) => (entry.decision === 'deny' ? this.#shared.denials.offer(entry) : entry))
    try {
      await this.log.append([
        ...(first
          ? [{ event: 'config.loaded', actor: this.actor, config: hash, detail: { path } } as const]
          : []),
        ...own,
      ])
    } catch (error) {
      if (first) this.#opened = false
      throw error
    }
    const alerts = entries.flatMap(({ alert }) => alert ?? [])
    if (alerts.length === 0 || this.loaded.config.alerts === undefined) return
    // Loaded on use: a start that is granted has none.
    const { putAlerts } = await import('./alert/raise.ts')
    await putAlerts(this, alerts)
  }

  agent(name: string): Agent {
    const agent = agentsOf(this.loaded.config).get(name)
    if (agent !== undefined) return agent
    throw name === MONITOR
      ? new SecretRefError('AGENT_NOT_ALLOWED', `${MONITOR} is built in and runs no command`, {
          scope: 'agent',
          hint: 'it is what alerts are sent as; `secretref why --agent ' + MONITOR + '` shows it',
        })
      : new SecretRefError('AGENT_UNKNOWN', `no agent named "${name}"`)
  }

  /**
   * What an agent runs, and in which folder. Its own command runs in its `cwd`, else in the config's
   * folder, where relative paths of a config start: a folder that somebody happens to stand in must not
   * decide what `node agent.js` is. What stands after `--` runs where the caller is, unless there is a
   * `cwd`.
   *
   * @param given what stood after `--`
   * @returns the program as an absolute path and its arguments; `undefined` where there is no command
   * @throws COMMAND_LOCKED, COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE
   */
  programOf(name: string, given: readonly string[] | undefined): Program | undefined {
    const agent = this.agent(name)
    if (given !== undefined && this.#isOnItsOwn(agent)) {
      throw new SecretRefError('COMMAND_LOCKED', `agent ${name} runs only its own command`, {
        scope: 'agent',
        hint:
          this.parent === undefined
            ? 'its config says lockCommand; leave out what follows --'
            : 'a sub-agent is started as its config says; leave out what follows --',
      })
    }
    const [program, ...args] = given ?? agent.command ?? []
    if (program === undefined) return undefined
    const { dir } = this.loaded
    const cwd =
      agent.cwd !== undefined
        ? absolute(agent.cwd, { configDir: dir, userHome: userHome(this.env) })
        : given === undefined
          ? dir
          : currentFolder()
    requireFolder(name, cwd)
    return { command: [findCommand(program, this.env['PATH'] ?? '', cwd), ...args], cwd }
  }

  /**
   * Names of the caller's variables that an agent gets. One that runs only its own command never gets
   * more than the short list: a `NODE_OPTIONS` of the caller's choice is a command too.
   */
  inheritedBy(plan: Plan, pristine: boolean): string[] {
    return inheritedNames({
      config: this.loaded.config,
      withheld: this.#withheld,
      plan,
      names: Object.keys(this.env),
      pristine: pristine || this.#isOnItsOwn(this.agent(plan.agent)),
      fromParent: this.parent?.variables ?? [],
    })
  }

  /**
   * Locked by its config, or started from inside another agent: whoever chose its command would have its
   * credentials.
   */
  #isOnItsOwn(agent: Agent): boolean {
    return agent.lockCommand === true || this.parent !== undefined
  }
}

function withoutAlert(noted: Noted): Entry {
  if (noted.alert === undefined) return noted
  const entry = { ...noted }
  delete entry.alert
  return entry
}

function requireFolder(agent: string, cwd: string): void {
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return
  throw new SecretRefError(
    'COMMAND_NOT_FOUND',
    `the folder of agent ${agent} is not there: ${cwd}`,
    {
      scope: 'agent',
      hint: 'make it, or correct "cwd" in the config',
    },
  )
}

/** Sorts by time where it is sorted by name, and is no secret. */
export function newRunId(now: Date): string {
  return `${now.getTime().toString(36).padStart(9, '0')}-${randomBytes(6).toString('hex')}`
}
