/** What became of one binding: for records, for status, and for the words on stderr. Types only. */
import type { PlannedBinding } from '../plan/types.ts'
import type { Decision } from '../policy/decide.ts'
import type { Fetched } from '../policy/fetched.ts'

export interface Result {
  binding: PlannedBinding
  decision: Decision
  fetched?: Fetched
}
