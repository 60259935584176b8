/**
 * The audit log: what `append` has resolved is on the disk.
 *
 * Any number of processes append to one chain. Under the lock a batch reads what the others appended,
 * is chained behind it and written with one write; the fdatasync follows after the lock, so that
 * processes sync side by side. Inside a process everything that queued up during a sync goes out as the
 * next batch (group commit): one writer pays one sync, many share it.
 */
import { closeSync, fdatasync, fstatSync, ftruncateSync } from 'node:fs'
import { setImmediate as immediate } from 'node:timers/promises'
import type { SecretRefError } from '../errors.ts'
import type { Home } from '../state/home.ts'
import { archivedBefore, whatIsLeft } from './archived.ts'
import { EMPTY, link, type Head, type Linked } from './chain.ts'
import { asFailure, tampered, unavailable } from './failures.ts'
import {
  createToAppend,
  identityAt,
  identityOf,
  openToAppend,
  prepareFolder,
  same,
  syncFolder,
  writeWhole,
  type Identity,
} from './file.ts'
import { AuditLock } from './lock.ts'
import type { AuditRecord, Entry } from './record.ts'
import { holds, tailOf } from './tail.ts'

const LOCK_TIMEOUT_MS = 5000

export interface AuditLogOptions {
  now?: () => Date
  /** How long to wait for other processes; 5,000 ms where left out. */
  busyTimeoutMs?: number
}

export interface AuditLog {
  /**
   * Writes the entries, in order and next to each other, and resolves with the records once they are
   * durable. Errors: AUDIT_UNAVAILABLE, AUDIT_TAMPERED; then nothing may be released on their strength.
   */
  append(entries: readonly Entry[]): Promise<readonly AuditRecord[]>
  /** Waits for what is queued, stores the acknowledged head, lets go of the files. */
  close(): Promise<void>
  /**
   * As `close`, for a process that ends at once: the system lets go of its files. Closing SQLite's would
   * cost two fsyncs to tidy up what the next opening reads as well.
   */
  settle(): Promise<void>
}

/** Touches no file before the first `append`, which opens, checks and where need be makes the log. */
export function openAuditLog(home: Home, options: AuditLogOptions = {}): AuditLog {
  return new Writer(home, options)
}

interface Waiting {
  entries: readonly Entry[]
  resolve(records: readonly AuditRecord[]): void
  reject(error: SecretRefError): void
}

/** The log as this process has it open. */
interface Opened {
  fd: number
  identity: Identity
  /** What we know to stand in the file, ours or others'. */
  end: Head
  /** How it was found, until that is on record: with a lock that had never been used… */
  headUnknown: boolean
  /** …and with so many bytes behind the last newline. */
  torn: number
}

class Writer implements AuditLog {
  readonly #home: Home
  readonly #now: () => Date
  readonly #timeoutMs: number
  #queue: Waiting[] = []
  #working: Promise<void> | undefined
  #lock: AuditLock | undefined
  #opened: Opened | undefined
  /** Durable, but not stored yet as the acknowledged head. */
  #durable: Head | undefined
  /** Set once a sync has failed: the kernel may have dropped the pages, and a second sync would lie. */
  #broken: SecretRefError | undefined
  #closed = false

  constructor(home: Home, options: AuditLogOptions) {
    this.#home = home
    this.#now = options.now ?? (() => new Date())
    this.#timeoutMs = options.busyTimeoutMs ?? LOCK_TIMEOUT_MS
  }

  append(entries: readonly Entry[]): Promise<readonly AuditRecord[]> {
    if (this.#closed) return Promise.reject(unavailable('it is closed already', 'start again'))
    if (entries.length === 0) return Promise.resolve([])
    const { promise, resolve, reject } = Promise.withResolvers<readonly AuditRecord[]>()
    this.#queue.push({ entries, resolve, reject })
    this.#working ??= this.#work()
    return promise
  }

  async settle(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#working
    try {
      await this.#storeHead()
    } catch (error) {
      throw asFailure(error, this.#home.auditLock)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    try {
      await this.settle()
    } finally {
      if (this.#opened !== undefined) closeSync(this.#opened.fd)
      this.#lock?.close()
    }
  }

  async #work(): Promise<void> {
    // Callers of the same turn share the first batch, and those that a batch has woken the next one.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const batch = this.#queue
      this.#queue = []
      try {
        const records = await this.#commit(batch.flatMap(({ entries }) => entries))
        let next = 0
        for (const waiting of batch) {
          waiting.resolve(records.slice(next, (next += waiting.entries.length)))
        }
      } catch (error) {
        const failure = asFailure(error, this.#home.auditLock)
        for (const waiting of batch) waiting.reject(failure)
      }
      await immediate()
      if (this.#queue.length === 0) await this.#idle()
    }
    this.#working = undefined
  }

  /** With nobody waiting the head is stored at once: a start that waits for its resolver pays nothing. */
  async #idle(): Promise<void> {
    try {
      await this.#storeHead()
    } catch {
      // Nobody is told, because nothing is lost: the next batch or `close` stores it, or fails by it.
    }
  }

  async #storeHead(): Promise<void> {
    const [lock, opened, durable] = [this.#lock, this.#opened, this.#durable]
    if (lock === undefined || opened === undefined || durable === undefined) return
    await lock.hold(() => {
      // After an archive another log begins, which this is not the head of.
      if (this.#inPlace(lock) === opened) lock.store(durable)
    })
    this.#durable = undefined
  }

  /** One batch, to the disk. Returns the callers' records, without those the log added itself. */
  async #commit(entries: readonly Entry[]): Promise<readonly AuditRecord[]> {
    if (this.#broken !== undefined) throw this.#broken
    const lock = (this.#lock ??= this.#openLock())
    // A commit of its own: on a full disk it fails before anything is written, not after.
    await this.#storeHead()
    const { opened, linked } = await lock.hold(() => this.#write(lock, entries))
    // Not before the lock was given back: if that fails, the next batch finds these lines in the file.
    opened.end = linked.head
    opened.headUnknown = false
    opened.torn = 0
    try {
      await synced(opened.fd)
    } catch (error) {
      this.#broken = asFailure(error, this.#home.auditLock)
      throw this.#broken
    }
    this.#durable = linked.head
    return linked.records.slice(-entries.length)
  }

  #openLock(): AuditLock {
    prepareFolder(this.#home.dir)
    return new AuditLock(this.#home.auditLock, this.#timeoutMs)
  }

  /** Under the lock, without a pause: check, catch up, chain, write. */
  #write(lock: AuditLock, entries: readonly Entry[]): { opened: Opened; linked: Linked } {
    const opened = this.#inPlace(lock)
    this.#catchUp(opened)
    const { fd, end } = opened
    const own = findings(opened, entries)
    const linked = link([...own, ...entries], end, this.#now().toISOString())
    try {
      writeWhole(fd, linked.bytes)
    } catch (error) {
      // Part of it may stand in the file. If it cannot be cut off, the next to write finds a torn line.
      ftruncateSync(fd, end.size)
      throw error
    }
    return { opened, linked }
  }

  #open(acknowledged: Head | 'none' | 'new'): Opened {
    const { auditLog, dir } = this.#home
    let fd = openToAppend(auditLog)
    if (fd === undefined) {
      if (typeof acknowledged === 'object') {
        throw tampered('the audit log is gone, and it held acknowledged records')
      }
      fd = createToAppend(auditLog)
    }
    try {
      const { size } = fstatSync(fd)
      const known = typeof acknowledged === 'object' ? acknowledged : EMPTY
      if (size < known.size) {
        throw tampered(
          `the audit log is shorter than it was when record ${known.seq} was acknowledged`,
        )
      }
      if (!holds(fd, known)) {
        throw tampered(`record ${known.seq} of the audit log is not the one that was acknowledged`)
      }
      // Before the first line: a log that has one is known to survive a power failure as a file.
      if (size === 0) syncFolder(dir)
      const headUnknown = acknowledged === 'new'
      return { fd, identity: identityOf(fd), end: known, headUnknown, torn: 0 }
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  /** What others appended since we last looked; a line that one of them left unfinished is cut off. */
  #catchUp(opened: Opened): void {
    const { fd, end } = opened
    const { size } = fstatSync(fd)
    if (size === end.size) return
    if (size < end.size) throw tampered(`the audit log was cut after record ${end.seq} was written`)
    const { head, torn } = tailOf(fd, end, size)
    if (torn > 0) {
      ftruncateSync(fd, head.size)
      opened.torn += torn
    }
    opened.end = head
  }

  /**
   * Under the lock: the log at its path, opened where need be. As long as we have a file open, no other
   * can have its inode; where another stands there, it must be the one that an archive of ours began.
   */
  #inPlace(lock: AuditLock): Opened {
    const { auditLog } = this.#home
    const before = this.#opened
    if (before === undefined) return (this.#opened = this.#open(lock.head()))
    if (same(before.identity, identityAt(auditLog))) return before
    if (!isArchived(before, auditLog)) {
      throw unavailable(
        'its file was removed or replaced while it was open',
        'find out who did it, then start again',
      )
    }
    const next = this.#open(lock.head())
    this.#opened = next
    this.#durable = undefined
    closeSync(before.fd)
    return next
  }
}

/** True where the log at the path begins by saying that it follows this one, as we know it. */
function isArchived({ fd, end }: Opened, path: string): boolean {
  if (!holds(fd, end)) return false
  const archived = archivedBefore(path)
  const left = whatIsLeft(fd)
  return (
    left.hash !== undefined &&
    left.hash === archived?.hash &&
    left.seq === archived.seq &&
    left.size === archived.size
  )
}

/** What the log itself has to say first, in the name of who writes. */
function findings({ end, headUnknown, torn }: Opened, entries: readonly Entry[]): Entry[] {
  const found: Entry[] = []
  for (const { actor } of entries.slice(0, 1)) {
    if (end.seq === EMPTY.seq) found.push({ event: 'log.opened', actor })
    // Whoever takes the lock file away takes away what a cut is measured by.
    else if (headUnknown) found.push({ event: 'log.opened', actor, detail: { head: 'unknown' } })
    if (torn > 0) found.push({ event: 'log.recovered', actor, detail: { bytes: torn } })
  }
  return found
}

function synced(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(fd, (error) => (error === null ? resolve() : reject(error)))
  })
}
