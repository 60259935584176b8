/**
 * One writer at a time, and the acknowledged head.
 *
 * Node has no flock. A small SQLite file gives a lock (`BEGIN IMMEDIATE`) that the kernel frees when its
 * holder dies, however it dies, and a place for one row that is written whole or not at all.
 *
 * The row says how far the log was *known to be durable*. It is stored after the fdatasync of what it
 * names, so it may lag behind the log and never leads it: a log that is shorter was cut.
 */
import { closeSync, lstatSync } from 'node:fs'
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { errnoOf } from '../errors.ts'
import type { Head } from './chain.ts'
import { isBusy, unavailable } from './failures.ts'
import { checkOurs, createToAppend, identityAt, same, type Identity } from './file.ts'

/** Between two attempts to get the lock, which is held for a fraction of a millisecond. */
const PAUSE_MS = 1

const SCHEMA = `
  CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    size INTEGER NOT NULL
  ) STRICT;
  PRAGMA user_version = 1`
const STORE = `
  INSERT INTO head (id, seq, hash, size) VALUES (1, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, size = excluded.size
  WHERE excluded.seq > head.seq`

export class AuditLock {
  readonly #path: string
  readonly #timeoutMs: number
  readonly #synchronous: 'NORMAL' | 'FULL'
  readonly #db: DatabaseSync
  readonly #identity: Identity
  #begin: StatementSync | undefined
  #commit: StatementSync | undefined
  #store: StatementSync | undefined
  /** True while nobody has ever completed a `hold` on this file. */
  #fresh = true

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
   * returns; when it throws, nothing does. Waits without blocking the process, since an agent's signals
   * must be heard meanwhile. Errors: AUDIT_UNAVAILABLE where the lock is not to be had in time.
   */
  async hold<T>(work: () => T): Promise<T> {
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
      if (this.#fresh) this.#makeSchema()
      const result = work()
      this.#commit?.run()
      this.#fresh = false
      return result
    } finally {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    }
  }

  /** Only inside `hold`: the acknowledged head; `new` where this lock has never been used. */
  head(): Head | 'none' | 'new' {
    if (this.#fresh) return 'new'
    return headOf(this.#db.prepare('SELECT seq, hash, size FROM head').get()) ?? 'none'
  }

  /** Only inside `hold`. A head that is behind the stored one changes nothing. */
  store(head: Head): void {
    this.#store ??= this.#db.prepare(STORE)
    this.#store.run(head.seq, head.hash, head.size)
  }

  /** Only inside `hold`, of a lock made `FULL`: another log begins, and its head takes the place of any other. */
  replace(head: Head): void {
    this.#db.exec('DELETE FROM head')
    this.store(head)
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

  #makeSchema(): void {
    const version = this.#db.prepare('PRAGMA user_version').get()?.['user_version']
    if (version === 0) this.#db.exec(SCHEMA)
    else this.#fresh = false
  }
}

/**
 * The acknowledged head as it stands, without the lock and without changing anything; undefined where
 * none was ever stored. Errors: what SQLite throws.
 */
export function readHead(path: string): Head | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  // SQLite would wait at a FIFO for whoever writes to it.
  if (!stats.isFile()) throw notAFile(path)
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(toRead(path), { readOnly: true, timeout: 1000 })
  try {
    const made = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'head'").get()
    return made && headOf(db.prepare('SELECT seq, hash, size FROM head').get())
  } finally {
    db.close()
  }
}

/** Without a write-ahead log nobody has the file open, and SQLite would make one only to read. */
function toRead(path: string): URL {
  const url = pathToFileURL(path)
  const open = lstatSync(`${path}-wal`, { throwIfNoEntry: false }) !== undefined
  if (!open) url.searchParams.set('immutable', '1')
  return url
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

function headOf(row: Record<string, SQLOutputValue> | undefined): Head | undefined {
  if (row === undefined) return undefined
  return { seq: Number(row['seq']), hash: String(row['hash']), size: Number(row['size']) }
}

function notAFile(path: string): Error {
  return unavailable('its lock file is not a regular file', `move ${path} away`)
}

function gone(): Error {
  return unavailable('its lock file was removed or replaced', 'start again')
}
