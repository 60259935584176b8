/** Runs, and which gateway serves an agent. */
import type { DatabaseSync } from 'node:sqlite'

export interface RunStart {
  id: string
  agent: string
  environment: string
  /** Absolute path of the config file. */
  config: string
  parent?: string
  gatewayPid: number
  gatewayStarted?: string
  pid: number
  startedAt: Date
}

export interface RunRow {
  id: string
  agent: string
  config: string
  gatewayPid: number
  gatewayStarted: string | undefined
  endedAt: string | undefined
}

export function recordStart(db: DatabaseSync, run: RunStart): void {
  db.prepare(
    `INSERT INTO runs (id, agent, environment, config, parent, gateway_pid, gateway_started, pid, started_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    run.id,
    run.agent,
    run.environment,
    run.config,
    run.parent ?? null,
    run.gatewayPid,
    run.gatewayStarted ?? null,
    run.pid,
    run.startedAt.toISOString(),
  )
}

export function recordEnd(
  db: DatabaseSync,
  id: string,
  ending: { code?: number; signal?: string },
  at: Date,
): void {
  db.prepare('UPDATE runs SET ended_at = ?, exit_code = ?, exit_signal = ? WHERE id = ?').run(
    at.toISOString(),
    ending.code ?? null,
    ending.signal ?? null,
    id,
  )
}

export function findRun(db: DatabaseSync, id: string): RunRow | undefined {
  const row = db
    .prepare(
      'SELECT id, agent, config, gateway_pid, gateway_started, ended_at FROM runs WHERE id = ?',
    )
    .get(id)
  return (
    row && {
      id: String(row['id']),
      agent: String(row['agent']),
      config: String(row['config']),
      gatewayPid: Number(row['gateway_pid']),
      gatewayStarted: textOf(row['gateway_started']),
      endedAt: textOf(row['ended_at']),
    }
  )
}

/**
 * Claims an agent for one gateway. A claim whose process is gone is taken over.
 *
 * @param alive whether the process that holds a claim still runs
 * @returns the pid of the gateway that serves it already, or `undefined` where the claim is ours
 */
export function claimAgent(
  db: DatabaseSync,
  agent: string,
  self: { pid: number; started: string | undefined },
  alive: (pid: number, started: string | undefined) => boolean,
): number | undefined {
  db.exec('BEGIN IMMEDIATE')
  try {
    const row = db.prepare('SELECT pid, started FROM gateways WHERE agent = ?').get(agent)
    const holder = row && { pid: Number(row['pid']), started: textOf(row['started']) }
    const taken = holder !== undefined && alive(holder.pid, holder.started)
    if (!taken) {
      db.prepare('INSERT OR REPLACE INTO gateways (agent, pid, started) VALUES (?, ?, ?)').run(
        agent,
        self.pid,
        self.started ?? null,
      )
    }
    db.exec('COMMIT')
    return taken ? holder.pid : undefined
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

export function releaseAgent(db: DatabaseSync, agent: string, pid: number): void {
  db.prepare('DELETE FROM gateways WHERE agent = ? AND pid = ?').run(agent, pid)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
