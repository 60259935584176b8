/**
 * `rotations.db`: what is durable of every rotation, who works on it, and which upstream credentials are
 * ours. Unlike `state.db` it cannot be made anew from the log: each step is on the disk before the next
 * one touches the outside, and what is not in the ledger is never deleted.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../state/db.ts'
import { openDurable, readDurable } from '../state/durable.ts'
import type { Home } from '../state/home.ts'
import { enterAnswer, type Answer } from './answers.ts'
import { toJournalled, type Journalled } from './journalled.ts'
import { enter, LEDGER_SCHEMA, type Told } from './ledger.ts'
import { LOCK_SCHEMA, requireHold, type Hold } from './lock.ts'
import { enterPlace } from './places.ts'
import type { DriverClass, Rotation } from './types.ts'

const SCHEMA = `
CREATE TABLE rotations (
  id TEXT PRIMARY KEY,
  config TEXT NOT NULL,
  environment TEXT NOT NULL,
  ref TEXT NOT NULL,
  class TEXT NOT NULL,
  driver TEXT NOT NULL,
  place TEXT NOT NULL,
  from_version TEXT NOT NULL,
  step TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  open INTEGER NOT NULL,
  orphan_possible INTEGER NOT NULL,
  reason TEXT,
  not_before TEXT,
  began_at TEXT NOT NULL,
  promoted_at TEXT,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX rotations_by_ref ON rotations (config, environment, ref);
CREATE UNIQUE INDEX one_at_a_time ON rotations (config, environment, ref)
  WHERE step NOT IN ('done', 'abandoned');
${LOCK_SCHEMA}${LEDGER_SCHEMA}`
const VERSION = 1

/** @throws STATE_UNAVAILABLE */
export function openJournal(home: Home): DatabaseSync {
  return openDurable(home.rotations, SCHEMA, VERSION)
}

/**
 * For those who only look: on a read-only disk too.
 *
 * @returns `undefined` where nothing was ever rotated
 * @throws STATE_UNAVAILABLE
 */
export function readJournal(home: Home): DatabaseSync | undefined {
  if (!existsSync(home.rotations)) return undefined
  return readDurable(home.rotations, SCHEMA, VERSION)
}

/**
 * The rotation of this ref that is under way, else a new one. Whoever asks for the same version again
 * gets the same rotation, and one that is stuck stays so until somebody resumes it.
 *
 * @throws ROTATION_FENCED, STATE_UNAVAILABLE; AGENT_BUSY where another ref, environment or config is being
 *   rotated in the same place
 */
export function beginRotation(
  db: DatabaseSync,
  hold: Hold,
  what: { class: DriverClass; driver: string; place: string; from: string },
  now: Date,
): Journalled {
  return inTransaction(db, () => {
    requireHold(db, hold)
    const { config, environment, ref } = hold
    const running = db
      .prepare(
        `SELECT * FROM rotations WHERE config = ? AND environment = ? AND ref = ?
           AND step NOT IN ('done', 'abandoned')`,
      )
      .get(config, environment, ref)
    if (running !== undefined) {
      const found = toJournalled(running)
      // Of one that began in another place, before the config was changed, this place says nothing.
      const here = found.step === 'planned' || found.place === what.place
      if (hold.place !== undefined && here) enterPlace(db, found, hold.place.ref)
      return rebased(db, found, what)
    }
    // By it a service's credentials are marked as made by this rotation: nobody else's may ever be the same.
    const id = randomBytes(16).toString('hex')
    const row = db
      .prepare(
        `INSERT INTO rotations (id, config, environment, ref, class, driver, place, from_version, step,
           attempts, failures, open, orphan_possible, began_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'planned', 0, 0, 0, 0, ?9, ?9) RETURNING *`,
      )
      .get(
        id,
        config,
        environment,
        ref,
        what.class,
        what.driver,
        what.place,
        what.from,
        now.toISOString(),
      )
    if (row === undefined) throw new TypeError('an insert that returns nothing')
    const begun = toJournalled(row)
    if (hold.place !== undefined) enterPlace(db, begun, hold.place.ref)
    return begun
  })
}

/** One that has touched nothing yet replaces what is current now, by whatever driver the config names now. */
function rebased(
  db: DatabaseSync,
  running: Journalled,
  {
    class: kind,
    driver,
    place,
    from,
  }: { class: DriverClass; driver: string; place: string; from: string },
): Journalled {
  if (running.step !== 'planned') return running
  db.prepare(
    'UPDATE rotations SET class = ?, driver = ?, place = ?, from_version = ? WHERE id = ?',
  ).run(kind, driver, place, from, running.id)
  return { ...running, class: kind, driver, place, from }
}

/**
 * Durable when it returns, with what it means for the ledger.
 *
 * @param told what the action that led here answered, and told of the new credential
 * @throws ROTATION_FENCED, STATE_UNAVAILABLE
 */
export function writeRotation(
  db: DatabaseSync,
  hold: Hold,
  rotation: Rotation,
  now: Date,
  told: Told & Partial<Answer> = {},
): void {
  inTransaction(db, () => {
    requireHold(db, hold)
    const { id, step, attempts, failures, open, orphanPossible, reason, notBefore } = rotation
    const row = db
      .prepare(
        `UPDATE rotations SET step = ?1, attempts = ?2, failures = ?3, open = ?4,
           orphan_possible = ?5, reason = ?6, not_before = ?7, updated_at = ?8,
           promoted_at = CASE WHEN ?1 = 'promoted' THEN coalesce(promoted_at, ?8) ELSE promoted_at END
         WHERE id = ?9 AND config = ?10 AND environment = ?11 AND ref = ?12
         RETURNING from_version, driver`,
      )
      .get(
        step,
        attempts,
        failures,
        Number(open),
        Number(orphanPossible),
        reason ?? null,
        notBefore?.toISOString() ?? null,
        now.toISOString(),
        id,
        hold.config,
        hold.environment,
        hold.ref,
      )
    if (row === undefined) throw new TypeError('a rotation of another ref')
    const began = { from: String(row['from_version']), driver: String(row['driver']) }
    enter(db, rotation, began, told, now)
    enterAnswer(db, rotation, told)
  })
}
