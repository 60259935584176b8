/**
 * Which credentials of a service are ours: each that a rotation made or replaced, with what became of it.
 * What stands nowhere in here is nobody's to end.
 */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { ROTATION_DRIVERS } from '../config/drivers.generated.ts'
import { guarded } from '../state/db.ts'
import { momentAt } from '../state/moment.ts'
import { Rows, toRole, toState, type Role, type State } from './ledger-rows.ts'
import { stateColumn } from './left.ts'
import { markPromoted } from './marks.ts'
import type { RefKey, Rotation } from './types.ts'

export const LEDGER_SCHEMA = `
CREATE TABLE ledger (
  rotation TEXT NOT NULL REFERENCES rotations (id),
  role TEXT NOT NULL CHECK (role IN ('old', 'new')),
  state TEXT NOT NULL CHECK (state IN ('made', 'current', 'previous', 'ended')),
  upstream TEXT,
  fingerprint TEXT,
  version TEXT,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (rotation, role)
) STRICT;
`

/** What an action told of the new credential; nothing in here is secret. */
export interface Told {
  /** The service's own name for it. */
  id?: string
  fingerprint?: string
  /** The provider's name of its version. */
  version?: string
  /** Of the old one, by which those who hold it are found. */
  replaced?: string
}

export interface LedgerRow {
  rotation: string
  ref: string
  environment: string
  role: Role
  state: State
  upstream?: string
  fingerprint?: string
  version?: string
}

/** What an action that leads to a step answered beside that; see `Answer`. */
type Reason = { reason?: string }

/** Part of the transaction that writes the step. @param of the rotation, as it stands in the journal */
export function enter(
  db: DatabaseSync,
  { id, step, class: kind, reason: why }: Rotation,
  { from, driver }: { from: string; driver: string },
  { id: upstream, fingerprint, version, replaced, reason }: Told & Reason,
  now: Date,
): void {
  const at = now.toISOString()
  const rows = new Rows(db, id, at)
  // Such a one is ended by a person, or by nobody.
  const byPerson = ROTATION_DRIVERS[driver]?.guided === true
  if (step === 'staged') {
    // Written again by each try of what comes next, which tells nothing of it.
    db.prepare(
      `INSERT INTO ledger VALUES (?, 'new', 'made', ?, ?, NULL, ?)
       ON CONFLICT (rotation, role) DO UPDATE SET
         state = excluded.state,
         upstream = coalesce(excluded.upstream, upstream),
         fingerprint = coalesce(excluded.fingerprint, fingerprint),
         version = NULL,
         updated_at = excluded.updated_at`,
    ).run(id, upstream ?? null, fingerprint ?? null, at)
    rows.is('new', 'made')
  } else if (step === 'promoted') {
    markPromoted(db, id, momentAt(now))
    db.prepare('UPDATE ledger SET version = ? WHERE rotation = ? AND role = ?').run(
      version ?? null,
      id,
      'new',
    )
    // What an earlier rotation made current is what this one has replaced.
    rows.replaced()
    rows.is('new', 'current')
    db.prepare(`INSERT OR IGNORE INTO ledger VALUES (?, 'old', 'previous', NULL, ?, ?, ?)`).run(
      id,
      replaced ?? null,
      from,
      at,
    )
  } else if (step === 'retired') {
    // Somebody else's is current, and what was made lives beside it.
    if (reason === 'current-changed') rows.is('new', 'left')
  } else if (step === 'done') {
    const unseen = byPerson && reason === 'unverified'
    rows.isEverywhere('old', unseen ? 'left' : 'ended')
  } else if (step === 'failed') {
    rows.is('new', byPerson || kind === 'roll' ? 'left' : 'ended')
    // Neither of the two is current.
    if (reason === 'current-changed') rows.is('old', 'left')
  } else if (step === 'abandoned') givenUp(rows, kind, why)
}

/** A rotation that is over without having come to its end: undone before, or left as it stands. */
function givenUp(rows: Rows, kind: Rotation['class'], why: Rotation['reason']): void {
  // The old one ends by itself.
  if (kind === 'roll') return
  const made = rows.stateOf('new')
  const lives = made === 'made' || made === 'current'
  if (why === 'rolled-back' && !lives) {
    if (rows.stateOf('old') !== 'left') rows.isEverywhere('old', 'current')
    return
  }
  // Somebody has put the old one back, or began to.
  const isBack = why === 'rolled-back' || why === 'not-undone' || why === 'current-changed'
  // Of our own choice, the one before died when the new one was set. There is none before the promotion.
  if (!isBack) rows.isEverywhere('old', kind === 'chosen' ? 'ended' : 'left')
  if (lives && kind !== 'chosen' && (isBack || made === 'made')) rows.is('new', 'left')
}

/** Every credential that rotations of this config know of. @throws STATE_UNAVAILABLE */
export function ledgerOf(db: DatabaseSync, config: string): LedgerRow[] {
  return guarded(db, () =>
    db
      .prepare(
        `SELECT l.*, ${stateColumn(db)} AS state, r.ref, r.environment
         FROM ledger l JOIN rotations r ON r.id = l.rotation
         WHERE r.config = ? ORDER BY l.updated_at, l.rotation, l.role`,
      )
      .all(config)
      .map(toRow),
  )
}

/**
 * What a rotation has replaced, by its fingerprint; `undefined` where none was told.
 *
 * @throws STATE_UNAVAILABLE
 */
export function replacedBy(db: DatabaseSync, rotation: string): string | undefined {
  return guarded(db, () => {
    const row = db
      .prepare(`SELECT fingerprint FROM ledger WHERE rotation = ? AND role = 'old'`)
      .get(rotation)
    const fingerprint = row?.['fingerprint']
    return typeof fingerprint === 'string' ? fingerprint : undefined
  })
}

/** When a ref got the value that it has, of the rotations that gave it one. */
export interface LastRotation {
  at: Date
  /** The version that was replaced. */
  from: string
  /** The provider's name of the new one, where it told it. */
  to?: string
}

/** By ref; one that was rolled back does not count. @throws STATE_UNAVAILABLE */
export function lastRotationsOf(
  db: DatabaseSync,
  { config, environment }: Omit<RefKey, 'ref'>,
): Map<string, LastRotation> {
  const rows = guarded(db, () =>
    db
      .prepare(
        `SELECT r.ref, r.from_version, r.promoted_at, l.version FROM rotations r
         LEFT JOIN ledger l ON l.rotation = r.id AND l.role = 'new'
         WHERE r.config = ? AND r.environment = ? AND r.promoted_at IS NOT NULL
           AND r.reason IS NOT 'rolled-back'
         ORDER BY r.rowid`,
      )
      .all(config, environment),
  )
  return new Map(
    rows.map(({ ref, from_version: from, promoted_at: at, version }) => [
      String(ref),
      {
        at: new Date(String(at)),
        from: String(from),
        ...(typeof version === 'string' ? { to: version } : {}),
      },
    ]),
  )
}

function toRow(row: Record<string, SQLOutputValue>): LedgerRow {
  const { upstream, fingerprint, version } = row
  return {
    rotation: String(row['rotation']),
    ref: String(row['ref']),
    environment: String(row['environment']),
    role: toRole(row),
    state: toState(row),
    ...(typeof upstream === 'string' ? { upstream } : {}),
    ...(typeof fingerprint === 'string' ? { fingerprint } : {}),
    ...(typeof version === 'string' ? { version } : {}),
  }
}
