/** Runs, and which gateway serves an agent. */
import type { DatabaseSync } from 'node:sqlite'
import { guarded, inTransaction } from './db.ts'

/** One process for ever: its pid, and when it began (`startTimeOf`), where the system tells that. */
export interface Holder {
  pid: number
  started: string | undefined
}

export interface RunStart {
  id: string
  agent: string
  environment: string
  /** Absolute path of the config file. */
  config: string
  configHash: string
  /** The run that this one was started from. */
  parent: string | undefined
  gateway: Holder
  /** The agent's process. */
  pid: number
  startedAt: Date
}

export interface RunRow {
  id: string
  agent: string
  environment: string
  config: string
  configHash: string
  gateway: Holder
  ended: boolean
}

/** How long a run that has ended is kept; the log keeps it for good. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000
/** Of old runs one start removes no more: what is left goes with the next ones. */
const REMOVED_AT_ONCE = 200

/** Old runs go at the same time, but each agent's last one stays. @throws STATE_UNAVAILABLE */
export function recordStart(db: DatabaseSync, run: RunStart): void {
  inTransaction(db, () => {
    db.prepare(
      `DELETE FROM runs WHERE id IN
       (SELECT id FROM runs AS old WHERE ended_at < ? AND EXISTS
          (SELECT 1 FROM runs AS newer WHERE newer.config = old.config AND newer.agent = old.agent
             AND newer.started_at > old.started_at)
        ORDER BY ended_at LIMIT ${REMOVED_AT_ONCE})`,
    ).run(new Date(run.startedAt.getTime() - KEPT_MS).toISOString())
    db.prepare(
      `INSERT INTO runs (id, agent, environment, config, config_hash, parent, gateway_pid,
                         gateway_started, pid, started_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      run.id,
      run.agent,
      run.environment,
      run.config,
      run.configHash,
      run.parent ?? null,
      run.gateway.pid,
      run.gateway.started ?? null,
      run.pid,
      run.startedAt.toISOString(),
    )
  })
}

/** @throws STATE_UNAVAILABLE */
export function recordEnd(
  db: DatabaseSync,
  id: string,
  ending: { code?: number; signal?: string },
  at: Date,
): void {
  inTransaction(db, () => {
    db.prepare('UPDATE runs SET ended_at = ?, exit_code = ?, exit_signal = ? WHERE id = ?').run(
      at.toISOString(),
      ending.code ?? null,
      ending.signal ?? null,
      id,
    )
  })
}

/** @throws STATE_UNAVAILABLE */
export function findRun(db: DatabaseSync, id: string): RunRow | undefined {
  return guarded(db, () => {
    const row = db
      .prepare(
        `SELECT id, agent, environment, config, config_hash, gateway_pid, gateway_started, ended_at
         FROM runs WHERE id = ?`,
      )
      .get(id)
    return (
      row && {
        id: String(row['id']),
        agent: String(row['agent']),
        environment: String(row['environment']),
        config: String(row['config']),
        configHash: String(row['config_hash']),
        gateway: { pid: Number(row['gateway_pid']), started: textOf(row['gateway_started']) },
        ended: row['ended_at'] !== null,
      }
    )
  })
}

/** An agent of one config. */
export interface AgentKey {
  /** Absolute path of the config file. */
  config: string
  agent: string
}

/**
 * Claims an agent for one gateway. A claim whose process is gone is taken over.
 *
 * @param alive whether the process that holds a claim still runs
 * @returns the pid of the gateway that serves it already, or `undefined` where the claim is ours
 * @throws STATE_UNAVAILABLE
 */
export function claimAgent(
  db: DatabaseSync,
  { config, agent }: AgentKey,
  self: Holder,
  alive: (holder: Holder) => boolean,
): number | undefined {
  return inTransaction(db, () => {
    const row = db
      .prepare('SELECT pid, started FROM gateways WHERE config = ? AND agent = ?')
      .get(config, agent)
    const holder = row && { pid: Number(row['pid']), started: textOf(row['started']) }
    if (holder !== undefined && alive(holder)) return holder.pid
    db.prepare(
      'INSERT OR REPLACE INTO gateways (config, agent, pid, started) VALUES (?, ?, ?, ?)',
    ).run(config, agent, self.pid, self.started ?? null)
    return undefined
  })
}

/** Gives back what `pid` has claimed; another's claim stays. @throws STATE_UNAVAILABLE */
export function releaseAgent(db: DatabaseSync, { config, agent }: AgentKey, pid: number): void {
  inTransaction(db, () => {
    db.prepare('DELETE FROM gateways WHERE config = ? AND agent = ? AND pid = ?').run(
      config,
      agent,
      pid,
    )
  })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
