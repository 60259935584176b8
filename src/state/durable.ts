/** SQLite files whose every commit is on the disk when it returns: what cannot be made anew from the log. */
import { chmodSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { SecretRefError } from '../errors.ts'
import { guarded, inTransaction, refuseForeign } from './db.ts'
import { ofAnotherVersion, unavailable } from './failures.ts'

const BUSY_MS = 5000

/**
 * Opens or makes the file, 0600.
 *
 * @param schema its tables; also sets `user_version` to `version`
 * @throws STATE_UNAVAILABLE
 */
export function openDurable(path: string, schema: string, version: number): DatabaseSync {
  const db = open(path)
  return guarded(db, () => {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
    inTransaction(db, () => {
      const found = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
      if (found === 0) db.exec(`${schema}; PRAGMA user_version = ${version}`)
      else if (found !== version) throw ofAnotherVersion(path)
    })
    return db
  })
}

function open(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const { DatabaseSync: Database }: typeof import('node:sqlite') = createRequire(import.meta.url)(
      'node:sqlite',
    )
    refuseForeign(path)
    const db = new Database(path, { timeout: BUSY_MS })
    chmodSync(path, 0o600)
    return db
  } catch (error) {
    if (error instanceof SecretRefError) throw error
    throw unavailable(path, 'could not be opened', error)
  }
}
