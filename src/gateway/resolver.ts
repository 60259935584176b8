/**
 * The gateway's end of a resolver: starts the process, speaks the sheet's words with it, and takes in
 * metadata as closed fields only. This is all that control knows of the value wing: a file to run.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { SecretRefError, type Code } from '../errors.ts'
import type { Fetched } from '../policy/fetched.ts'
import { parseMessage, type Known, textsIn } from './metadata.ts'
import { HANDED_PREFIX, KEY_TROUBLE, type Sheet } from './sheet.ts'
import { valueProcess } from './value-process.ts'

/**
 * Metadata for one start may not be larger than this, for all its refs together: several times what one
 * needs, and far less than a resolver gone wrong could fill our memory with.
 */
export function maxMetadataBytes(refs: number): number {
  return Math.max(64, refs) * 1024
}
/** For a resolver that was given up, to end the programs of its exec providers: nobody else can. */
const GRACE_MS = 1000

/** `undelivered`: the resolver said so, or died; then the launcher's script was not whole. */
/** `unkept`: items whose values could not be kept for an outage. */
export type Delivery =
  | { delivered: true; unkept: readonly number[] }
  | { delivered: false; code: Code; reason: string }

/** What a resolver may say is measured by its sheet. */
interface Expected extends Known {
  /** How many answers the sheet asks for. */
  count: number
  /** Path of the key for fingerprints. */
  key: string
}

export class Resolver {
  readonly #child: ChildProcess
  readonly #fetched: Promise<readonly Fetched[]>
  readonly #ended: Promise<Delivery>
  #expected: Expected = { providers: new Set(), places: new Set(), count: 0, key: '' }

  #spent: ReadonlyMap<string, number> = new Map()

  /** @param env handed over, under names of ours, only where there is no /proc to read it from */
  constructor(env: Record<string, string> = {}) {
    this.#child = spawn(process.execPath, valueProcess('resolver'), {
      // Built, not inherited: NODE_OPTIONS, LD_PRELOAD and the like would run foreign code in there.
      env: Object.fromEntries(
        Object.entries(env).map(([name, value]) => [`${HANDED_PREFIX}${name}`, value]),
      ),
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore', 'pipe', 'pipe'],
      // A session of its own: the terminal's Ctrl-C is for us, who then end it.
      detached: true,
    })
    this.#child.on('error', ignoreGone)
    this.#child.stdin?.on('error', ignoreGone)
    const { fetched, ended } = listen(
      this.#child,
      () => this.#expected,
      (spent) => (this.#spent = spent),
    )
    this.#fetched = fetched
    this.#ended = ended
    // Awaited later, or never where the start fails before; then its failure is nobody's.
    fetched.catch(ignoreGone)
  }

  send(sheet: Sheet): void {
    const { items, fingerprintKey } = sheet
    this.#expected = { ...knownOn(sheet), count: items.length, key: fingerprintKey }
    this.#child.stdin?.write(`${JSON.stringify(sheet)}\n`)
  }

  /** @throws PROVIDER_INVALID where the resolver died or broke its contract */
  fetched(): Promise<readonly Fetched[]> {
    return this.#fetched
  }

  /** Calls that were made, by provider, where it has reported any. */
  get spent(): ReadonlyMap<string, number> {
    return this.#spent
  }

  /** The end that a launcher gets as its stdin. Until `release` nothing is written to it. */
  get pipe(): Socket {
    return socketOf(this.#child, 4)
  }

  /**
   * Only after the launcher was spawned and our own end of its pipe was destroyed: else our socket
   * would take what is meant for it.
   */
  release(items: readonly number[]): void {
    if (!this.pipe.destroyed) throw new Error('the pipe is still ours')
    this.#child.stdin?.write(`${JSON.stringify({ type: 'release', items })}\n`)
  }

  ended(): Promise<Delivery> {
    return this.#ended
  }

  /** Gives it up: it ends the programs that it has asked, wipes and goes, or is killed. */
  abort(): void {
    this.dismiss()
    setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS).unref()
  }

  /** Ends it whatever it is at, even where it is stopped. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Lets it wipe and go by itself: end of file without `release`. */
  dismiss(): void {
    this.#child.stdin?.end()
    this.pipe.destroy()
  }
}

/** Where no descriptors were left, nothing was started, and there is not even a list of pipes. */
function socketOf(child: ChildProcess, fd: number): Socket {
  const pipe = child.pid === undefined ? undefined : child.stdio[fd]
  if (pipe instanceof Socket) return pipe
  throw new SecretRefError('PROVIDER_UNAVAILABLE', 'the resolver could not be started', {
    scope: 'agent',
    hint: 'are there too many processes, or too many open files?',
  })
}

function ignoreGone(): void {
  // The process has ended; what that means is told by `ended` and `fetched`.
}

/** The words that an answer to this sheet may name. */
export function knownOn(sheet: Sheet): Known {
  const names = sheet.items.flatMap(({ chain }) => chain.map(({ provider }) => provider))
  return { providers: new Set(names), places: placesOn(sheet) }
}

function placesOn(sheet: Sheet): Set<string> {
  const places = new Set<string>()
  for (const { options } of Object.values(sheet.providers)) {
    for (const text of textsIn(options)) places.add(text)
  }
  for (const { chain } of sheet.items) {
    for (const { provider, at } of chain) {
      if (at.path !== '') places.add(at.path)
      const folder = sheet.providers[provider]?.options['path']
      if (typeof folder !== 'string') continue
      for (const key of [at.field, at.alias]) if (key !== undefined) places.add(`${folder}/${key}`)
    }
  }
  return places
}

/** One answer for each item, in order: else each would be taken for another's. */
function answersAll(message: { type: string; items?: readonly Fetched[] }, count: number): boolean {
  return message.type !== 'fetched' || message.items?.length === count
}

function listen(
  child: ChildProcess,
  expected: () => Expected,
  spent: (calls: ReadonlyMap<string, number>) => void,
): {
  fetched: Promise<readonly Fetched[]>
  ended: Promise<Delivery>
} {
  const fetched = Promise.withResolvers<readonly Fetched[]>()
  const ended = Promise.withResolvers<Delivery>()
  let text = ''
  let received = 0
  const died: Delivery = { delivered: false, code: 'DELIVERY_FAILED', reason: 'died' }
  const broken = (
    why: string,
    code: Code = 'PROVIDER_INVALID',
    hint = 'nothing was delivered',
  ): void => {
    fetched.reject(
      new SecretRefError(code, `the resolver ${why}`, {
        scope: 'agent',
        hint: `${hint}; \`secretref doctor\` checks the surroundings`,
      }),
    )
  }
  const report = socketOf(child, 3)
  report.setEncoding('utf8')
  report.on('error', ignoreGone)
  report.on('data', (chunk: string) => {
    text += chunk
    received += chunk.length
    const most = maxMetadataBytes(expected().count)
    if (received > most) {
      const refs = `${expected().count} ref${expected().count === 1 ? '' : 's'}`
      broken(`reported more than ${most / 1024} KiB about ${refs}, which is more than it may`)
      child.kill('SIGKILL')
      return
    }
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
      const message = parseMessage(text.slice(0, end), expected())
      text = text.slice(end + 1)
      if (message === undefined || !answersAll(message, expected().count)) {
        broken('reported what it may not')
        child.kill('SIGKILL')
      } else if (message.type === 'fetched') {
        if (message.spent !== undefined) spent(message.spent)
        fetched.resolve(message.items)
      } else if (message.type === 'delivered') {
        const { unkept = [] } = message
        ended.resolve({ delivered: true, unkept })
      } else {
        const { code, reason = 'failed' } = message
        ended.resolve({ delivered: false, code, reason })
        if (reason === KEY_TROUBLE) {
          const key = `cannot use the key for fingerprints, ${expected().key}`
          broken(key, code, 'it must be a file that is yours alone, in a folder that is')
        } else broken('could not do its work', code)
      }
    }
  })
  report.on('close', () => {
    broken('ended without an answer')
    ended.resolve(died)
  })
  child.on('error', () => {
    broken('could not be started')
    ended.resolve(died)
  })
  return { fetched: fetched.promise, ended: ended.promise }
}
