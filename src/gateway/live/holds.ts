/**
 * What each run holds, so that nothing is ended under it: one file for each run, there from before the
 * first of its values is asked for until it has ended. Whatever it may still be given counts as held,
 * however long a start takes. Refs and versions are in it, and no value.
 */
import { hash } from 'node:crypto'
import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SecretRefError } from '../../errors.ts'
import type { ChainStep, Plan, PlannedBinding } from '../../plan/types.ts'
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
  /** Where its value may come from, as `placeName` names it; a run of an earlier version names none. */
  places: readonly string[]
  /** It may be given what was current at this moment, or became so since. */
  open?: Moment
  had: Had[]
}

/** A run with thousands of variables; who writes more is no run of ours. */
const MOST_BYTES = 16 * 1024 * 1024
/** Hex digits. */
const SUM_LENGTH = 16
/** Of one that is just being written. */
const MOST_TRIES = 3
/** Owner, config, run. */
const NAME = /^([0-9-]+)\.([0-9a-f]{16})\.([a-z0-9]+-[0-9a-f]+)$/

/** One value of one variable. */
export interface Gets {
  binding: { envVar: string; ref: string }
  fetched: Pick<FetchedValue, 'provider' | 'version' | 'fingerprint'>
}

/** What a run is bound to. */
type Bound = Pick<PlannedBinding, 'envVar' | 'ref' | 'chain'>

export class RunHolds {
  readonly #home: Home
  readonly #path: string
  readonly #about: { agent: string; environment: string }
  readonly #variables = new Map<string, HeldVariable>()
  readonly #places: ReadonlyMap<string, readonly string[]>
  /** Of the file, in bytes. */
  #length = 0
  #ended = false

  /** @param placeOf `undefined` for a step that leads nowhere */
  constructor(
    { home, loaded }: { home: Home; loaded: { path: string } },
    run: string,
    {
      agent,
      environment,
      bindings,
    }: Pick<Plan, 'agent' | 'environment'> & {
      bindings: readonly Bound[]
    },
    placeOf: (step: ChainStep) => string | undefined,
  ) {
    this.#home = home
    this.#path = join(home.live, `${ourselves()}.${configOf(loaded.path)}.${run}`)
    this.#about = { agent, environment }
    this.#places = new Map(
      bindings.map(({ envVar, chain }) => [
        envVar,
        chain.map(placeOf).filter((name) => name !== undefined),
      ]),
    )
    for (const binding of bindings) this.#hold(binding, [])
  }

  /** Before anybody is asked: it may be given whatever its plan names. @throws STATE_UNAVAILABLE */
  begin(): void {
    showLife(this.#home)
    const open = momentAt(new Date())
    for (const held of this.#variables.values()) held.open = open
    this.#write()
  }

  /** These and no others: its start is over. @throws STATE_UNAVAILABLE: then all stays as it was */
  has(all: readonly Gets[]): void {
    this.#variables.clear()
    for (const { binding, fetched } of all) this.#hold(binding, [hadOf(fetched)])
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
    for (const { binding, fetched } of either) {
      const held = this.#variables.get(binding.envVar)
      const known = held?.had.some(({ fingerprint }) => fingerprint === fetched.fingerprint)
      if (known === false) held?.had.push(hadOf(fetched))
    }
    for (const { binding, fetched } of replaced) {
      const held = this.#variables.get(binding.envVar)
      if (held !== undefined) held.had = [hadOf(fetched)]
    }
    this.#write()
  }

  #hold({ envVar, ref }: Gets['binding'], had: Had[]): void {
    this.#variables.set(envVar, { ref, places: this.#places.get(envVar) ?? [], had })
  }

  end(): void {
    this.#ended = true
    rmSync(this.#path, { force: true })
  }

  #write(): void {
    if (this.#ended) return
    const text = Buffer.from(
      sealed({ v: 1, ...this.#about, variables: [...this.#variables.values()] }),
    )
    // In its place: to replace a file sends it to the disk, for which the end of the run would then wait.
    const bytes = Buffer.concat([text, Buffer.alloc(Math.max(0, this.#length - text.length), ' ')])
    this.#length = bytes.length
    try {
      const fd = openSync(this.#path, constants.O_WRONLY | constants.O_CREAT, 0o600)
      try {
        for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, undefined, done)
      } finally {
        closeSync(fd)
      }
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

/** With a sum, by which a reader knows that it has not read half of one and half of another. */
function sealed(holds: object): string {
  const text = JSON.stringify(holds)
  return `${sumOf(text)} ${text}`
}

function sumOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, SUM_LENGTH)
}

/** A value that is about to be ended. */
export interface Ending {
  provider: string
  /** Where it lay, as `placeName` names it, or has named it. */
  places: readonly string[]
  version: string
  /** The same value may have had another version, or none, when it was received. */
  fingerprint?: string | undefined
  /** When another one became current; left out: just now. Who asks after that is given the other one. */
  replaced?: Moment | undefined
}

/** Between the clocks of two machines. */
const SKEW_MS = 60_000

/**
 * The agents whose runs hold it, or may be given it yet: a name for each run. Runs of all configs and
 * environments of the home count, by whatever ref they got it: the same value is the same value, and what
 * may come from its place may be it.
 *
 * @param key of the ref that is rotated: under its own name a run counts whatever it says of places
 * @throws STATE_UNAVAILABLE
 */
export function holdersOf(
  home: Home,
  key: { config: string; environment: string; ref: string },
  ending: Ending,
): string[] {
  const ours = configOf(key.config)
  try {
    return namesIn(home).flatMap((file) => {
      const [, owner, config] = NAME.exec(file) ?? []
      if (owner === undefined || !lives(home, owner)) return []
      const run = read(join(home.live, file))
      if (run === 'gone') return []
      // It is ours and cannot be read: it may hold anything.
      if (run === undefined) return ['an unknown agent']
      const alike = config === ours && run.environment === key.environment
      const holds = run.variables.some((held) =>
        isHeld(held, alike && held.ref === key.ref, ending),
      )
      return holds ? [nameOf(run, config === ours, key.environment)] : []
    })
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    throw new SecretRefError('STATE_UNAVAILABLE', 'who holds a value cannot be seen', {
      hint: `is ${home.live} a folder of yours? chmod 700 helps`,
      cause: error,
    })
  }
}

/** @param same it is the ref that is rotated, in the same environment of the same config */
function isHeld({ places, open, had }: HeldVariable, same: boolean, ending: Ending): boolean {
  const { provider, version, fingerprint } = ending
  const here = ending.places.some((place) => places.includes(place))
  if ((same || here) && mayGet(open, ending)) return true
  return had.some((one) => {
    if (fingerprint !== undefined && one.fingerprint === fingerprint) return true
    // By what name another config knows the provider is its own affair.
    return one.version === version && (here || (same && one.provider === provider))
  })
}

function nameOf({ agent, environment }: ReadRun, ofOurs: boolean, ours: string): string {
  if (!ofOurs) return `${agent} (another config)`
  return environment === ours ? agent : `${agent} (${environment})`
}

function mayGet(open: Moment | undefined, { replaced }: Ending): boolean {
  if (open === undefined) return false
  if (replaced === undefined) return true
  const skew = open.boot === replaced.boot ? 0 : SKEW_MS
  return elapsedMs(open, replaced) >= -skew
}

function hadOf({ provider, version, fingerprint }: Gets['fetched']): Had {
  return { provider, fingerprint, ...(version === undefined ? {} : { version }) }
}

interface ReadRun {
  agent: string
  environment: string
  variables: HeldVariable[]
}

/** @returns `undefined` where it cannot be read, or is being written each time */
function read(path: string): ReadRun | 'gone' | undefined {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    let whole: string
    try {
      whole = readFileSync(path, 'utf8').trimEnd()
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      return 'gone'
    }
    const text = whole.slice(SUM_LENGTH + 1)
    if (whole.slice(0, SUM_LENGTH) === sumOf(text)) return parsed(text)
  }
  return undefined
}

function parsed(text: string): ReadRun | undefined {
  const { v, agent, environment, variables } = objectIn(text, MOST_BYTES) ?? {}
  if (v !== 1 || typeof agent !== 'string' || typeof environment !== 'string') return undefined
  if (!Array.isArray(variables) || !variables.every(isVariable)) return undefined
  const held = variables.map(({ ref, places, open, had }) => {
    const one: HeldVariable = { ref, places: Array.isArray(places) ? places : [], had }
    const since = openOf(open)
    if (since !== undefined) one.open = since
    return one
  })
  return { agent, environment, variables: held }
}

function isVariable(
  raw: unknown,
): raw is { ref: string; places?: unknown; open?: unknown; had: Had[] } {
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
  return sumOf(path)
}
