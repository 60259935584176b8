/** What a value that was set by hand means for rotations of its ref: one that is under way, or the last one. */
import type { DatabaseSync } from 'node:sqlite'
import { SecretRefError } from '../errors.ts'
import { placeOf } from '../gateway/rotate/gone.ts'
import { dayOf } from '../policy/expiry.ts'
import { readJournal } from '../rotation/journal.ts'
import { openRotationsOf, rotationOf, type Journalled } from '../rotation/journalled.ts'
import { ledgerOf, type LedgerRow } from '../rotation/ledger.ts'
import type { DriverClass, RefKey } from '../rotation/types.ts'
import type { Io } from './io.ts'
import type { StoredAt } from './secrets-place.ts'

type Warning = readonly [sentence: string, hint: string]

/** What was chosen died when another one was set at the service; these live there until they are ended. */
const LIVE_ON: ReadonlySet<DriverClass> = new Set(['issued', 'roll', 'slots'])

/**
 * After it is stored, so nothing in here throws for the journal's sake.
 *
 * @param fingerprint of what was stored
 * @returns `undefined` where no rotation has to do with it
 */
export function rotationWarning(
  { program, home }: Pick<Io, 'program' | 'home'>,
  key: RefKey,
  at: Pick<StoredAt, 'step'>,
  fingerprint: string,
): Warning | undefined {
  const status = `\`${program} secrets rotation status\``
  try {
    const db = readJournal(home)
    if (db === undefined) return undefined
    try {
      const open = openOf(db, key)
      if (open !== undefined) {
        return [
          `a rotation of ${key.ref} is under way (${open.step}), and what is current has changed meanwhile`,
          `${status} shows what becomes of it`,
        ]
      }
      const made = madeBefore(db, key, at, fingerprint)
      return made && livesOn(key.ref, made)
    } finally {
      db.close()
    }
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    const sentence = `whether a rotation has to do with ${key.ref} could not be seen: ${error.message}`
    return [sentence, error.hint ?? `${status} shows it`]
  }
}

/** One that has begun nothing begins with what is current then. */
function openOf(db: DatabaseSync, { config, environment, ref }: RefKey): Journalled | undefined {
  return openRotationsOf(db, config).find(
    (one) => one.environment === environment && one.ref === ref && one.step !== 'planned',
  )
}

interface Made {
  by: Journalled
  row: LedgerRow
}

/** What our last rotation made current in this place, where it is another one than what was stored. */
function madeBefore(
  db: DatabaseSync,
  { config, environment, ref }: RefKey,
  at: Pick<StoredAt, 'step'>,
  fingerprint: string,
): Made | undefined {
  const row = ledgerOf(db, config).findLast(
    (one) =>
      one.environment === environment &&
      one.ref === ref &&
      one.role === 'new' &&
      one.state === 'current',
  )
  const by = row && rotationOf(db, row.rotation)
  if (row === undefined || by === undefined) return undefined
  const isOther = row.fingerprint !== fingerprint
  return isOther && LIVE_ON.has(by.class) && by.place === placeOf(at) ? { by, row } : undefined
}

function livesOn(ref: string, { by, row: { upstream } }: Made): Warning {
  const named = upstream === undefined ? '' : ` (${upstream} at its service)`
  const day = dayOf((by.promotedAt ?? by.updatedAt).toISOString())
  return [
    `the value of ${ref} that a rotation made current on ${day}${named} still lives at its service, and no rotation ends it`,
    'end it there yourself when nobody uses it any more',
  ]
}
