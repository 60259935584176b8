/** What one process does to the log's files under the lock: write, store the head, sign. */
import { closeSync, fstatSync, ftruncateSync } from 'node:fs'
import { SecretRefError } from '../errors.ts'
import type { Home } from '../state/home.ts'
import { EMPTY, link, type Tip } from './chain.ts'
import { putBack } from './checkpoints.ts'
import { synced, written } from './disk.ts'
import { tampered, unavailable } from './failures.ts'
import { identityAt, same } from './file.ts'
import { foldLines } from './fold.ts'
import { AuditLock, type Known } from './lock.ts'
import { Notary } from './notary.ts'
import { asTip, isArchived, isRolled, openFrom, type Beginning, type Opened } from './opened.ts'
import type { AuditRecord, Entry } from './record.ts'
import { isFull, roll, type Bounds } from './roll.ts'
import { holds } from './tail.ts'

/** Bytes that are read and hashed sooner than another's word for them is checked. */
const FAR = 256 * 1024

/** One batch that was written, and is not durable yet. */
interface Batch {
  opened: Opened
  tip: Tip
  records: readonly AuditRecord[]
  /** The checkpoint of a segment that was closed before it. */
  note?: string
}

export interface Appended {
  /** The callers', without those the log added itself. */
  records: readonly AuditRecord[]
  /** A checkpoint that was signed in passing. */
  note?: string
}

/** Every method is called alone; `begin` is called when the lock is there and the disk's turn comes. */
export class Appender {
  readonly #home: Home
  readonly #now: () => Date
  readonly #bounds: Bounds
  readonly #lock: AuditLock
  readonly #notary: Notary
  #opened: Opened | undefined
  #durable: Tip | undefined
  /** How far the durable head was stored as the acknowledged one. */
  #stored = 0
  /** Set once a sync has failed: the kernel may have dropped the pages, and a second sync would lie. */
  #broken: unknown

  /** The home's folder must be there. */
  constructor(home: Home, options: { now: () => Date; busyTimeoutMs: number; bounds: Bounds }) {
    this.#home = home
    this.#now = options.now
    this.#bounds = options.bounds
    this.#lock = new AuditLock(home.auditLock, options.busyTimeoutMs)
    this.#notary = new Notary(home, this.#lock)
  }

  /** Durable records behind the newest checkpoint that we know of; none any more where the disk failed. */
  get unsigned(): number {
    if (this.#broken !== undefined) return 0
    return Math.max(0, (this.#durable?.seq ?? 0) - (this.#opened?.signed ?? 0))
  }

  /** One batch, to the disk. */
  async append(entries: readonly Entry[], begin: () => void): Promise<Appended> {
    if (this.#broken !== undefined) throw this.#broken
    // A commit of its own: on a full disk it fails before anything is written, not after.
    await this.storeHead()
    const { opened, tip, records, note } = await this.#lock.hold(() => {
      begin()
      return this.#write(entries)
    })
    // Not before the lock was given back: if that fails, the next batch finds these lines in the file.
    opened.end = tip
    opened.headUnknown = false
    opened.torn = 0
    delete opened.lost
    await this.#sync(opened.fd)
    this.#durable = tip
    return { records: records.slice(-entries.length), ...(note !== undefined && { note }) }
  }

  async #sync(fd: number): Promise<void> {
    try {
      await synced(fd)
    } catch (error) {
      this.#broken = error
      throw error
    }
  }

  async storeHead(): Promise<void> {
    if (this.#durable === undefined || this.#durable.seq <= this.#stored) return
    const stored = await this.#lock.hold(() => {
      this.#inPlace()
      // After an archive another log begins, which this is not the head of.
      if (this.#durable !== undefined) this.#lock.store(this.#durable)
      return this.#durable?.seq
    })
    this.#stored = stored ?? 0
  }

  /** For a process that appended nothing: what stands in the log is durable when this resolves. */
  async look(begin: () => void): Promise<void> {
    const opened = await this.#lock.hold(() => {
      begin()
      const found = this.#inPlace()
      this.#catchUp(found)
      return found
    })
    const { end } = opened
    if (end.seq === EMPTY.seq)
      throw unavailable('it holds no record yet', 'the first run makes one')
    await synced(opened.fd)
    this.#durable = end
  }

  /**
   * Signs how far the log is known to be durable, and stores that head. Undefined where a checkpoint
   * covers it already, or the newest is lost: whoever writes the next record puts that back first.
   * Errors: AUDIT_TAMPERED where the log is not what the last checkpoint signed.
   */
  async sign(begin: () => void): Promise<string | undefined> {
    const signed = await this.#lock.hold(async () => {
      begin()
      const opened = this.#inPlace()
      const tip = this.#durable
      if (tip === undefined) return undefined
      this.#lock.store(tip)
      const beginning = this.#notary.vouch(opened, tip, (one) => this.#catchUp(one))
      if (beginning === undefined) throw tampered('the audit log does not begin with a record')
      if (tip.seq <= opened.signed || opened.lost !== undefined) return undefined
      const note = await this.#notary.sign(tip, beginning.origin)
      return { opened, tip, note }
    })
    this.#stored = this.#durable?.seq ?? 0
    if (signed === undefined) return undefined
    const { opened, tip, note } = signed
    opened.signed = tip.seq
    if (tip === opened.end) opened.vouched = note
    else delete opened.vouched
    return note
  }

  close(): void {
    if (this.#opened !== undefined) closeSync(this.#opened.fd)
    this.#lock.close()
  }

  /** Check, catch up, chain, write. */
  async #write(entries: readonly Entry[]): Promise<Batch> {
    let opened = this.#inPlace()
    const torn = this.#catchUp(opened)
    if (torn > 0) {
      ftruncateSync(opened.fd, opened.end.size)
      opened.torn += torn
    }
    const beginning = this.#notary.beginning(opened)
    const now = this.#now()
    let note: string | undefined
    for (const { actor } of entries.slice(0, 1)) {
      if (beginning === undefined || !isFull(opened.end.size, beginning, this.#bounds, now))
        continue
      const covered = await this.#cover(opened, beginning)
      if (covered === undefined) continue
      note = covered.note
      opened = await roll(this.#home, opened, beginning, actor, now)
      this.#opened = opened
    }
    const { fd, end, lost } = opened
    const own = findings(opened, entries)
    const { bytes, head: tip, records } = link([...own, ...entries], end, now.toISOString())
    try {
      await written(fd, bytes)
      if (lost !== undefined) await putBack(this.#home, lost)
    } catch (error) {
      // Part of it may stand in the file. If it cannot be cut off, the next to write finds a torn line.
      ftruncateSync(fd, end.size)
      throw error
    }
    return { opened, tip, records, ...(note !== undefined && { note }) }
  }

  /**
   * A segment is closed with a checkpoint of all that it holds, so that it can be moved away. Undefined
   * where none can be written: then it is not closed yet, and records go on. Errors: AUDIT_TAMPERED.
   */
  async #cover(opened: Opened, { origin }: Beginning): Promise<{ note?: string } | undefined> {
    const tip = opened.end
    await this.#sync(opened.fd)
    try {
      this.#notary.vouch(opened, tip, (one) => this.#catchUp(one))
      // First the lost one has to be put back.
      if (opened.lost !== undefined) return undefined
      this.#lock.store(tip)
      if (tip.seq <= opened.signed) return {}
      const note = await this.#notary.sign(tip, origin)
      opened.signed = tip.seq
      opened.vouched = note
      return { note }
    } catch (error) {
      if (error instanceof SecretRefError && error.code === 'AUDIT_TAMPERED') throw error
      // Whoever signs next, and that is soon, says why it cannot be done.
      return undefined
    }
  }

  /** Reads what others appended since we last looked; returns the bytes that one of them left unfinished. */
  #catchUp(opened: Opened): number {
    const { fd, end } = opened
    const { size } = fstatSync(fd)
    if (size === end.size) return 0
    if (size < end.size) throw tampered(`the audit log was cut after record ${end.seq} was written`)
    const ahead = size - end.size > FAR ? this.#ahead(opened) : undefined
    if (ahead !== undefined) {
      opened.end = ahead
      // What was not folded here is read again before it is signed.
      delete opened.vouched
    }
    const { tip, torn } = foldLines(fd, opened.end, size)
    opened.end = tip
    return torn
  }

  /** The head that another process stored, where it is a shorter way to the end. */
  #ahead({ fd, end }: Opened): Tip | undefined {
    const head = this.#lock.head()
    if (typeof head !== 'object' || head.seq <= end.seq || head.first !== end.first)
      return undefined
    return holds(fd, head) ? asTip(head) : undefined
  }

  /**
   * The log at its path, opened where need be. As long as we have a file open, no other can have its
   * inode; where another stands there, it must be one that follows ours.
   */
  #inPlace(): Opened {
    const { auditLog } = this.#home
    const before = this.#opened
    if (before === undefined) return (this.#opened = this.#open(this.#lock.head()))
    if (same(before.identity, identityAt(auditLog))) return before
    let next: Opened
    if (isRolled(before, auditLog)) {
      next = this.#open(before.end)
    } else if (isArchived(before, auditLog)) {
      next = this.#open(this.#lock.head())
      this.#durable = undefined
      this.#stored = 0
    } else {
      throw unavailable(
        'its file was removed or replaced while it was open',
        'find out who did it, then start again',
      )
    }
    this.#opened = next
    closeSync(before.fd)
    return next
  }

  #open(known: Known | Tip | 'none' | 'new'): Opened {
    const opened = openFrom(this.#home, known)
    try {
      this.#notary.vouch(opened, opened.end, (one) => this.#catchUp(one))
      return opened
    } catch (error) {
      closeSync(opened.fd)
      throw error
    }
  }
}

/** What the log itself has to say first, in the name of who writes. */
function findings(
  { end, headUnknown, torn, lost, signed }: Opened,
  entries: readonly Entry[],
): Entry[] {
  const found: Entry[] = []
  for (const { actor } of entries.slice(0, 1)) {
    if (end.seq === EMPTY.seq) found.push({ event: 'log.opened', actor })
    // Whoever takes the lock file away takes away what a cut is measured by.
    else if (headUnknown) found.push({ event: 'log.opened', actor, detail: { head: 'unknown' } })
    if (torn > 0) found.push({ event: 'log.recovered', actor, detail: { bytes: torn } })
    if (lost !== undefined) {
      found.push({ event: 'log.recovered', actor, detail: { checkpoint: signed } })
    }
  }
  return found
}
