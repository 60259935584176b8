/** The last thing that happened to each binding: what `gateway status` shows. */
import type { DatabaseSync } from 'node:sqlite'

/** `injected`: a run received it. `ready`: it was fetched and nobody received it. */
export type GrantOutcome = 'injected' | 'ready' | 'denied'

export interface GrantRow {
  agent: string
  envVar: string
  tool: string
  ref: string
  environment: string
  outcome: GrantOutcome
  code?: string
  run: string
  at: string
  provider?: string
  version?: string
  fingerprint?: string
  expiresAt?: string
  /** What the plan said then, as one hash: another one now means that the binding is stale. */
  route: string
}

export function recordGrants(db: DatabaseSync, grants: readonly GrantRow[]): void {
  const insert = db.prepare(
    `INSERT OR REPLACE INTO grants
     (agent, env_var, tool, ref, environment, outcome, code, run, at, provider, version, fingerprint,
      expires_at, route)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const g of grants) {
      insert.run(
        g.agent,
        g.envVar,
        g.tool,
        g.ref,
        g.environment,
        g.outcome,
        g.code ?? null,
        g.run,
        g.at,
        g.provider ?? null,
        g.version ?? null,
        g.fingerprint ?? null,
        g.expiresAt ?? null,
        g.route,
      )
    }
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

/** All grants of one agent, by variable. */
export function grantsOf(db: DatabaseSync, agent: string): Map<string, GrantRow> {
  const rows = db.prepare('SELECT * FROM grants WHERE agent = ?').all(agent)
  return new Map(rows.map((row) => [String(row['env_var']), toGrant(row)]))
}

function toGrant(row: Record<string, unknown>): GrantRow {
  const optional = (name: string, column: string): Record<string, string> =>
    typeof row[column] === 'string' ? { [name]: row[column] } : {}
  return {
    agent: String(row['agent']),
    envVar: String(row['env_var']),
    tool: String(row['tool']),
    ref: String(row['ref']),
    environment: String(row['environment']),
    outcome: String(row['outcome']) as GrantOutcome,
    run: String(row['run']),
    at: String(row['at']),
    route: String(row['route']),
    ...optional('code', 'code'),
    ...optional('provider', 'provider'),
    ...optional('version', 'version'),
    ...optional('fingerprint', 'fingerprint'),
    ...optional('expiresAt', 'expires_at'),
  }
}
