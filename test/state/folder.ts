/** A home of its own for each test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { openDatabase } from '../../src/state/db.ts'
import { homeOf, type Home } from '../../src/state/home.ts'

export function tempHome(): Home {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-state-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return homeOf({ SECRETREF_HOME: join(dir, 'home') })
}

export function openState(home: Home = tempHome()): DatabaseSync {
  const db = openDatabase(home)
  onTestFinished(() => {
    if (db.isOpen) db.close()
  })
  return db
}
