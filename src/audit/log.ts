/**
 * The audit log: what `append` has resolved is on the disk.
 *
 * Any number of processes append to one chain. Under the lock a batch reads what the others appended,
 * is chained behind it and written with one write; the fdatasync follows after the lock, so that
 * processes sync side by side. Inside a process everything that queued up during a sync goes out as the
 * next batch (group commit): one writer pays one sync, many share it.
 *
 * Every so many records or seconds, and at a clean stop, whoever writes signs how far the log has come.
 */
import { setImmediate as immediate } from 'node:timers/promises'
import type { SecretRefError } from '../errors.ts'
import type { Home } from '../state/home.ts'
import type { AnchorFailure } from './anchor/publish.ts'
import { Anchoring } from './anchoring.ts'
import { Appender } from './appender.ts'
import { checkpointGone, readCheckpoint } from './checkpoints.ts'
import { bounded } from './disk.ts'
import { asFailure, unavailable } from './failures.ts'
import { prepareFolder } from './file.ts'
import type { Actor, AuditRecord, Entry } from './record.ts'
import { readSettings, type AuditSettings } from './settings.ts'

const LOCK_TIMEOUT_MS = 5000
const DISK_TIMEOUT_MS = 10_000
const ANCHORS_MS = 2000

export interface AuditLogOptions {
  now?: () => Date
  /** How long to wait for other processes; 5,000 ms where left out. */
  busyTimeoutMs?: number
  /** How long to wait for the disk; 10,000 ms where left out. */
  diskTimeoutMs?: number
  /** How long the end waits for anchors, which go on by themselves then; 2,000 ms where left out. */
  anchorsMs?: number
  /** Told of what stops nobody, each once: an anchor that fails, a checkpoint that cannot be signed. */
  warn?: (sentence: string, hint?: string) => void
}

export interface AuditLog {
  /**
   * Writes the entries, in order and next to each other, and resolves with the records once they are
   * durable. Errors: AUDIT_UNAVAILABLE, AUDIT_TAMPERED; then nothing may be released on their strength.
   */
  append(entries: readonly Entry[]): Promise<readonly AuditRecord[]>
  /**
   * Signs what the log holds, where no checkpoint covers it yet. Resolves with the newest checkpoint, a
   * C2SP signed note. Errors: as `append`.
   */
  checkpoint(): Promise<string>
  /** Waits for what is queued, signs a checkpoint where this process added records, lets go of the files. */
  close(): Promise<void>
  /**
   * As `close`, for a process that ends at once: the system lets go of its files. Closing SQLite's would
   * cost two fsyncs to tidy up what the next opening reads as well.
   */
  settle(): Promise<void>
}

/** Touches no file before the first call, which opens, checks and where need be makes the log. */
export function openAuditLog(home: Home, options: AuditLogOptions = {}): AuditLog {
  return new Writer(home, options)
}

interface Waiting {
  entries: readonly Entry[]
  resolve(records: readonly AuditRecord[]): void
  reject(error: SecretRefError): void
}

interface Tools {
  appender: Appender
  anchoring: Anchoring
  settings: AuditSettings
}

class Writer implements AuditLog {
  readonly #home: Home
  readonly #options: Required<AuditLogOptions>
  #queue: Waiting[] = []
  #working: Promise<void> | undefined
  #tools: Tools | undefined
  /** Set where nothing may be appended any more. */
  #broken: SecretRefError | undefined
  /** The disk did not answer in time, and may still be at it: nothing can be done, not even let go. */
  #hangs = false
  #closed = false
  /** Runs while there are records that no checkpoint covers. */
  #timer: NodeJS.Timeout | undefined
  #timeToSign = false
  /** `unsigned` when signing was last tried, in vain. */
  #triedAt = 0
  /** That signing fails was said, and it has not worked since. */
  #told = false
  /** In whose name the log speaks for itself. */
  #actor: Actor | undefined

  constructor(home: Home, options: AuditLogOptions) {
    this.#home = home
    this.#options = {
      now: () => new Date(),
      busyTimeoutMs: LOCK_TIMEOUT_MS,
      diskTimeoutMs: DISK_TIMEOUT_MS,
      anchorsMs: ANCHORS_MS,
      warn: () => {},
      ...options,
    }
  }

  append(entries: readonly Entry[]): Promise<readonly AuditRecord[]> {
    if (this.#closed) return Promise.reject(closed())
    if (entries.length === 0) return Promise.resolve([])
    return this.#enqueue(entries)
  }

  async checkpoint(): Promise<string> {
    if (this.#closed) throw closed()
    await this.#working
    try {
      const { appender, anchoring } = this.#use()
      await this.#inTime((begin) => appender.look(begin))
      const signed = await this.#inTime((begin) => appender.sign(begin))
      if (signed !== undefined) anchoring.publish(signed)
      const newest = signed ?? readCheckpoint(this.#home)
      if (newest !== undefined) return newest
      throw checkpointGone('the next run puts it back and records that')
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async settle(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#working
    clearTimeout(this.#timer)
    const tools = this.#tools
    if (tools === undefined || this.#hangs) return
    try {
      if (this.#broken === undefined && tools.appender.unsigned > 0) await this.#sign(tools)
      else await tools.appender.storeHead()
      await tools.anchoring.drain(this.#options.anchorsMs)
      // An anchor that failed just now is on record before this process ends.
      await this.#working
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    try {
      await this.settle()
    } finally {
      if (!this.#hangs) this.#tools?.appender.close()
    }
  }

  #enqueue(entries: readonly Entry[]): Promise<readonly AuditRecord[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly AuditRecord[]>()
    this.#queue.push({ entries, resolve, reject })
    this.#working ??= this.#work()
    return promise
  }

  async #work(): Promise<void> {
    // Callers of the same turn share the first batch, and those that a batch has woken the next one.
    await Promise.resolve()
    while (this.#queue.length > 0 || this.#mustSign()) {
      if (this.#queue.length > 0) await this.#batch()
      await immediate()
      if (this.#mustSign()) await this.#signInPassing()
      else if (this.#queue.length === 0) await this.#idle()
    }
    this.#working = undefined
  }

  async #batch(): Promise<void> {
    const batch = this.#queue
    this.#queue = []
    try {
      if (this.#broken !== undefined) throw this.#broken
      const { appender, anchoring } = this.#use()
      const entries = batch.flatMap((waiting) => waiting.entries)
      this.#actor = entries.at(-1)?.actor
      const { records, note } = await this.#inTime((begin) => appender.append(entries, begin))
      if (note !== undefined) anchoring.publish(note)
      let next = 0
      for (const waiting of batch) {
        waiting.resolve(records.slice(next, (next += waiting.entries.length)))
      }
      this.#startTimer()
    } catch (error) {
      const failure = this.#failure(error)
      for (const waiting of batch) waiting.reject(failure)
    }
  }

  /** With nobody waiting the head is stored at once: a start that waits for its resolver pays nothing. */
  async #idle(): Promise<void> {
    if (this.#hangs) return
    try {
      await this.#tools?.appender.storeHead()
    } catch {
      // Nobody is told, because nothing is lost: the next batch or `close` stores it, or fails by it.
    }
  }

  #use(): Tools {
    if (this.#tools !== undefined) return this.#tools
    prepareFolder(this.#home.dir)
    const settings = readSettings(this.#home)
    const { now, busyTimeoutMs } = this.#options
    const appender = new Appender(this.#home, { now, busyTimeoutMs, bounds: settings.segment })
    const anchoring = new Anchoring(settings.anchors, this.#home.dir, (failures) =>
      this.#recordFailed(failures),
    )
    return (this.#tools = { appender, anchoring, settings })
  }

  #mustSign(): boolean {
    if (this.#tools === undefined || this.#broken !== undefined || this.#closed) return false
    const { appender, settings } = this.#tools
    return this.#timeToSign || appender.unsigned - this.#triedAt >= settings.checkpoint.records
  }

  #startTimer(): void {
    if (this.#tools === undefined || this.#timer !== undefined || this.#closed) return
    const { appender, settings } = this.#tools
    if (appender.unsigned === 0) return
    this.#timer = setTimeout(() => {
      this.#timeToSign = true
      this.#working ??= this.#work()
    }, settings.checkpoint.seconds * 1000)
    this.#timer.unref()
  }

  /** Between two batches: what fails is told, and tried again at the next occasion. */
  async #signInPassing(): Promise<void> {
    const tools = this.#use()
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#timeToSign = false
    this.#triedAt = tools.appender.unsigned
    try {
      await this.#sign(tools)
      this.#triedAt = tools.appender.unsigned
      this.#told = false
    } catch (error) {
      const failure = this.#failure(error)
      if (failure.code === 'AUDIT_TAMPERED') this.#broken ??= failure
      if (this.#told) return
      this.#told = true
      this.#options.warn(`no checkpoint could be signed: ${failure.message}`, failure.hint)
    }
  }

  async #sign({ appender, anchoring }: Tools): Promise<void> {
    const note = await this.#inTime((begin) => appender.sign(begin))
    if (note !== undefined) anchoring.publish(note)
  }

  #recordFailed(failures: readonly AnchorFailure[]): void {
    for (const { anchor, cause, open } of failures) {
      const state = open ? 'is still on its way to' : 'did not reach'
      this.#options.warn(`the checkpoint ${state} the anchor ${anchor}: ${cause}`)
    }
    const actor = this.#actor
    if (actor === undefined) return
    const entries = failures.map(({ anchor, cause }): Entry => ({
      event: 'anchor.failed',
      actor,
      reason: cause,
      detail: { anchor },
    }))
    // Where the log fails as well, those who append to it are told.
    this.#enqueue(entries).catch(() => {})
  }

  /** As `work`, but for as long as the disk may take. Then this process does nothing more to the log. */
  async #inTime<T>(work: (begin: () => void) => Promise<T>): Promise<T> {
    const { diskTimeoutMs } = this.#options
    const late = (): SecretRefError => {
      this.#hangs = true
      return unavailable(
        `the disk has not answered for ${diskTimeoutMs / 1000} seconds`,
        'check the disk and the kernel log, then start again',
      )
    }
    return bounded(diskTimeoutMs, late, work)
  }

  /** In words; and what must not be tried again is kept. */
  #failure(error: unknown): SecretRefError {
    const failure = asFailure(error, this.#home.auditLock)
    if (this.#hangs) this.#broken ??= failure
    return failure
  }
}

function closed(): SecretRefError {
  return unavailable('it is closed already', 'start again')
}
