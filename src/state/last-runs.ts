/** When each agent of a config was last used by a run. */
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from './db.ts'
import type { Holder } from './runs.ts'

/** A run that nobody has recorded the end of: under way, or its gateway was killed. */
export interface OpenRun {
  agent: string
  gateway: Holder
}

export interface LastRuns {
  /** By agent: the last end, or where none is known the last start. RFC 3339. */
  last: ReadonlyMap<string, string>
  open: readonly OpenRun[]
}

/** @param config absolute path of the config file @throws STATE_UNAVAILABLE */
export function lastRunsOf(db: DatabaseSync, config: string): LastRuns {
  return guarded(db, () => {
    const ended = db
      .prepare(
        `SELECT agent, MAX(COALESCE(ended_at, started_at)) AS last FROM runs
         WHERE config = ? GROUP BY agent`,
      )
      .all(config)
    const open = db
      .prepare(
        `SELECT DISTINCT agent, gateway_pid, gateway_started FROM runs
         WHERE config = ? AND ended_at IS NULL`,
      )
      .all(config)
    return {
      last: new Map(ended.map((row) => [String(row['agent']), String(row['last'])])),
      open: open.map((row) => {
        const started = row['gateway_started']
        const gateway = {
          pid: Number(row['gateway_pid']),
          started: typeof started === 'string' ? started : undefined,
        }
        return { agent: String(row['agent']), gateway }
      }),
    }
  })
}
