/** Who holds a value that is about to be ended: the runs that received this version and still run. */
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from './db.ts'
import type { Holder } from './runs.ts'

export interface ValueHolder {
  agent: string
  run: string
  gateway: Holder
}

/**
 * What each agent received last, where that run has not ended.
 *
 * @param version of the value, as its provider names it
 * @throws STATE_UNAVAILABLE
 */
export function holdersOf(
  db: DatabaseSync,
  { config, environment, ref }: { config: string; environment: string; ref: string },
  { provider, version }: { provider: string; version: string },
): ValueHolder[] {
  return guarded(db, () =>
    db
      .prepare(
        `SELECT DISTINCT r.id, r.agent, r.gateway_pid, r.gateway_started
         FROM grants g JOIN runs r ON r.id = g.run
         WHERE g.config = ? AND g.environment = ? AND g.ref = ? AND g.provider = ? AND g.version = ?
           AND g.outcome = 'injected' AND r.ended_at IS NULL`,
      )
      .all(config, environment, ref, provider, version)
      .map((row) => ({
        agent: String(row['agent']),
        run: String(row['id']),
        gateway: {
          pid: Number(row['gateway_pid']),
          started: typeof row['gateway_started'] === 'string' ? row['gateway_started'] : undefined,
        },
      })),
  )
}
