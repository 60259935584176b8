/**
 * Control's end of a lease-keeper: what it may say, field by field, and who is told. One that dies while it
 * holds anything is started again, and picks its leases up from their files.
 */
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { codeOf, isObject, objectIn } from '../metadata.ts'
import { valueProcess } from '../value-process.ts'
import { LOST_REASONS, type FromLeaseKeeper, type OpenKeeper, type ToLeaseKeeper } from './words.ts'

/** A lease that a whole audit shares names each of its items. */
const MAX_LINE = 16 * 1024
/** Restarts in a row, each so long after the death. */
const PAUSES_MS = [100, 500, 2500]
/** One that lived so long was no failure to start. */
const STEADY_MS = 60_000

type Told = (message: FromLeaseKeeper | undefined) => void

export class LeaseKeeper {
  readonly #open: OpenKeeper
  readonly #restarted: (count: number) => void
  /** By lease, until its end is told. */
  readonly #told = new Map<string, Told>()
  readonly #releasing = new Set<string>()
  #pipe: Socket | undefined
  #startedAt = 0
  #restarts = 0
  #ended = false

  /** @param restarted of each time that it died and is started again, counted in a row */
  constructor(open: OpenKeeper, restarted: (count: number) => void) {
    this.#open = open
    this.#restarted = restarted
    this.#start()
  }

  /** It died and is not started again, or was closed. */
  get ended(): boolean {
    return this.#ended
  }

  /** @param told of each message about it; of `undefined` where the keeper has died for good */
  hold(lease: string, told: Told): void {
    if (this.#ended) return told(undefined)
    this.#told.set(lease, told)
    this.#say({ type: 'hold', lease })
  }

  /** Revokes it; what came of it is told to whoever holds it. */
  release(lease: string): void {
    if (this.#ended) return
    this.#releasing.add(lease)
    this.#say({ type: 'release', lease })
  }

  /** It revokes what it holds still, and exits. */
  close(): void {
    this.#ended = true
    this.#pipe?.end()
  }

  #start(): void {
    this.#startedAt = performance.now()
    const child = spawn(process.execPath, valueProcess('lease-keeper'), {
      // Built, not inherited: NODE_OPTIONS, LD_PRELOAD and the like would run foreign code in there.
      env: {},
      cwd: '/',
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      // It outlives the terminal's Ctrl-C and us, to revoke what it holds.
      detached: true,
    })
    child.on('error', () => {})
    const pipe = child.pid === undefined ? undefined : child.stdio[3]
    this.#pipe = pipe instanceof Socket ? pipe : undefined
    child.unref()
    this.#pipe?.unref()
    this.#say(this.#open)
    for (const lease of this.#told.keys()) this.#say({ type: 'hold', lease })
    for (const lease of this.#releasing) this.#say({ type: 'release', lease })
    if (this.#pipe === undefined) this.#died()
    else this.#listen(this.#pipe)
  }

  #say(message: ToLeaseKeeper): void {
    this.#pipe?.write(`${JSON.stringify(message)}\n`)
  }

  #listen(pipe: Socket): void {
    let text = ''
    pipe
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        text += chunk
        for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
          const message = parseKeeper(text.slice(0, end))
          text = text.slice(end + 1)
          if (message === undefined) pipe.destroy()
          else this.#tell(message)
        }
        if (text.length > MAX_LINE) pipe.destroy()
      })
      // `close` says so too.
      .on('error', () => {})
      .on('close', () => this.#died())
  }

  #tell(message: FromLeaseKeeper): void {
    const { lease, type } = message
    const told = this.#told.get(lease)
    if (type !== 'held' && type !== 'renewed' && type !== 'lost') {
      this.#told.delete(lease)
      this.#releasing.delete(lease)
    }
    told?.(message)
  }

  #died(): void {
    this.#pipe = undefined
    if (performance.now() - this.#startedAt > STEADY_MS) this.#restarts = 0
    const pause = PAUSES_MS[this.#restarts]
    if (!this.#ended && this.#told.size > 0 && pause !== undefined) {
      this.#restarts += 1
      this.#restarted(this.#restarts)
      setTimeout(() => this.#start(), pause).unref()
      return
    }
    this.#ended = true
    const all = [...this.#told.values()]
    this.#told.clear()
    for (const told of all) told(undefined)
  }
}

/** @returns `undefined` where it breaks the contract */
export function parseKeeper(line: string): FromLeaseKeeper | undefined {
  const raw = objectIn(line, MAX_LINE)
  if (!isObject(raw) || typeof raw['lease'] !== 'string') return undefined
  const { type, lease, endsAt, items, renewable } = raw
  switch (type) {
    case 'held':
      if (!Array.isArray(items) || !items.every(isCount) || !isCount(endsAt)) return undefined
      return { type, lease, items, endsAt, renewable: renewable === true }
    case 'renewed':
      return isCount(endsAt) ? { type, lease, endsAt } : undefined
    case 'lost':
    case 'kept': {
      const code = codeOf(raw['code'])
      const why = code === undefined ? {} : { code }
      if (type === 'kept') return { type, lease, ...why }
      const reason = LOST_REASONS.find((one) => one === raw['reason'])
      return reason === undefined ? undefined : { type, lease, reason, ...why }
    }
    case 'revoked':
    case 'ended':
    case 'unreadable':
      return { type, lease }
    default:
      return undefined
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
