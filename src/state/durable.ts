/** SQLite files whose every commit is on the disk when it returns: what cannot be made anew from the log. */
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { SecretRefError } from '../errors.ts'
import { guarded, inTransaction, refuseForeign } from './db.ts'
import { isFull, isReadOnly, ofAnotherVersion, unavailable } from './failures.ts'

const BUSY_MS = 5000

/**
 * Opens or makes the file, 0600.
 *
 * @param schema its tables; also sets `user_version` to `version`
 * @param busyMs how long to wait for another process at each step, in which ours does nothing else
 * @throws STATE_UNAVAILABLE
 */
export function openDurable(
  path: string,
  schema: string,
  version: number,
  busyMs = BUSY_MS,
): DatabaseSync {
  const db = open(path, busyMs)
  try {
    return guarded(db, () => {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
      // Whoever only looks needs no lock for it.
      if (versionOf(db) !== version) makeTables(db, path, schema, version)
      return db
    })
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * For those who only look: where it may not be written, or the disk is full, it is read as it is, and nothing is made beside it.
 *
 * @throws STATE_UNAVAILABLE
 */
export function readDurable(path: string, schema: string, version: number): DatabaseSync {
  try {
    return openDurable(path, schema, version)
  } catch (error) {
    if (!isReadOnly(error) && !isFull(error, path)) throw error
  }
  const url = pathToFileURL(path)
  // With a log beside it the newest is in there, and SQLite has to be let at both.
  const { size } = statSync(`${path}-wal`, { throwIfNoEntry: false }) ?? { size: 0 }
  if (size === 0) url.searchParams.set('immutable', '1')
  let db: DatabaseSync | undefined
  try {
    db = new (sqlite().DatabaseSync)(url, { readOnly: true, timeout: BUSY_MS })
    if (versionOf(db) !== version) throw ofAnotherVersion(path)
    return db
  } catch (error) {
    db?.close()
    if (error instanceof SecretRefError) throw error
    throw unavailable(path, 'could not be read', error)
  }
}

function makeTables(db: DatabaseSync, path: string, schema: string, version: number): void {
  inTransaction(db, () => {
    // Somebody else may have made them meanwhile.
    const found = versionOf(db)
    if (found === 0) db.exec(`${schema}; PRAGMA user_version = ${version}`)
    else if (found !== version) throw ofAnotherVersion(path)
  })
}

/** Loaded on use. */
function sqlite(): typeof import('node:sqlite') {
  return createRequire(import.meta.url)('node:sqlite')
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
}

function open(path: string, busyMs: number): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    refuseForeign(path)
    const db = new (sqlite().DatabaseSync)(path, { timeout: busyMs })
    chmodSync(path, 0o600)
    return db
  } catch (error) {
    if (error instanceof SecretRefError) throw error
    throw unavailable(path, 'could not be opened', error)
  }
}
