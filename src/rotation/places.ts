/**
 * In which place each rotation works. A place is one entry of one store; several refs, environments and
 * configs of one home may name it, and then it has one value all the same: only one rotation may be under
 * way in it.
 */
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { SecretRefError } from '../errors.ts'
import { shellWord } from '../shell-word.ts'
import { guarded } from '../state/db.ts'
import type { Journalled } from './journalled.ts'
import type { RefKey } from './types.ts'

/**
 * Made on use: a journal of an earlier version does not have it, nor do rotations begun by one. A rotation
 * has several names where its place has got another one on its way.
 */
const SCHEMA = `CREATE TABLE IF NOT EXISTS place_names (
  rotation TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (rotation, name)
) STRICT`

/** What a place is held by, among the refs: no path of a config is this word. */
export function placeKey(name: string): RefKey {
  return { config: 'place', environment: '', ref: name }
}

/**
 * Part of the transaction that begins a rotation, or goes on with it. One that is under way stays where it
 * began, and is known there by the name of now as well: another version of ours may name places otherwise,
 * and so may another variable. It goes on whoever else is under way by that name, or neither would end.
 *
 * @param name of the place, as it is named now
 * @throws AGENT_BUSY where it is not under way yet, and another one is, in the same place
 */
export function enterPlace(
  db: DatabaseSync,
  { id, step, config }: Pick<Journalled, 'id' | 'step' | 'config'>,
  name: string,
): void {
  db.exec(SCHEMA)
  if (step !== 'planned') {
    db.prepare('INSERT OR IGNORE INTO place_names VALUES (?, ?)').run(id, name)
    return
  }
  const other = underWayIn(db, name, id)
  if (other !== undefined) throw busy(config, other)
  db.prepare('DELETE FROM place_names WHERE rotation = ?').run(id)
  db.prepare('INSERT INTO place_names VALUES (?, ?)').run(id, name)
}

/** By which names the place of one was known. @param id of the rotation. @throws STATE_UNAVAILABLE */
export function placesOf(db: DatabaseSync, id: string): string[] {
  return guarded(db, () => {
    if (!hasPlaces(db)) return []
    const rows = db.prepare('SELECT name FROM place_names WHERE rotation = ?').all(id)
    return rows.map((row) => String(row['name']))
  })
}

/** A rotation that has touched something, and is not over. */
export interface UnderWay extends RefKey {
  id: string
  step: string
}

/**
 * @param name of the place
 * @param but this one
 * @throws STATE_UNAVAILABLE
 */
export function underWayIn(db: DatabaseSync, name: string, but = ''): UnderWay | undefined {
  return guarded(db, () => {
    if (!hasPlaces(db)) return undefined
    const row = db
      .prepare(
        `SELECT r.id, r.config, r.environment, r.ref, r.step FROM rotations r
           JOIN place_names p ON p.rotation = r.id
         WHERE p.name = ? AND r.id <> ? AND r.step NOT IN ('planned', 'done', 'abandoned')`,
      )
      .get(name, but)
    if (row === undefined) return undefined
    const text = (column: string): string => String(row[column])
    return {
      id: text('id'),
      config: text('config'),
      environment: text('environment'),
      ref: text('ref'),
      step: text('step'),
    }
  })
}

/** Ids of all that were ever begun there. @param name of the place. @throws STATE_UNAVAILABLE */
export function rotationsIn(db: DatabaseSync, name: string): string[] {
  return guarded(db, () => {
    if (!hasPlaces(db)) return []
    const rows = db.prepare('SELECT rotation FROM place_names WHERE name = ?').all(name)
    return rows.map((row) => String(row['rotation']))
  })
}

/** Who only looks makes no table. */
function hasPlaces(db: DatabaseSync): boolean {
  return db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'place_names'`).get() !== undefined
}

/**
 * Which one it is, for somebody who works with the config `config`.
 *
 * @returns `where` in a sentence, and `flags` behind a command
 */
export function namedFrom(
  config: string,
  { ref, environment, config: theirs }: RefKey,
): { where: string; flags: string } {
  const elsewhere = theirs !== config
  return {
    where: `${ref} in environment ${environment}${elsewhere ? ` of ${theirs}` : ''}`,
    flags: `${ref} --environment ${environment}${elsewhere ? ` --config ${shellWord(theirs)}` : ''}`,
  }
}

function busy(config: string, other: UnderWay): SecretRefError {
  const { where, flags } = namedFrom(config, other)
  return new SecretRefError(
    'AGENT_BUSY',
    `it lies where ${where} does, whose rotation is not over (${other.step}); nothing was changed`,
    {
      scope: 'ref',
      hint: howOn(flags, other.step, other.config !== config && !existsSync(other.config)),
    },
  )
}

function howOn(flags: string, step: string, isGone: boolean): string {
  const command = 'secretref secrets'
  if (isGone) {
    return `its config is not there: put it back, then ${command} rotate --ref ${flags}, or to give it up ${command} rotation abandon ${flags}`
  }
  if (step === 'stuck') return `it waits for a person: ${command} rotation resume ${flags}`
  return `that one goes on first: ${command} rotate --ref ${flags}`
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
        `SELECT r.id FROM rotations r JOIN place_names p ON p.rotation = r.id
         WHERE p.name = ? AND r.from_version = ? AND r.step = 'done'
         ORDER BY r.updated_at DESC, r.rowid DESC LIMIT 1`,
      )
      .get(name, version)
    return row && String(row['id'])
  })
}
