/** What `gateway status` is told of a run that is tended. */
import { SecretRefError, type Code } from '../../errors.ts'
import { recordGrants, type GrantRow } from '../../state/grants.ts'
import { grantOf } from '../grant-row.ts'
import type { Result } from '../result.ts'
import type { Held, Tended } from './held.ts'

/** What the run has now, or has no longer. */
export function noteNow(tended: Tended, results: readonly Result[]): void {
  note(tended, () => results.map((result) => rowOf(tended, result)))
}

/** It could not be read again since `readAt`; `code` says why. */
export function noteUnread(tended: Tended, held: Held, code: Code): void {
  note(tended, () => [{ ...rowOf(tended, held), at: held.readAt.toISOString(), code }])
}

function rowOf({ gateway, run, plan }: Tended, result: Result): GrantRow {
  return grantOf(gateway, run, plan.environment, result, 'injected')
}

/** The log is the truth: what `state.db` could not take only status lacks. */
function note({ gateway, plan, say }: Tended, rows: () => readonly GrantRow[]): void {
  try {
    recordGrants(gateway.db, rows())
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    say('warn', `${plan.agent}: ${error.message}: status does not show this`, error.hint)
  }
}
