/**
 * `state.db`: runs, grants and gateways, for `gateway status` and for sub-agents. The log is the truth;
 * this file can be deleted and loses only what status shows of the past. No value is ever in it.
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
  PRIMARY KEY (agent, env_var)
) STRICT;
CREATE TABLE IF NOT EXISTS gateways (
  agent TEXT PRIMARY KEY,
  pid INTEGER NOT NULL,
  started TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS runs_by_agent ON runs (agent, started_at);
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
    const { DatabaseSync: Database } = createRequire(import.meta.url)(
      'node:sqlite',
    ) as typeof import('node:sqlite')
    const db = new Database(home.stateDb, { timeout: BUSY_MS })
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
