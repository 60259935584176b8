/** The last thing that happened to each binding: what `gateway status` shows. */
import type { DatabaseSync } from 'node:sqlite'
import { guarded, inTransaction } from './db.ts'

/** `injected`: a run received it. `ready`: it was fetched and nobody received it. */
const OUTCOMES = ['injected', 'ready', 'denied'] as const
export type GrantOutcome = (typeof OUTCOMES)[number]

export interface GrantRow {
  /** Absolute path of the config file. */
  config: string
  agent: string
  envVar: string
  tool: string
  ref: string
  environment: string
  outcome: GrantOutcome
  /** Why it was denied; of one that a run received: why it could not be read again since `at`. */
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

/** @throws STATE_UNAVAILABLE */
export function recordGrants(db: DatabaseSync, grants: readonly GrantRow[]): void {
  inTransaction(db, () => {
    const insert = db.prepare(
      `INSERT OR REPLACE INTO grants
       (config, agent, env_var, tool, ref, environment, outcome, code, run, at, provider, version,
        fingerprint, expires_at, route)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    for (const g of grants) {
      insert.run(
        g.config,
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
  })
}

/** An agent of one config, in one of its environments. */
export type GrantKey = Pick<GrantRow, 'config' | 'environment' | 'agent'>

/** All grants of one agent, by variable. @throws STATE_UNAVAILABLE */
export function grantsOf(db: DatabaseSync, key: GrantKey): Map<string, GrantRow> {
  return guarded(db, () => {
    const rows = db
      .prepare('SELECT * FROM grants WHERE config = ? AND environment = ? AND agent = ?')
      .all(key.config, key.environment, key.agent)
    return new Map(rows.map((row) => [String(row['env_var']), toGrant(row)]))
  })
}

/**
 * All grants of one config in one environment, by agent and variable: one pass, however many agents.
 * @throws STATE_UNAVAILABLE
 */
export function allGrants(
  db: DatabaseSync,
  key: Omit<GrantKey, 'agent'>,
): Map<string, Map<string, GrantRow>> {
  return guarded(db, () => {
    const agents = new Map<string, Map<string, GrantRow>>()
    const rows = db
      .prepare('SELECT * FROM grants WHERE config = ? AND environment = ?')
      .iterate(key.config, key.environment)
    for (const row of rows) {
      const grant = toGrant(row)
      const grants = agents.get(grant.agent) ?? new Map<string, GrantRow>()
      grants.set(grant.envVar, grant)
      agents.set(grant.agent, grants)
    }
    return agents
  })
}

function toGrant(row: Record<string, unknown>): GrantRow {
  const optional = (name: string, column: string): Record<string, string> =>
    typeof row[column] === 'string' ? { [name]: row[column] } : {}
  return {
    config: String(row['config']),
    agent: String(row['agent']),
    envVar: String(row['env_var']),
    tool: String(row['tool']),
    ref: String(row['ref']),
    environment: String(row['environment']),
    // A word of another version shows as the careful one.
    outcome: OUTCOMES.find((outcome) => outcome === row['outcome']) ?? 'denied',
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
