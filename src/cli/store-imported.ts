/** What the audit log knows of imports of one file, for a file that is not there any more. */
import type { StoreAction } from '../gateway/input/store-words.ts'
import type { Io } from './io.ts'
import { readLog } from './log-source.ts'

export type Before = NonNullable<Extract<StoreAction, { kind: 'import' }>['before']>

/** Of so many the store is asked, the newest. */
const MOST = 16

/**
 * @param path absolute
 * @throws AUDIT_UNAVAILABLE where the log cannot be read
 */
export function importsBefore(io: Io, path: string): Before {
  const unfinished = new Set<string>()
  let moved = false
  readLog(io, {}, (found) => {
    for (const { record } of found) {
      const { action, file, operation } = record.detail ?? {}
      if (action !== 'store-import' || file !== path || typeof operation !== 'string') continue
      if (record.event === 'secret.intent') unfinished.add(operation)
      else unfinished.delete(operation)
      if (record.event === 'secret.removed') moved = true
    }
  })
  return { moved, unfinished: [...unfinished].slice(-MOST) }
}
