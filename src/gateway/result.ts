/** What became of one binding, and how it is said: for records, for status, and for stderr. Types only. */
import type { PlannedBinding } from '../plan/types.ts'
import type { Decision } from '../policy/decide.ts'
import type { Fetched } from '../policy/fetched.ts'

export interface Result {
  binding: PlannedBinding
  decision: Decision
  fetched?: Fetched
}

/** @param level as in `--log-level` */
export type Say = (
  level: 'error' | 'warn' | 'info' | 'debug',
  sentence: string,
  hint?: string,
) => void
