/**
 * `rotations.db`: what is durable of every rotation, who works on it, and which upstream credentials are
 * ours. Unlike `state.db` it cannot be made anew from the log: each step is on the disk before the next
 * one touches the outside, and what is not in the ledger is never deleted.
 *
 * Who works on a ref holds its lock, with a number that grows with every holder (a fence). Whatever is
 * written names its number; one that has lost the lock, and does not know it yet, is refused.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { SecretRefError } from '../errors.ts'
import { guarded, inTransaction } from '../state/db.ts'
import { openDurable, readDurable } from '../state/durable.ts'
import type { Home } from '../state/home.ts'
import { enterAnswer, type Answer } from './answers.ts'
import { enter, LEDGER_SCHEMA, type Told } from './ledger.ts'
import { enterPlace } from './places.ts'
import { CLASSES, ROTATION_REASONS, STEPS, type DriverClass, type Rotation } from './types.ts'

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
CREATE TABLE locks (
  config TEXT NOT NULL,
  environment TEXT NOT NULL,
  ref TEXT NOT NULL,
  fence INTEGER NOT NULL,
  pid INTEGER,
  started TEXT,
  PRIMARY KEY (config, environment, ref)
) STRICT;
`
const VERSION = 1

/** A ref in one environment of one config. */
export interface RefKey {
  config: string
  environment: string
  ref: string
}

export interface Holder {
  pid: number
  /** When that process began, by which a pid that was given away is told. */
  started: string | undefined
}

/** The right to work on one ref, for as long as nobody else has taken it. */
export interface Hold extends RefKey {
  fence: number
  /** That of the place that it lies in, which other refs may name too: without it nothing is written either. */
  place?: Hold
}

/** A rotation with what does not change about it, and when it did what. */
export interface Journalled extends Rotation, RefKey {
  /** By name; a config that names another one later does not concern it. */
  driver: string
  /** Where the ref lay then: provider and location, as text that is compared. */
  place: string
  /** The version that is replaced. */
  from: string
  beganAt: Date
  /** When the new one became current. */
  promotedAt?: Date
  updatedAt: Date
}

/** @throws STATE_UNAVAILABLE */
export function openJournal(home: Home): DatabaseSync {
  return openDurable(home.rotations, `${SCHEMA}${LEDGER_SCHEMA}`, VERSION)
}

/**
 * For those who only look: on a read-only disk too.
 *
 * @returns `undefined` where nothing was ever rotated
 * @throws STATE_UNAVAILABLE
 */
export function readJournal(home: Home): DatabaseSync | undefined {
  if (!existsSync(home.rotations)) return undefined
  return readDurable(home.rotations, `${SCHEMA}${LEDGER_SCHEMA}`, VERSION)
}

/**
 * Takes the lock of a ref where nobody alive holds it.
 *
 * @returns the hold, or the pid of who has it
 * @throws STATE_UNAVAILABLE
 */
export function takeHold(
  db: DatabaseSync,
  { config, environment, ref }: RefKey,
  self: Holder,
  alive: (holder: Holder) => boolean,
): Hold | { heldBy: number } {
  return inTransaction(db, () => {
    const row = db
      .prepare('SELECT * FROM locks WHERE config = ? AND environment = ? AND ref = ?')
      .get(config, environment, ref)
    const pid = row?.['pid']
    if (typeof pid === 'number' && alive({ pid, started: textOf(row?.['started']) })) {
      return { heldBy: pid }
    }
    const fence = Number(row?.['fence'] ?? 0) + 1
    db.prepare('INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?, ?, ?)').run(
      config,
      environment,
      ref,
      fence,
      self.pid,
      self.started ?? null,
    )
    return { config, environment, ref, fence }
  })
}

/** Gives it back; one that was lost already is somebody else's, and stays so. @throws STATE_UNAVAILABLE */
export function giveBack(db: DatabaseSync, { config, environment, ref, fence }: Hold): void {
  guarded(db, () =>
    db
      .prepare(
        `UPDATE locks SET pid = NULL, started = NULL
         WHERE config = ? AND environment = ? AND ref = ? AND fence = ?`,
      )
      .run(config, environment, ref, fence),
  )
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
    const before = db
      .prepare(
        'SELECT count(*) AS n FROM rotations WHERE config = ? AND environment = ? AND ref = ?',
      )
      .get(config, environment, ref)
    const words = [config, environment, ref, what.from, String(before?.['n'])]
    const id = createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 32)
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
         RETURNING from_version`,
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
    enter(db, rotation, String(row['from_version']), told, now)
    enterAnswer(db, rotation, told)
  })
}

/** All rotations of one config, the one that was written last at the end. @throws STATE_UNAVAILABLE */
export function rotationsOf(db: DatabaseSync, config: string): Journalled[] {
  return guarded(db, () =>
    db
      .prepare('SELECT * FROM rotations WHERE config = ? ORDER BY updated_at, id')
      .all(config)
      .map(toJournalled),
  )
}

/** The one that replaced this version of a ref. @throws STATE_UNAVAILABLE */
export function replacementOf(
  db: DatabaseSync,
  { config, environment, ref }: RefKey,
  version: string,
): Journalled | undefined {
  return guarded(db, () => {
    const row = db
      .prepare(
        `SELECT * FROM rotations WHERE config = ? AND environment = ? AND ref = ?
           AND from_version = ? AND step = 'done' ORDER BY rowid DESC LIMIT 1`,
      )
      .get(config, environment, ref, version)
    return row && toJournalled(row)
  })
}

/**
 * Ids of those that a person gave up, of every ref and config: of one that no config has any more nobody
 * else asks.
 *
 * @throws STATE_UNAVAILABLE
 */
export function givenUp(db: DatabaseSync): string[] {
  return guarded(db, () =>
    db
      .prepare("SELECT id FROM rotations WHERE step = 'abandoned'")
      .all()
      .map((row) => String(row['id'])),
  )
}

/** @throws STATE_UNAVAILABLE */
export function rotationOf(db: DatabaseSync, id: string): Journalled | undefined {
  return guarded(db, () => {
    const row = db.prepare('SELECT * FROM rotations WHERE id = ?').get(id)
    return row && toJournalled(row)
  })
}

/** Those that are not over, and those that wait for a person. @throws STATE_UNAVAILABLE */
export function openRotationsOf(db: DatabaseSync, config: string): Journalled[] {
  return guarded(db, () =>
    db
      .prepare(
        `SELECT * FROM rotations WHERE config = ? AND step NOT IN ('done', 'abandoned')
         ORDER BY began_at, id`,
      )
      .all(config)
      .map(toJournalled),
  )
}

/** Refs that have had a new value since. @throws STATE_UNAVAILABLE */
export function promotedSince(
  db: DatabaseSync,
  { config, environment }: Omit<RefKey, 'ref'>,
  since: Date,
): string[] {
  return guarded(db, () =>
    db
      .prepare(
        `SELECT DISTINCT ref FROM rotations
         WHERE config = ? AND environment = ? AND promoted_at >= ?`,
      )
      .all(config, environment, since.toISOString())
      .map((row) => String(row['ref'])),
  )
}

function requireHold(db: DatabaseSync, hold: Hold): void {
  const { ref, place } = hold
  if (isHeld(db, hold) && (place === undefined || isHeld(db, place))) return
  throw new SecretRefError('ROTATION_FENCED', `the rotation of ${ref} was taken over`, {
    scope: 'ref',
    hint: 'another process goes on with it; `secretref secrets rotation status` shows it',
  })
}

function isHeld(db: DatabaseSync, { config, environment, ref, fence }: Hold): boolean {
  const row = db
    .prepare('SELECT fence FROM locks WHERE config = ? AND environment = ? AND ref = ?')
    .get(config, environment, ref)
  return row?.['fence'] === fence
}

function toJournalled(row: Record<string, SQLOutputValue>): Journalled {
  const promotedAt = textOf(row['promoted_at'])
  return {
    ...toRotation(row),
    config: String(row['config']),
    environment: String(row['environment']),
    ref: String(row['ref']),
    driver: String(row['driver']),
    place: String(row['place']),
    from: String(row['from_version']),
    beganAt: new Date(String(row['began_at'])),
    updatedAt: new Date(String(row['updated_at'])),
    ...(promotedAt === undefined ? {} : { promotedAt: new Date(promotedAt) }),
  }
}

function toRotation(row: Record<string, SQLOutputValue>): Rotation {
  const step = STEPS.find((one) => one === row['step'])
  const kind = CLASSES.find((one) => one === row['class'])
  if (step === undefined || kind === undefined) throw new TypeError('a step that is not known')
  const reason = ROTATION_REASONS.find((one) => one === row['reason'])
  const notBefore = textOf(row['not_before'])
  return {
    id: String(row['id']),
    class: kind,
    step,
    attempts: Number(row['attempts']),
    failures: Number(row['failures']),
    open: row['open'] === 1,
    orphanPossible: row['orphan_possible'] === 1,
    ...(reason === undefined ? {} : { reason }),
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
