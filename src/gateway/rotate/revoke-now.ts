/** Somebody wants the old value of a rotation ended at once: on record, and durable for whoever goes on. */
import type { DatabaseSync } from 'node:sqlite'
import { openRotationsOf, type Journalled } from '../../rotation/journalled.ts'
import { isEndWished, wishEnd } from '../../rotation/wishes.ts'
import type { Gateway } from '../gateway.ts'
import { RotationRecords } from './records.ts'
import type { Subject } from './subjects.ts'

/** @throws STATE_UNAVAILABLE, AUDIT_UNAVAILABLE */
export async function keepRevokeNow(
  gateway: Gateway,
  db: DatabaseSync,
  one: Journalled,
): Promise<void> {
  if (isEndWished(db, one)) return
  const records = new RotationRecords(gateway, one, undefined)
  await gateway.record([records.revokeNow(one.step, one.from)])
  wishEnd(db, one)
}

/**
 * Of the rotation of this ref that is under way, whoever is at it: they see it at their next look, and
 * whoever comes after them. Nothing where there is none.
 *
 * @throws STATE_UNAVAILABLE, AUDIT_UNAVAILABLE
 */
export async function keepRevokeNowOf(
  gateway: Gateway,
  db: DatabaseSync,
  { ref, environment }: Pick<Subject, 'ref' | 'environment'>,
): Promise<void> {
  const one = openRotationsOf(db, gateway.loaded.path).find(
    (open) => open.ref === ref && open.environment === environment,
  )
  if (one !== undefined) await keepRevokeNow(gateway, db, one)
}
