/** How the leases of running agents stand: what `gateway status` shows of a credential that was made for a run. */
import type { DatabaseSync } from 'node:sqlite'
import { guarded, inTransaction } from './db.ts'
import type { GrantKey } from './grants.ts'

/** `revoked`: with the end of its run. `lost`: it cannot be renewed, and ends or has ended. */
const STATES = ['held', 'renewed', 'lost', 'revoked'] as const
export type LeaseState = (typeof STATES)[number]

/** The last one of each variable. */
export interface LeaseRow extends GrantKey {
  envVar: string
  run: string
  state: LeaseState
  /** RFC 3339, UTC: when it ends unless it is renewed. */
  endsAt: string
}

/** @throws STATE_UNAVAILABLE */
export function recordLeases(db: DatabaseSync, rows: readonly LeaseRow[]): void {
  inTransaction(db, () => {
    const insert = db.prepare(
      `INSERT OR REPLACE INTO leases (config, environment, agent, env_var, run, state, ends_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    for (const { config, environment, agent, envVar, run, state, endsAt } of rows) {
      insert.run(config, environment, agent, envVar, run, state, endsAt)
    }
  })
}

/** What this run held is revoked; another run's is not. @throws STATE_UNAVAILABLE */
export function recordRevoked(db: DatabaseSync, run: string, envVar: string): void {
  guarded(db, () => {
    const update = `UPDATE leases SET state = 'revoked' WHERE run = ? AND env_var = ?`
    return db.prepare(update).run(run, envVar)
  })
}

/** Of one config in one environment, by agent and variable. @throws STATE_UNAVAILABLE */
export function leasesOf(
  db: DatabaseSync,
  { config, environment }: Omit<GrantKey, 'agent'>,
): Map<string, Map<string, LeaseRow>> {
  return guarded(db, () => {
    const agents = new Map<string, Map<string, LeaseRow>>()
    if (!isThere(db)) return agents
    const rows = db
      .prepare('SELECT * FROM leases WHERE config = ? AND environment = ?')
      .all(config, environment)
    for (const row of rows) {
      const lease = toLease(row)
      const own = agents.get(lease.agent) ?? new Map<string, LeaseRow>()
      agents.set(lease.agent, own.set(lease.envVar, lease))
    }
    return agents
  })
}

/** An older file that nobody has written since is read as it is. */
function isThere(db: DatabaseSync): boolean {
  return db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'leases'`).get() !== undefined
}

function toLease(row: Record<string, unknown>): LeaseRow {
  return {
    config: String(row['config']),
    environment: String(row['environment']),
    agent: String(row['agent']),
    envVar: String(row['env_var']),
    run: String(row['run']),
    // A word of another version promises nothing.
    state: STATES.find((state) => state === row['state']) ?? 'lost',
    endsAt: String(row['ends_at']),
  }
}
