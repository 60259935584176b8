/** Control's end of a sender: what services said comes back as closed fields only. */
import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { SecretRefError } from '../../errors.ts'
import type { Fetched } from '../../policy/fetched.ts'
import { objectIn, parseMessage } from '../metadata.ts'
import { knownOn, maxMetadataBytes } from '../resolver.ts'
import { HANDED_PREFIX, type Sheet } from '../sheet.ts'
import { valueProcess } from '../value-process.ts'
import {
  MESSAGES_TIMEOUT_MS,
  OUTAGES,
  REFUSALS,
  type Sent,
  type SendOrder,
  type ToSender,
} from './words.ts'

/** For the process itself to start and end around the time that its work has. */
const GRACE_MS = 3000
/** A line about one message has less than this. */
const MOST_OF_A_LINE = 256
/** No channel may put off an alert for longer. */
const MOST_AFTER_MS = 3_600_000
const MOST_EXIT = 255

export class Sender {
  readonly #order: SendOrder
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<void>
  readonly #stop: () => void
  readonly #signal: AbortSignal
  #received = 0

  /**
   * @param handed variables for the process where it cannot read them from /proc
   * @param signal ends it at once
   */
  constructor(order: SendOrder, handed: Readonly<Record<string, string>>, signal: AbortSignal) {
    this.#order = order
    this.#signal = signal
    this.#child = spawn(process.execPath, valueProcess('sender'), {
      // Built, not inherited: NODE_OPTIONS, a proxy or further roots of TLS would lead values astray.
      env: Object.fromEntries(
        Object.entries(handed).map(([name, value]) => [`${HANDED_PREFIX}${name}`, value]),
      ),
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
      // A session of its own: the terminal's Ctrl-C is for us, who then end it.
      detached: true,
    })
    this.#stop = () => void this.#child.kill('SIGKILL')
    signal.addEventListener('abort', this.#stop, { once: true })
    this.#child.on('error', ignoreGone)
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => resolve()).once('error', () => resolve())
    })
    this.#child.stdin?.on('error', ignoreGone)
    const most = maxMetadataBytes(1) + order.messages.length * MOST_OF_A_LINE
    this.#lines = this.#read(most)
    this.#say(order)
  }

  /**
   * What it has fetched; nothing was sent to anybody by then.
   *
   * @throws PROVIDER_INVALID where it died or broke its contract
   */
  async fetched(
    sheet: Sheet,
  ): Promise<{ answer: Fetched; spent: ReadonlyMap<string, number> | undefined }> {
    const line = await this.#next(sheet.deadlineMs)
    const message = line === undefined ? undefined : parseMessage(line, knownOn(sheet))
    const [answer, ...more] = message?.type === 'fetched' ? message.items : []
    if (message?.type === 'fetched' && answer !== undefined && more.length === 0) {
      return { answer, spent: message.spent }
    }
    const code = message?.type === 'undelivered' ? message.code : 'PROVIDER_INVALID'
    throw new SecretRefError(code, 'the sender could not fetch what it sends with', {
      scope: 'agent',
      hint: '`secretref doctor` checks the surroundings',
    })
  }

  /**
   * Has the messages sent. @returns one for each, in order; `unavailable` for those of which nobody can say
   *   any more what became of them, `left` where that is because we ended it
   */
  async send(): Promise<readonly Sent[]> {
    if (this.#order.sheet !== undefined) this.#say({ type: 'send' })
    const until = Date.now() + MESSAGES_TIMEOUT_MS
    const sent: Sent[] = []
    while (sent.length < this.#order.messages.length) {
      const line = await this.#next(Math.max(0, until - Date.now()))
      const one = line === undefined ? undefined : parseTried(line)
      if (one === undefined) break
      sent.push(one)
    }
    const lost: Sent = this.#signal.aborted
      ? { kind: 'left' }
      : { kind: 'unavailable', reason: 'network' }
    return this.#order.messages.map((_, i) => sent[i] ?? lost)
  }

  /** Resolves when it has, which is soon after `dismiss`. */
  get ended(): Promise<void> {
    return this.#ended
  }

  dismiss(): void {
    this.#signal.removeEventListener('abort', this.#stop)
    this.#child.stdin?.end()
    setTimeout(this.#stop, GRACE_MS).unref()
  }

  #say(message: ToSender): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`)
  }

  async *#read(most: number): AsyncGenerator<string> {
    const pipe = this.#child.pid === undefined ? undefined : this.#child.stdio[3]
    if (!(pipe instanceof Socket)) return
    pipe.on('error', ignoreGone).on('data', (chunk: Buffer) => {
      this.#received += chunk.length
      if (this.#received > most) this.#stop()
    })
    yield* createInterface({ input: pipe })
  }

  /** @returns `undefined` where it has ended, or says nothing in time: then it is ended */
  async #next(ms: number): Promise<string | undefined> {
    const timer = setTimeout(this.#stop, ms + GRACE_MS)
    try {
      const { done, value } = await this.#lines.next()
      return done === true || this.#signal.aborted ? undefined : value
    } finally {
      clearTimeout(timer)
    }
  }
}

function ignoreGone(): void {
  // The process has ended; its silence says so.
}

/** @returns `undefined` where the line breaks the contract */
export function parseTried(line: string): Sent | undefined {
  const { type, sent } = objectIn(line, MOST_OF_A_LINE) ?? {}
  if (type !== 'tried' || typeof sent !== 'object' || sent === null) return undefined
  const { kind, reason, exit, afterMs }: Partial<Record<string, unknown>> = { ...sent }
  if (kind === 'sent' || kind === 'left') return { kind }
  if (kind === 'refused') {
    const why = REFUSALS.find((one) => one === reason)
    return why && { kind, reason: why }
  }
  const why = OUTAGES.find((one) => one === reason)
  if (kind !== 'unavailable' || why === undefined) return undefined
  return {
    kind,
    reason: why,
    ...(why === 'exit-code' && isCount(exit) && exit > 0 && exit <= MOST_EXIT ? { exit } : {}),
    ...(isCount(afterMs) ? { afterMs: Math.min(afterMs, MOST_AFTER_MS) } : {}),
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
