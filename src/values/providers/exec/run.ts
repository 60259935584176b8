/** Runs one program with a request on its stdin and takes its stdout as bytes, inside limits. */
import { spawn, type ChildProcess } from 'node:child_process'
import { dirname } from 'node:path'
import { errnoOf } from '../../../errors.ts'
import { concat, wipe } from '../../secret/bytes.ts'
import { final, timedOut, unavailable } from '../../secret/outcome.ts'
import type { Failure } from '../contract.ts'
import { startNet, type Net } from './net.ts'

export interface Program {
  /** Absolute; it runs in its own folder, without a shell. */
  command: string
  args: readonly string[]
  /** All of its environment. */
  env: Readonly<Record<string, string>>
  timeoutMs: number
  /** Milliseconds without a byte on stdout or stderr. */
  noOutputTimeoutMs: number
  /** Of stdout and stderr together. */
  maxOutputBytes: number
  /** Hears how it ended of itself, before that is judged. */
  ended?: (exit: number | null, signal: NodeJS.Signals | null) => void
}

/** Own memory, which the caller wipes. */
export interface Output {
  kind: 'output'
  stdout: Buffer
}

/**
 * Asks once. Whatever happens, nothing of the program's process group is left when this returns: not
 * after a timeout, and not after an early end that leaves children behind.
 *
 * The caller wipes the answer. A copy of each chunk stays in memory that Node's stream has freed,
 * where no wipe reaches, until this process ends with its delivery.
 *
 * - not startable, too slow, aborted: an outage
 * - exit code other than 0, ended by a signal, too much output: final
 */
export function run(
  program: Program,
  request: string | Buffer,
  signal: AbortSignal,
): Promise<Output | Failure> {
  if (signal.aborted) return Promise.resolve(timedOut)
  const { command } = program
  let net: Net | undefined
  let child: ChildProcess
  try {
    net = startNet()
    if (net === undefined) return Promise.resolve(unavailable('not-startable', command))
    child = spawn(command, program.args, {
      cwd: dirname(command),
      env: program.env,
      // A session and a process group of its own, so that its children can be ended with it.
      detached: true,
      shell: false,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  } catch (error) {
    net?.dismiss()
    // The kernel's refusals are outages; Node's own (a NUL in an argument) are mistakes in the config.
    const failure = errnoOf(error)?.startsWith('ERR_')
      ? final('malformed', 'PROVIDER_INVALID', 'not-startable', command)
      : unavailable('not-startable', command)
    return Promise.resolve(failure)
  }
  if (child.pid !== undefined) net.guard(child.pid)
  return new Run(program, child, net, signal).result(request)
}

class Run {
  readonly #program: Program
  readonly #child: ChildProcess
  readonly #net: Net
  readonly #signal: AbortSignal
  readonly #chunks: Buffer[] = []
  readonly #done = Promise.withResolvers<Output | Failure>()
  readonly #timers = new Map<'all' | 'silence', NodeJS.Timeout>()
  readonly #abort = (): void => this.#end(timedOut)
  #bytes = 0
  #ended = false
  #exited = false

  constructor(program: Program, child: ChildProcess, net: Net, signal: AbortSignal) {
    this.#program = program
    this.#child = child
    this.#net = net
    this.#signal = signal
  }

  result(request: string | Buffer): Promise<Output | Failure> {
    const { command, timeoutMs } = this.#program
    const child = this.#child
    this.#signal.addEventListener('abort', this.#abort, { once: true })
    const late = unavailable('timeout', command, 'TIMEOUT')
    this.#timers.set(
      'all',
      setTimeout(() => this.#end(late), timeoutMs),
    )
    this.#waitForOutput()
    child.on('error', () => {
      this.#net.dismiss()
      this.#end(unavailable('not-startable', command))
    })
    // The program has ended; what it left running still holds the pipes, and would for ever.
    child.on('exit', () => this.#exit())
    child.on('close', (code, killedBy) => this.#closed(code, killedBy))
    child.stdout?.on('data', (chunk: Buffer) => this.#take(chunk, true))
    child.stderr?.on('data', (chunk: Buffer) => this.#take(chunk, false))
    // EPIPE and ECONNRESET: a program need not read the request. Its answer and its exit code count.
    child.stdin?.on('error', () => {})
    child.stdin?.end(request)
    return this.#done.promise
  }

  #take(chunk: Buffer, keep: boolean): void {
    this.#bytes += chunk.length
    const tooMuch = this.#bytes > this.#program.maxOutputBytes
    if (keep && !tooMuch) this.#chunks.push(chunk)
    else wipe(chunk)
    if (tooMuch) {
      const { command } = this.#program
      this.#end(final('malformed', 'PROVIDER_INVALID', 'output-too-large', command))
      return
    }
    this.#waitForOutput()
  }

  /** Where silence may last as long as everything, the one limit is enough. */
  #waitForOutput(): void {
    const { command, noOutputTimeoutMs, timeoutMs } = this.#program
    if (noOutputTimeoutMs >= timeoutMs) return
    clearTimeout(this.#timers.get('silence'))
    const silent = unavailable('no-output', command, 'TIMEOUT')
    this.#timers.set(
      'silence',
      setTimeout(() => this.#end(silent), noOutputTimeoutMs),
    )
  }

  #closed(code: number | null, killedBy: NodeJS.Signals | null): void {
    const { command, ended } = this.#program
    if (!this.#ended) ended?.(code, killedBy)
    if (killedBy !== null) this.#end(final('malformed', 'PROVIDER_INVALID', 'killed', command))
    else if (code !== 0) this.#end(final('malformed', 'PROVIDER_INVALID', 'exit-code', command))
    else this.#end({ kind: 'output', stdout: concat(...this.#chunks) })
  }

  /** The first end counts. */
  #end(result: Output | Failure): void {
    if (this.#ended) {
      if (result.kind === 'output') wipe(result.stdout)
      return
    }
    this.#ended = true
    this.#signal.removeEventListener('abort', this.#abort)
    for (const timer of this.#timers.values()) clearTimeout(timer)
    wipe(...this.#chunks)
    this.#killGroup()
    const { stdin, stdout, stderr } = this.#child
    // A descendant with a session of its own may hold the other ends: they must not keep us waiting.
    for (const stream of [stdin, stdout, stderr]) stream?.destroy()
    this.#child.unref()
    this.#done.resolve(result)
  }

  /** Once, at once: later its number may be another group's. */
  #exit(): void {
    this.#killGroup()
    this.#exited = true
    this.#net.dismiss()
  }

  /** The whole group: a shell's children too. */
  #killGroup(): void {
    const { pid } = this.#child
    if (pid === undefined || this.#exited) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // ESRCH: nothing is left of it. EPERM: what is left runs as another user and is not ours to end.
    }
  }
}
