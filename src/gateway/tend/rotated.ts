/** Hears that a ref was rotated, whatever process did it, so that a tender need not wait for its next look. */
import { unwatchFile, watchFile } from 'node:fs'
import { SecretRefError } from '../../errors.ts'
import { readJournal } from '../../rotation/journal.ts'
import { promotedSince } from '../../rotation/journalled.ts'
import type { Gateway } from '../gateway.ts'

const LOOK_MS = 1000

/**
 * @param heard is given the refs of this environment that have a new value; `undefined`: it cannot be
 *   told which
 * @returns ends it
 */
export function hearRotations(
  { home, loaded, now }: Gateway,
  environment: string,
  heard: (refs: ReadonlySet<string> | undefined) => void,
): () => void {
  let since = now()
  const listener = (): void => {
    const from = since
    since = now()
    // Set back, the clock does not tell what came after what.
    heard(since < from ? undefined : refsSince(from))
  }
  const refsSince = (from: Date): ReadonlySet<string> | undefined => {
    try {
      const db = readJournal(home)
      if (db === undefined) return new Set()
      try {
        return new Set(promotedSince(db, { config: loaded.path, environment }, from))
      } finally {
        db.close()
      }
    } catch (error) {
      if (error instanceof SecretRefError) return undefined
      throw error
    }
  }
  watchFile(home.rotated, { interval: LOOK_MS, persistent: false }, listener)
  return () => unwatchFile(home.rotated, listener)
}
