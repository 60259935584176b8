/** Whether `state.db` can be read. */
import { SecretRefError } from '../../errors.ts'
import { damaged } from '../../state/failures.ts'
import { guarded, readDatabase } from '../../state/db.ts'
import type { Home } from '../../state/home.ts'
import { badBy, type Finding } from './finding.ts'

/** @returns what is wrong with it, if anything */
export function checkState(check: string, home: Home): Finding | undefined {
  try {
    const db = readDatabase(home)
    if (db === undefined) return undefined
    try {
      const row = guarded(db, () => db.prepare('PRAGMA quick_check(1)').get())
      if (row?.['quick_check'] !== 'ok') throw damaged(home.stateDb)
    } finally {
      db.close()
    }
    return undefined
  } catch (error) {
    if (error instanceof SecretRefError) return badBy(check, error)
    throw error
  }
}
