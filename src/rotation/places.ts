/**
 * In which place each rotation works. A place is one entry of one store; several refs, environments and
 * configs of one home may name it, and then it has one value all the same: only one rotation may be under
 * way in it.
 */
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { SecretRefError } from '../errors.ts'
import { guarded } from '../state/db.ts'
import type { Journalled, RefKey } from './journal.ts'

/** Made on use: a journal of an earlier version does not have it, nor do rotations begun by one. */
const SCHEMA =
  'CREATE TABLE IF NOT EXISTS places (rotation TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT'

/** What a place is held by, among the refs: no path of a config is this word. */
export function placeKey(name: string): RefKey {
  return { config: 'place', environment: '', ref: name }
}

/**
 * Part of the transaction that begins a rotation, or goes on with it. One that is under way stays where it
 * began.
 *
 * @param name of the place
 * @throws AGENT_BUSY where it is not under way yet, and another one is, in the same place
 */
export function enterPlace(
  db: DatabaseSync,
  { id, step, config, ref }: Pick<Journalled, 'id' | 'step' | 'config' | 'ref'>,
  name: string,
): void {
  db.exec(SCHEMA)
  if (step !== 'planned') {
    db.prepare('INSERT OR IGNORE INTO places VALUES (?, ?)').run(id, name)
    return
  }
  const other = db
    .prepare(
      `SELECT r.config, r.environment, r.ref, r.step FROM rotations r
         JOIN places p ON p.rotation = r.id
       WHERE p.name = ? AND r.id <> ? AND r.step NOT IN ('planned', 'done', 'abandoned')`,
    )
    .get(name, id)
  if (other !== undefined) {
    const theirs = { config: String(other['config']), environment: String(other['environment']) }
    throw busy(ref, config, { ...theirs, ref: String(other['ref']) }, String(other['step']))
  }
  db.prepare('INSERT OR REPLACE INTO places VALUES (?, ?)').run(id, name)
}

function busy(ref: string, config: string, other: RefKey, step: string): SecretRefError {
  const { environment } = other
  const elsewhere = other.config !== config
  const where = `${other.ref} in environment ${environment}${elsewhere ? ` of ${other.config}` : ''}`
  return new SecretRefError(
    'AGENT_BUSY',
    `${ref} lies where ${where} does, whose rotation is not over (${step}); nothing was changed`,
    {
      scope: 'ref',
      hint: howOn(
        `${other.ref} --environment ${environment}${elsewhere ? ` --config ${other.config}` : ''}`,
        step,
        elsewhere && !existsSync(other.config),
      ),
    },
  )
}

function howOn(which: string, step: string, isGone: boolean): string {
  const command = 'secretref secrets'
  if (isGone) {
    return `its config is not there: put it back, then ${command} rotate --ref ${which}, or to give it up ${command} rotation abandon ${which}`
  }
  if (step === 'stuck') return `it waits for a person: ${command} rotation resume ${which}`
  return `that one goes on first: ${command} rotate --ref ${which}`
}

/**
 * The id of the rotation that replaced this version last, whatever ref, environment or config it was of.
 *
 * @param name of the place
 * @throws STATE_UNAVAILABLE
 */
export function replacementIn(db: DatabaseSync, name: string, version: string): string | undefined {
  return guarded(db, () => {
    db.exec(SCHEMA)
    const row = db
      .prepare(
        `SELECT r.id FROM rotations r JOIN places p ON p.rotation = r.id
         WHERE p.name = ? AND r.from_version = ? AND r.step = 'done'
         ORDER BY r.updated_at DESC, r.rowid DESC LIMIT 1`,
      )
      .get(name, version)
    return row && String(row['id'])
  })
}
