/**
 * What each run holds, so that nothing is ended under it: one file for each run, there from before the
 * first of its values is asked for until it has ended. Whatever it may still be given counts as held,
 * however long a start takes. Refs and versions are in it, and no value.
 */
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SecretRefError } from '../../errors.ts'
import type { Plan } from '../../plan/types.ts'
import type { FetchedValue } from '../../policy/fetched.ts'
import type { Home } from '../../state/home.ts'
import { elapsedMs, momentAt, type Moment } from '../../state/moment.ts'
import { isObject, objectIn } from '../metadata.ts'
import { lives, namesIn, ourselves, showLife } from './sign.ts'

/** A value as one run has it. */
interface Had {
  provider: string
  version?: string
  fingerprint: string
}

interface HeldVariable {
  ref: string
  /** It may be given what was current at this moment, or became so since. */
  open?: Moment
  had: Had[]
}

/** A run with thousands of variables; who writes more is no run of ours. */
const MOST_BYTES = 16 * 1024 * 1024
/** Owner, config, run. */
const NAME = /^([0-9-]+)\.([0-9a-f]{16})\.([a-z0-9]+-[0-9a-f]+)$/

/** One value of one variable. */
export interface Gets {
  binding: { envVar: string; ref: string }
  fetched: Pick<FetchedValue, 'provider' | 'version' | 'fingerprint'>
}

export class RunHolds {
  readonly #path: string
  readonly #about: { agent: string; environment: string }
  readonly #variables = new Map<string, HeldVariable>()
  #ended = false

  /** It may be given whatever its plan names. @throws STATE_UNAVAILABLE */
  constructor(
    { home, loaded }: { home: Home; loaded: { path: string } },
    run: string,
    { agent, environment, bindings }: Pick<Plan, 'agent' | 'environment' | 'bindings'>,
  ) {
    showLife(home)
    this.#path = join(home.live, `${ourselves()}.${configOf(loaded.path)}.${run}`)
    this.#about = { agent, environment }
    const open = momentAt(new Date())
    for (const { envVar, ref } of bindings) this.#variables.set(envVar, { ref, open, had: [] })
    this.#write()
  }

  /** These and no others: its start is over. @throws STATE_UNAVAILABLE: then all stays as it was */
  has(all: readonly Gets[]): void {
    this.#variables.clear()
    for (const { binding, fetched } of all) {
      const { envVar, ref } = binding
      this.#variables.set(envVar, { ref, had: [hadOf(fetched)] })
    }
    this.#write()
  }

  /** They are about to be read again, and may be replaced. @throws STATE_UNAVAILABLE */
  mayGet(all: readonly Gets[]): void {
    const open = momentAt(new Date())
    for (const { binding } of all) {
      const held = this.#variables.get(binding.envVar)
      if (held !== undefined) held.open = open
    }
    this.#write()
  }

  /**
   * What `mayGet` said is over.
   *
   * @param replaced have their new values, and no longer what they had
   * @param either have one or the other
   * @throws STATE_UNAVAILABLE
   */
  got(replaced: readonly Gets[], either: readonly Gets[]): void {
    for (const held of this.#variables.values()) delete held.open
    for (const { binding, fetched } of [...either, ...replaced]) {
      const held = this.#variables.get(binding.envVar)
      if (held !== undefined) held.had.push(hadOf(fetched))
    }
    for (const { binding } of replaced) {
      const held = this.#variables.get(binding.envVar)
      if (held !== undefined) held.had = held.had.slice(-1)
    }
    this.#write()
  }

  end(): void {
    this.#ended = true
    rmSync(this.#path, { force: true })
  }

  #write(): void {
    if (this.#ended) return
    const text = JSON.stringify({ v: 1, ...this.#about, variables: [...this.#variables.values()] })
    try {
      // Whole or not at all: who reads it must not take half of it for less than it holds.
      writeFileSync(`${this.#path}.new`, text, { mode: 0o600 })
      renameSync(`${this.#path}.new`, this.#path)
    } catch (error) {
      throw new SecretRefError(
        'STATE_UNAVAILABLE',
        'what the run holds cannot be written down, so its values could be ended under it',
        {
          hint: `the system said ${errnoOf(error) ?? 'no more'}; is the folder "live" below SECRETREF_HOME yours, and the disk not full?`,
          cause: error,
        },
      )
    }
  }
}

/** A value that is about to be ended. */
export interface Ending {
  provider: string
  version: string
  /** The same value may have had another version, or none, when it was received. */
  fingerprint?: string | undefined
  /** When another one became current; left out: just now. Who asks after that is given the other one. */
  replaced?: Moment | undefined
}

/** Between the clocks of two machines. */
const SKEW_MS = 60_000

/**
 * The agents whose runs hold it, or may be given it yet: a name for each run.
 *
 * @throws STATE_UNAVAILABLE
 */
export function holdersOf(
  home: Home,
  { config, environment, ref }: { config: string; environment: string; ref: string },
  ending: Ending,
): string[] {
  const wanted = configOf(config)
  try {
    return namesIn(home).flatMap((file) => {
      const [, owner, hash] = NAME.exec(file) ?? []
      if (owner === undefined || hash !== wanted || !lives(home, owner)) return []
      const run = read(join(home.live, file))
      if (run === 'gone') return []
      // It is ours and cannot be read: it may hold anything.
      if (run === undefined) return ['an unknown agent']
      if (run.environment !== environment) return []
      const holds = run.variables.some(
        ({ ref: name, open, had }) =>
          name === ref && (mayGet(open, ending) || had.some((one) => isSame(one, ending))),
      )
      return holds ? [run.agent] : []
    })
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    throw new SecretRefError('STATE_UNAVAILABLE', 'who holds a value cannot be seen', {
      hint: `is ${home.live} a folder of yours? chmod 700 helps`,
      cause: error,
    })
  }
}

function mayGet(open: Moment | undefined, { replaced }: Ending): boolean {
  if (open === undefined) return false
  if (replaced === undefined) return true
  const skew = open.boot === replaced.boot ? 0 : SKEW_MS
  return elapsedMs(open, replaced) >= -skew
}

function isSame(had: Had, { provider, version, fingerprint }: Ending): boolean {
  if (fingerprint !== undefined && had.fingerprint === fingerprint) return true
  return had.provider === provider && had.version === version
}

function hadOf({ provider, version, fingerprint }: Gets['fetched']): Had {
  return { provider, fingerprint, ...(version === undefined ? {} : { version }) }
}

interface ReadRun {
  agent: string
  environment: string
  variables: HeldVariable[]
}

function read(path: string): ReadRun | 'gone' | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return 'gone'
  }
  const parsed = objectIn(text, MOST_BYTES)
  const { v, agent, environment, variables } = parsed ?? {}
  if (v !== 1 || typeof agent !== 'string' || typeof environment !== 'string') return undefined
  if (!Array.isArray(variables) || !variables.every(isVariable)) return undefined
  const held = variables.map(({ ref, open, had }) => {
    const one: HeldVariable = { ref, had }
    const since = openOf(open)
    if (since !== undefined) one.open = since
    return one
  })
  return { agent, environment, variables: held }
}

function isVariable(raw: unknown): raw is { ref: string; open?: unknown; had: Had[] } {
  return (
    isObject(raw) &&
    typeof raw['ref'] === 'string' &&
    Array.isArray(raw['had']) &&
    raw['had'].every(isObject)
  )
}

/** One that cannot be read counts as open since ever. */
function openOf(raw: unknown): Moment | undefined {
  if (raw === undefined) return undefined
  const { at, boot, up } = isObject(raw) ? raw : {}
  const wall = typeof at === 'string' ? new Date(at) : new Date(0)
  return typeof boot === 'string' && typeof up === 'number' ? { at: wall, boot, up } : { at: wall }
}

function configOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}
