/** Rotations as they stand in the journal. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { guarded } from '../state/db.ts'
import { CLASSES, ROTATION_REASONS, STEPS, type RefKey, type Rotation } from './types.ts'

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

/** A row of `rotations`. */
export function toJournalled(row: Record<string, SQLOutputValue>): Journalled {
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
