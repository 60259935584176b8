/** What services said of credentials: the last verdict of each ref, and when the credential ends. */
import type { DatabaseSync } from 'node:sqlite'
import { VERDICTS, type Verdict } from '../targets/types.ts'
import { guarded, inTransaction } from './db.ts'
import type { GrantRow } from './grants.ts'

/** A ref in one environment of one config. */
export interface CredentialKey {
  /** Absolute path of the config file. */
  config: string
  environment: string
  ref: string
}

export interface CredentialRow extends CredentialKey {
  /** Id of the catalogue. */
  target: string
  /** Of the value that was asked about: what is said here is said of it alone. */
  fingerprint: string
  verdict: Verdict
  at: string
  /** Where the value or its service said so, RFC 3339. */
  expiresAt?: string
}

/** A service that could not be asked, or that answered nothing certain, takes no rejection back. */
const STILL_REJECTED = `verdict = 'rejected' AND fingerprint = excluded.fingerprint
           AND excluded.verdict IN ('cannot-tell', 'unreachable')`

/**
 * For as long as the value is the same, an end that is known stays known, and a rejection stands until
 * another verdict is certain. @throws STATE_UNAVAILABLE
 */
export function recordCredentials(db: DatabaseSync, rows: readonly CredentialRow[]): void {
  inTransaction(db, () => {
    const insert = db.prepare(
      `INSERT INTO credentials
       (config, environment, ref, target, fingerprint, verdict, verdict_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         expires_at = coalesce(excluded.expires_at,
                               iif(fingerprint = excluded.fingerprint, expires_at, NULL)),
         verdict_at = iif(${STILL_REJECTED}, verdict_at, excluded.verdict_at),
         verdict = iif(${STILL_REJECTED}, verdict, excluded.verdict),
         target = excluded.target, fingerprint = excluded.fingerprint`,
    )
    for (const row of rows) {
      const { config, environment, ref, target, fingerprint, verdict, at, expiresAt } = row
      insert.run(config, environment, ref, target, fingerprint, verdict, at, expiresAt ?? null)
    }
  })
}

/**
 * The last verdict of each ref of one config in one environment. Whoever shows one compares its
 * `fingerprint` with that of the grant: of another value it says nothing.
 *
 * @throws STATE_UNAVAILABLE
 */
export function credentialsOf(
  db: DatabaseSync,
  { config, environment }: Omit<CredentialKey, 'ref'>,
): Map<string, CredentialRow> {
  return guarded(db, () => {
    if (!isThere(db)) return new Map()
    const rows = db
      .prepare('SELECT * FROM credentials WHERE config = ? AND environment = ?')
      .all(config, environment)
    return new Map(rows.map((row) => [String(row['ref']), toCredential(row)]))
  })
}

/** A grant with the end that its value, or the service, has told, where nobody else knows one. */
export function withLearnedEnd(grant: GrantRow, credential: CredentialRow | undefined): GrantRow {
  if (grant.expiresAt !== undefined || credential?.expiresAt === undefined) return grant
  if (grant.fingerprint !== credential.fingerprint) return grant
  return { ...grant, expiresAt: credential.expiresAt }
}

/** A file of version 1 that nobody has written since is read as it is. */
function isThere(db: DatabaseSync): boolean {
  const find = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'credentials'`)
  return find.get() !== undefined
}

function toCredential(row: Record<string, unknown>): CredentialRow {
  const expiresAt = row['expires_at']
  return {
    config: String(row['config']),
    environment: String(row['environment']),
    ref: String(row['ref']),
    target: String(row['target']),
    fingerprint: String(row['fingerprint']),
    // A word of another version says nothing for certain.
    verdict: VERDICTS.find((verdict) => verdict === row['verdict']) ?? 'cannot-tell',
    at: String(row['verdict_at']),
    ...(typeof expiresAt === 'string' ? { expiresAt } : {}),
  }
}

/** A value that an agent was given, and the service that it is for. */
export interface CheckKey extends Omit<CredentialKey, 'ref'> {
  agent: string
  fingerprint: string
  /** Id of the catalogue. */
  target: string
}

/** A failing agent is started again and again; its service is not asked each time. */
export const CHECK_GAP_MS = 5 * 60 * 1000

/**
 * Whether this service may be asked about this value after a failed run of this agent; where it may, that
 * is noted at once, so that of many processes one asks.
 *
 * @throws STATE_UNAVAILABLE
 */
export function claimCheck(db: DatabaseSync, key: CheckKey, now: Date): boolean {
  const { config, environment, agent, fingerprint, target } = key
  return inTransaction(db, () => {
    const since = new Date(now.getTime() - CHECK_GAP_MS).toISOString()
    // Older ones no longer count, whoever they are of; one from the future is of a clock that was wrong.
    db.prepare('DELETE FROM failure_checks WHERE at <= ? OR at > ?').run(since, now.toISOString())
    const { changes } = db
      .prepare(
        `INSERT OR IGNORE INTO failure_checks (config, environment, agent, fingerprint, at)
         VALUES (?, ?, ?, ?, ?)`,
      )
      // One column for both: a value may be for two services, and each is asked.
      .run(config, environment, agent, `${fingerprint} ${target}`, now.toISOString())
    return changes > 0
  })
}
