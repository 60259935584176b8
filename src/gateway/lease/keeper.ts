/** Control's end of a lease-keeper: what it may say, field by field, and who is told. */
import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { codeOf, isObject, objectIn } from '../metadata.ts'
import { valueProcess } from '../value-process.ts'
import { LOST_REASONS, type FromLeaseKeeper, type OpenKeeper, type ToLeaseKeeper } from './words.ts'

const MAX_LINE = 4096

export class LeaseKeeper {
  readonly #child: ChildProcess
  readonly #pipe: Socket | undefined
  readonly #told = new Map<string, (message: FromLeaseKeeper | undefined) => void>()
  #ended = false

  constructor(open: OpenKeeper) {
    this.#child = spawn(process.execPath, valueProcess('lease-keeper'), {
      // Built, not inherited: NODE_OPTIONS, LD_PRELOAD and the like would run foreign code in there.
      env: {},
      cwd: '/',
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      // It outlives the terminal's Ctrl-C and us, to revoke what it holds.
      detached: true,
    })
    this.#child.on('error', () => this.#end())
    const pipe = this.#child.pid === undefined ? undefined : this.#child.stdio[3]
    this.#pipe = pipe instanceof Socket ? pipe : undefined
    if (this.#pipe === undefined) this.#end()
    this.#child.unref()
    this.#pipe?.unref()
    this.#listen()
    this.say(open)
  }

  get ended(): boolean {
    return this.#ended
  }

  /** @param told of each message about it; of `undefined` where the keeper has died */
  hold(run: string, file: string, told: (message: FromLeaseKeeper | undefined) => void): void {
    this.#told.set(run, told)
    this.say({ type: 'hold', run, file })
    if (this.#ended) told(undefined)
  }

  say(message: ToLeaseKeeper): void {
    if (!this.#ended) this.#pipe?.write(`${JSON.stringify(message)}\n`)
  }

  #listen(): void {
    let text = ''
    this.#pipe
      ?.setEncoding('utf8')
      .on('data', (chunk: string) => {
        text += chunk
        for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
          const message = parseKeeper(text.slice(0, end))
          text = text.slice(end + 1)
          if (message === undefined) this.#pipe?.destroy()
          else this.#told.get(message.run)?.(message)
        }
        if (text.length > MAX_LINE) this.#pipe?.destroy()
      })
      // `close` says so too.
      .on('error', () => {})
      .on('close', () => this.#end())
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const told of this.#told.values()) told(undefined)
  }
}

/** @returns `undefined` where it breaks the contract */
export function parseKeeper(line: string): FromLeaseKeeper | undefined {
  const raw = objectIn(line, MAX_LINE)
  if (!isObject(raw) || typeof raw['run'] !== 'string') return undefined
  const { type, run } = raw
  if (type === 'held') return { type, run }
  if (type === 'unreadable') return { type, run }
  if (type === 'revoked') return isCount(raw['left']) ? { type, run, left: raw['left'] } : undefined
  const { item, seconds } = raw
  if (!isCount(item)) return undefined
  if (type === 'renewed') return isCount(seconds) ? { type, run, item, seconds } : undefined
  const reason = LOST_REASONS.find((one) => one === raw['reason'])
  if (type !== 'lost' || reason === undefined) return undefined
  const code = codeOf(raw['code'])
  return { type, run, item, reason, ...(code === undefined ? {} : { code }) }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
