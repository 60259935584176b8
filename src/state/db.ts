/**
 * `state.db`: runs, grants and gateways, for `gateway status` and for sub-agents. The log is the truth;
 * this file can be deleted and loses only what status shows of the past. No value is ever in it.
 * An agent is known by its config's path and its name: two projects may both have an `assistant`.
 */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { errnoOf, SecretRefError } from '../errors.ts'
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
PRAGMA user_version = 1;
`
const VERSION = 1
const BUSY_MS = 5000

/** Opens or makes the file, 0600. @throws STATE_UNAVAILABLE */
export function openDatabase(home: Home): DatabaseSync {
  try {
    mkdirSync(home.dir, { recursive: true, mode: 0o700 })
    refuseForeign(home.stateDb)
    // Loaded on use: a run needs it only when its agent is already running.
    const sqlite: typeof import('node:sqlite') = createRequire(import.meta.url)('node:sqlite')
    const db = new sqlite.DatabaseSync(home.stateDb, { timeout: BUSY_MS })
    chmodSync(home.stateDb, 0o600)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const version = db.prepare('PRAGMA user_version').get()?.['user_version']
    if (version === 0) db.exec(SCHEMA)
    else if (version !== VERSION) {
      throw new SecretRefError('STATE_UNAVAILABLE', `${home.stateDb} is of another version`, {
        hint: 'delete it: it is made anew, and the audit log keeps what happened',
      })
    }
    return db
  } catch (error) {
    if (error instanceof SecretRefError) throw error
    throw new SecretRefError('STATE_UNAVAILABLE', `${home.stateDb} could not be opened`, {
      hint: 'check that its folder can be written; a damaged file may be deleted',
      cause: error,
    })
  }
}

function refuseForeign(path: string): void {
  let stat
  try {
    stat = lstatSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw error
  }
  if (!stat.isFile() || stat.uid !== process.getuid?.()) {
    throw new SecretRefError('STATE_UNAVAILABLE', `${path} is not a file of ours`, {
      hint: 'something else stands in its place; move it away',
    })
  }
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
    throw new SecretRefError(
      'STATE_UNAVAILABLE',
      `${db.location() ?? 'state.db'} could not be read or written`,
      { hint: 'is its disk full or read-only? a damaged file may be deleted', cause: error },
    )
  }
}
