/**
 * Rotations that the config has cut off: it does not have their ref or environment any more, or not as
 * anything that can be rotated, or by another driver or in another place than they began. Nobody can go on
 * with one, and where nobody says so nobody sees it.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { LoadedConfig } from '../../config/types.ts'
import { SecretRefError } from '../../errors.ts'
import { planner } from '../../plan/plan.ts'
import { openRotationsOf, type Journalled } from '../../rotation/journalled.ts'
import { isTold, keepTold, markTold } from '../../rotation/marks.ts'
import { userHome } from '../../state/home.ts'
import { raiseAlert } from '../alert/raise.ts'
import type { Gateway } from '../gateway.ts'
import type { Say } from '../result.ts'
import { subjectsOf, type NoSubject, type Subject } from './subjects.ts'
import { alertOfRotation } from './tell.ts'

/** Why: the config has no such ref; or it has it, and what was begun does not fit it. */
export type Gone = Journalled & { why: 'ref' | 'changed' }

export interface Where {
  loaded: Pick<LoadedConfig, 'config' | 'dir' | 'path'>
  env: Gateway['env']
}

/** Those of all environments. @throws STATE_UNAVAILABLE */
export function goneOf(where: Where, db: DatabaseSync): Gone[] {
  const open = openRotationsOf(db, where.loaded.path)
  return [...Map.groupBy(open, ({ environment }) => environment)].flatMap(([name, rotations]) => {
    const subjects = new Map(subjectsIn(where, name).map((subject) => [subject.ref, subject]))
    return rotations.flatMap((one): Gone[] => {
      const subject = subjects.get(one.ref)
      if (subject === undefined || !('step' in subject)) return [{ ...one, why: 'ref' }]
      return one.step === 'planned' || fits(one, subject) ? [] : [{ ...one, why: 'changed' }]
    })
  })
}

/**
 * By id, those that somebody has to know of: of one that is planned nothing has been done.
 *
 * @throws STATE_UNAVAILABLE
 */
export function cutOffIn(where: Where, db: DatabaseSync): ReadonlyMap<string, Gone> {
  const begun = goneOf(where, db).filter(({ step }) => step !== 'planned')
  return new Map(begun.map((one) => [one.id, one]))
}

/**
 * What one driver began another one cannot end: it does not know what was made. And what was made for one
 * place must not be put into another.
 */
export function fits({ driver, place }: Journalled, subject: Subject): boolean {
  return driver === subject.driver && place === placeOf(subject)
}

/** Where it lies, as text that is compared. */
export function placeOf({ step: { provider, at } }: Pick<Subject, 'step'>): string {
  return JSON.stringify([provider, at])
}

/** Of an environment that the config does not have, none. */
export function subjectsIn({ loaded, env }: Where, environment: string): (Subject | NoSubject)[] {
  const { config, dir } = loaded
  try {
    const planned = planner({ config, configDir: dir, userHome: userHome(env), environment })
    return subjectsOf(config, planned, environment)
  } catch (error) {
    if (error instanceof SecretRefError && error.code === 'ENVIRONMENT_UNKNOWN') return []
    throw error
  }
}

/** Why nobody goes on with it, and what a person does. */
export function goneInWords({ ref, why }: Gone): { message: string; hint: string } {
  const message =
    why === 'ref'
      ? 'the config does not have it any more as something that can be rotated'
      : 'the config has it by another driver, or in another place, than it began with'
  return {
    message,
    hint: `put that back until it has ended, or give it up: secretref secrets rotation abandon ${ref}`,
  }
}

/** What is alerted of it. */
export function goneWords(ref: string, { message, hint }: { message: string; hint: string }) {
  const text = `the rotation of ${ref} cannot go on: ${message}`
  return { event: 'rotation.stuck', severity: 'critical', text, hint } as const
}

/**
 * Says and alerts each, once until the config has it again. One that is stuck has been told; of one that is
 * planned nothing has been done.
 *
 * @returns all of them
 * @throws STATE_UNAVAILABLE, AUDIT_UNAVAILABLE, AUDIT_TAMPERED
 */
export async function tellGone(
  gateway: Gateway,
  db: DatabaseSync,
  say?: Say,
): Promise<readonly Gone[]> {
  const gone = goneOf(gateway, db)
  for (const one of gone) {
    if (one.step === 'stuck' || one.step === 'planned' || isTold(db, one.id)) continue
    const words = goneWords(one.ref, goneInWords(one))
    await raiseAlert(gateway, alertOfRotation(words, { ...one, at: gateway.now() }))
    markTold(db, one.id)
    say?.('error', words.text, words.hint)
  }
  keepTold(
    db,
    gateway.loaded.path,
    gone.map(({ id }) => id),
  )
  return gone
}
