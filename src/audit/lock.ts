/**
 * One writer at a time, the acknowledged head, and where the last signed checkpoint ends.
 *
 * Node has no flock. A small SQLite file gives a lock (`BEGIN IMMEDIATE`) that the kernel frees when its
 * holder dies, however it dies, and a place for one row that is written whole or not at all.
 *
 * The head says how far the log was *known to be durable*. It is stored after the fdatasync of what it
 * names, so it may lag behind the log and never leads it: a log that is shorter was cut. With it stands
 * the tree so far, so that no start has to hash the log again.
 */
import { closeSync, lstatSync } from 'node:fs'
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { errnoOf } from '../errors.ts'
import type { Head, Tip } from './chain.ts'
import { isBusy, mayNotOpen, unavailable } from './failures.ts'
import { checkOurs, createToAppend, identityAt, same, type Identity } from './file.ts'
import { isHash, rangeFits, type Range } from './merkle.ts'

/** Between two attempts to get the lock, which is held for a fraction of a millisecond. */
const PAUSE_MS = 1

const VERSION = 2
/** `tree`: the compact range without the last record, which `hash` adds: `SIZE HEX HEX…`. */
const SCHEMA = `
  CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    size INTEGER NOT NULL,
    first INTEGER NOT NULL DEFAULT 1,
    tree TEXT
  ) STRICT`
/** Version 1 knew of no tree and no segment. It may still write: then `tree` is that of another `seq`. */
const FROM_1 = `
  ALTER TABLE head ADD COLUMN first INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE head ADD COLUMN tree TEXT`
const SIGNED = `
  CREATE TABLE signed (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    size INTEGER NOT NULL,
    first INTEGER NOT NULL,
    tree TEXT
  ) STRICT;
  PRAGMA user_version = ${VERSION}`
type Row = 'head' | 'signed'
const store = (row: Row): string => `
  INSERT INTO ${row} (id, seq, hash, size, first, tree) VALUES (1, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, size = excluded.size,
    first = excluded.first, tree = excluded.tree
  WHERE excluded.seq > ${row}.seq`

/** A place in the log that the lock file vouches for. */
export interface Known extends Head {
  /** `seq` of the first record of the segment that `size` counts in. */
  first: number
  /** The tree without the last record; absent where an earlier version wrote the row. */
  before?: Range
}

export class AuditLock {
  readonly #path: string
  readonly #timeoutMs: number
  readonly #synchronous: 'NORMAL' | 'FULL'
  readonly #db: DatabaseSync
  readonly #identity: Identity
  #begin: StatementSync | undefined
  #commit: StatementSync | undefined
  readonly #stores = new Map<Row, StatementSync>()
  /** What this process does under the lock, one after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  /** `new` while nobody has ever completed a `hold` on this file. */
  #schema: 'unknown' | 'new' | 'found' | 'committed' = 'unknown'

  /**
   * Makes the file where it is missing. `NORMAL`: no fsync at a commit; after a power failure the row may
   * lag, which is allowed. `FULL`: for `replace`, since a larger head that came back would accuse the log.
   * Errors: AUDIT_UNAVAILABLE, or what the system throws.
   */
  constructor(path: string, timeoutMs: number, synchronous: 'NORMAL' | 'FULL' = 'NORMAL') {
    this.#path = path
    this.#timeoutMs = timeoutMs
    this.#synchronous = synchronous
    makeOrCheck(path)
    // The built-in module is loaded on use: commands that write no record do not pay for it.
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    this.#db = new DatabaseSync(path, { timeout: 0 })
    const identity = identityAt(path)
    if (identity === undefined) throw gone()
    this.#identity = identity
  }

  /**
   * Runs `work` alone among all processes that write this log. What `work` stores takes effect when it
   * is done; when it fails, nothing does. Waits without blocking the process, since an agent's signals
   * must be heard meanwhile. Errors: AUDIT_UNAVAILABLE where the lock is not to be had in time.
   */
  hold<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => this.#alone(work))
    this.#turn = turn.then(nothing, nothing)
    return turn
  }

  async #alone<T>(work: () => T | Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#timeoutMs
    while (!this.#tryBegin()) {
      if (performance.now() >= deadline) {
        throw unavailable(
          `another process has held its lock for ${this.#timeoutMs / 1000} seconds`,
          'look for a SecretRef process that is stopped or hangs',
        )
      }
      await sleep(PAUSE_MS)
    }
    try {
      if (!same(this.#identity, identityAt(this.#path))) throw gone()
      if (this.#schema !== 'committed') this.#schema = this.#makeSchema()
      const result = await work()
      this.#commit?.run()
      this.#schema = 'committed'
      return result
    } finally {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    }
  }

  /** Only inside `hold`: the acknowledged head; `new` where this lock has never been used. */
  head(): Known | 'none' | 'new' {
    if (this.#schema === 'new') return 'new'
    return this.#read('head') ?? 'none'
  }

  /** Only inside `hold`: the end of what the last checkpoint covers; a cache, which may lag behind it. */
  signed(): Known | undefined {
    return this.#read('signed')
  }

  /** Only inside `hold`. A head that is behind the stored one changes nothing. */
  store(tip: Tip): void {
    this.#write('head', tip)
  }

  /** Only inside `hold`. As `store`. */
  storeSigned(tip: Tip): void {
    this.#write('signed', tip)
  }

  /** Only inside `hold`, of a lock made `FULL`: another log begins, and its head takes the place of any other. */
  replace(tip: Tip): void {
    this.#db.exec('DELETE FROM head; DELETE FROM signed')
    this.store(tip)
  }

  close(): void {
    this.#db.close()
  }

  /** False where another process is at work; each statement here may meet one. */
  #tryBegin(): boolean {
    try {
      if (this.#begin === undefined) {
        const mode = this.#db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
        if (mode !== 'wal') {
          throw unavailable(
            'its folder is on a file system without shared memory',
            'set SECRETREF_HOME to a folder on a local disk',
          )
        }
        this.#db.exec(`PRAGMA synchronous = ${this.#synchronous}`)
        this.#commit = this.#db.prepare('COMMIT')
        this.#begin = this.#db.prepare('BEGIN IMMEDIATE')
      }
      this.#begin.run()
      return true
    } catch (error) {
      if (isBusy(error)) return false
      throw error
    }
  }

  #makeSchema(): 'new' | 'found' {
    const version = this.#db.prepare('PRAGMA user_version').get()?.['user_version']
    if (typeof version !== 'number' || version > VERSION) {
      throw unavailable('its lock file was made by a later version', 'use that version here')
    }
    if (version === 0) {
      this.#db.exec(`${SCHEMA};${SIGNED}`)
      return 'new'
    }
    if (version === 1) this.#db.exec(`${FROM_1};${SIGNED}`)
    return 'found'
  }

  #read(row: Row): Known | undefined {
    return knownOf(this.#db.prepare(`SELECT * FROM ${row}`).get(), this.#path)
  }

  #write(row: Row, { seq, hash, size, first, before }: Tip): void {
    let statement = this.#stores.get(row)
    if (statement === undefined) {
      statement = this.#db.prepare(store(row))
      this.#stores.set(row, statement)
    }
    const tree = before && [before.size, ...before.hashes].join(' ')
    statement.run(seq, hash, size, first, tree ?? null)
  }
}

/** What a lock file says; absent: it was never stored. */
export interface Stored {
  /** The acknowledged head. */
  head?: Known
  /** The end of what the last checkpoint covers; may lag behind it. */
  signed?: Known
}

/** The acknowledged head alone, as `readStored`. */
export function readHead(path: string): Known | undefined {
  return readStored(path).head
}

/**
 * What the lock file says as it stands, without the lock and without changing anything. Errors:
 * AUDIT_UNAVAILABLE where it holds something else than what a writer stores, or what SQLite throws.
 */
export function readStored(path: string): Stored {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return {}
  // SQLite would wait at a FIFO for whoever writes to it.
  if (!stats.isFile()) throw notAFile(path)
  const open = lstatSync(`${path}-wal`, { throwIfNoEntry: false }) !== undefined
  try {
    return storedAt(path, !open)
  } catch (error) {
    // What stands in the write-ahead log is not read then: an older head, which accuses nobody.
    if (open && mayNotOpen(error)) return storedAt(path, true)
    throw error
  }
}

/** @param immutable without a write-ahead log nobody has the file open, and SQLite would make one only to read */
function storedAt(path: string, immutable: boolean): Stored {
  const url = pathToFileURL(path)
  if (immutable) url.searchParams.set('immutable', '1')
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(url, { readOnly: true, timeout: 1000 })
  try {
    const [head, signed] = (['head', 'signed'] as const).map((row) => {
      const found = db
        .prepare('SELECT type, rootpage FROM sqlite_schema WHERE name = ? COLLATE NOCASE')
        .get(row)
      if (found === undefined) return undefined
      // A view, or a virtual table, is a program that somebody else wrote.
      if (found['type'] !== 'table' || found['rootpage'] === 0) throw damaged(path)
      return knownOf(db.prepare(`SELECT * FROM ${row} LIMIT 1`).get(), path)
    })
    return { ...(head && { head }), ...(signed && { signed }) }
  } catch (error) {
    // A number that is none of ours.
    throw errnoOf(error) === 'ERR_OUT_OF_RANGE' ? damaged(path) : error
  } finally {
    db.close()
  }
}

function makeOrCheck(path: string): void {
  try {
    // Never opened by us once SQLite may have it: closing it again would drop SQLite's POSIX locks.
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) closeSync(createToAppend(path))
    else if (stats.isFile()) checkOurs(stats, path, 'its lock file', 0o600)
    else throw notAFile(path)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    makeOrCheck(path)
  }
}

/** Errors: AUDIT_UNAVAILABLE where a row is none that a writer stores. */
function knownOf(row: Record<string, SQLOutputValue> | undefined, path: string): Known | undefined {
  if (row === undefined) return undefined
  const { seq, hash, size, first = 1, tree } = row
  if (!isCount(seq) || !isCount(size) || !isCount(first) || first > seq) throw damaged(path)
  if (typeof hash !== 'string' || !isHash(hash)) throw damaged(path)
  const before = rangeOf(tree)
  return { seq, hash, size, first, ...(before?.size === seq - 1 && { before }) }
}

function isCount(value: SQLOutputValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

function rangeOf(tree: SQLOutputValue | undefined): Range | undefined {
  if (typeof tree !== 'string') return undefined
  const [size, ...hashes] = tree.split(' ')
  const range = { size: Number(size), hashes }
  return rangeFits(range) ? range : undefined
}

function notAFile(path: string): Error {
  return unavailable('its lock file is not a regular file', `move ${path} away`)
}

function damaged(path: string): Error {
  return unavailable(
    'its lock file is damaged',
    `move ${path} away; the next start makes a new one and records that it did`,
  )
}

function gone(): Error {
  return unavailable('its lock file was removed or replaced', 'start again')
}

function nothing(): void {}
