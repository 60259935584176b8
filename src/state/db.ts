/**
 * `state.db`: runs, grants and gateways, for `gateway status` and for sub-agents. The log is the truth;
 * this file can be deleted and loses only what status shows of the past. No value is ever in it.
 * An agent is known by its config's path and its name: two projects may both have an `assistant`.
 */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { errnoOf, SecretRefError } from '../errors.ts'
import { damaged, ofAnotherVersion, unavailable } from './failures.ts'
import type { Home } from './home.ts'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS runs (
  id TEXT PRIMARY KEY,
  agent TEXT NOT NULL,
  environment TEXT NOT NULL,
  config TEXT NOT NULL,
  config_hash TEXT NOT NULL,
  parent TEXT,
  gateway_pid INTEGER NOT NULL,
  gateway_started TEXT,
  pid INTEGER,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  exit_code INTEGER,
  exit_signal TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS grants (
  config TEXT NOT NULL,
  agent TEXT NOT NULL,
  env_var TEXT NOT NULL,
  tool TEXT NOT NULL,
  ref TEXT NOT NULL,
  environment TEXT NOT NULL,
  outcome TEXT NOT NULL,
  code TEXT,
  run TEXT NOT NULL,
  at TEXT NOT NULL,
  provider TEXT,
  version TEXT,
  fingerprint TEXT,
  expires_at TEXT,
  route TEXT NOT NULL,
  PRIMARY KEY (config, environment, agent, env_var)
) STRICT;
CREATE TABLE IF NOT EXISTS gateways (
  config TEXT NOT NULL,
  agent TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started TEXT,
  PRIMARY KEY (config, agent)
) STRICT;
`
/** What came with version 2: what services said of credentials, and runs that can be found by their end. */
const SINCE_2 = `
CREATE TABLE IF NOT EXISTS credentials (
  config TEXT NOT NULL,
  environment TEXT NOT NULL,
  ref TEXT NOT NULL,
  target TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  verdict TEXT NOT NULL,
  verdict_at TEXT NOT NULL,
  expires_at TEXT,
  PRIMARY KEY (config, environment, ref)
) STRICT;
CREATE TABLE IF NOT EXISTS failure_checks (
  config TEXT NOT NULL,
  environment TEXT NOT NULL,
  agent TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (config, environment, agent, fingerprint)
) STRICT;
CREATE INDEX IF NOT EXISTS runs_by_end ON runs (ended_at);
CREATE INDEX IF NOT EXISTS runs_by_agent ON runs (config, agent, started_at);
PRAGMA user_version = 2;
`
/** What came with version 3: how leases stand. */
const SINCE_3 = `
CREATE TABLE IF NOT EXISTS leases (
  config TEXT NOT NULL,
  environment TEXT NOT NULL,
  agent TEXT NOT NULL,
  env_var TEXT NOT NULL,
  run TEXT NOT NULL,
  state TEXT NOT NULL,
  ends_at TEXT NOT NULL,
  PRIMARY KEY (config, environment, agent, env_var)
) STRICT;
CREATE INDEX IF NOT EXISTS leases_by_run ON leases (run);
PRAGMA user_version = 3;
`
const VERSION = 3
/** An older one is read as it is, and brought up to date by whoever may write. */
const OLDEST = 1
const BUSY_MS = 5000

/** Opens or makes the file, 0600. @throws STATE_UNAVAILABLE */
export function openDatabase(home: Home): DatabaseSync {
  try {
    mkdirSync(home.dir, { recursive: true, mode: 0o700 })
    refuseForeign(home.stateDb)
    const { DatabaseSync } = sqlite()
    const db = new DatabaseSync(home.stateDb, { timeout: BUSY_MS })
    chmodSync(home.stateDb, 0o600)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    bringUpToDate(db, home.stateDb)
    return db
  } catch (error) {
    if (error instanceof SecretRefError) throw error
    throw unavailable(home.stateDb, 'could not be opened', error)
  }
}

/**
 * Opens what is there to read it, and changes nothing: a read-only disk will do.
 * @returns undefined where there is none yet @throws STATE_UNAVAILABLE
 */
export function readDatabase({ stateDb }: Home): DatabaseSync | undefined {
  let db: DatabaseSync | undefined
  try {
    if (!refuseForeign(stateDb)) return undefined
    const { DatabaseSync } = sqlite()
    const url = pathToFileURL(stateDb)
    // Without a write-ahead log nobody has it open, and SQLite would make one only to read.
    const open = lstatSync(`${stateDb}-wal`, { throwIfNoEntry: false }) !== undefined
    if (!open) url.searchParams.set('immutable', '1')
    db = new DatabaseSync(url, { readOnly: true, timeout: BUSY_MS })
    const version = versionOf(db)
    if (version >= OLDEST && version <= VERSION) return db
    // One that was made and not yet filled.
    const empty = version === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
    db.close()
    if (empty) return undefined
    throw version === 0 ? damaged(stateDb) : ofAnotherVersion(stateDb)
  } catch (error) {
    if (error instanceof SecretRefError) throw error
    if (db?.isOpen === true) db.close()
    throw unavailable(stateDb, 'could not be read', error)
  }
}

/** Many may open it at once: what one has begun, the others wait for. */
function bringUpToDate(db: DatabaseSync, path: string): void {
  if (versionOf(db) === VERSION) return
  inTransaction(db, () => {
    const version = versionOf(db)
    if (version > VERSION) throw ofAnotherVersion(path)
    if (version === 0) db.exec(SCHEMA)
    if (version < 2) db.exec(SINCE_2)
    if (version < VERSION) db.exec(SINCE_3)
  })
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
}

/** Loaded on use: a run needs it only when its agent is already running. */
function sqlite(): typeof import('node:sqlite') {
  return createRequire(import.meta.url)('node:sqlite')
}

/** A link would lead a write elsewhere. @returns whether anything is there */
export function refuseForeign(path: string): boolean {
  let stat
  try {
    stat = lstatSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
  if (!stat.isFile() || stat.uid !== process.getuid?.()) {
    throw new SecretRefError('STATE_UNAVAILABLE', `${path} is not a file of ours`, {
      hint: 'something else stands in its place; move it away',
    })
  }
  return true
}

/** One piece of work, whole or not at all. @throws STATE_UNAVAILABLE */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  return guarded(db, () => {
    db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      db.exec('COMMIT')
      return result
    } catch (error) {
      // A full disk may have ended the transaction already.
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  })
}

/** Says in our words what SQLite could not do. @throws STATE_UNAVAILABLE */
export function guarded<T>(db: DatabaseSync, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (errnoOf(error) !== 'ERR_SQLITE_ERROR') throw error
    throw unavailable(db.location() ?? 'state.db', 'could not be read or written', error)
  }
}
