/** `secrets rollback` of a ref that is being rotated, or was: the service has a say in it too. */
import { SecretRefError } from '../errors.ts'
import {
  readJournal,
  openRotationsOf,
  rotationsOf,
  type Journalled,
  type RefKey,
} from '../rotation/journal.ts'
import { rollBack } from '../rotation/machine.ts'
import type { Home } from '../state/home.ts'

/**
 * @param to the version that is wanted back; `undefined`: the one before
 * @returns the rotation that has to be undone, where the old value is still alive by it; `undefined` where
 *   no rotation has a say
 * @throws USAGE where what is wanted back was ended at its service, or a rotation is on its way there
 */
export function toUndo(home: Home, key: RefKey, to: string | undefined): Journalled | undefined {
  const db = readJournal(home)
  if (db === undefined) return undefined
  try {
    const ours = ({ environment, ref }: RefKey): boolean =>
      environment === key.environment && ref === key.ref
    const open = openRotationsOf(db, key.config).find(ours)
    if (open !== undefined) {
      if (rollBack(open) !== undefined && (to === undefined || to === open.from)) return open
      throw new SecretRefError('USAGE', `a rotation of ${key.ref} is under way: ${open.step}`, {
        scope: 'ref',
        hint: `let it end, or give it up first: secretref secrets rotation abandon ${key.ref}`,
      })
    }
    const last = rotationsOf(db, key.config).findLast(ours)
    const dead = last?.step === 'done' && last.driver !== 'generate'
    if (dead && (to === undefined || to === last.from)) {
      throw new SecretRefError(
        'USAGE',
        `version ${last.from} of ${key.ref} was ended at its service when it was rotated, on ${last.updatedAt.toISOString().slice(0, 10)}`,
        {
          scope: 'ref',
          hint: `a new one helps: secretref secrets rotate --ref ${key.ref} --force; --yes brings the dead one back all the same`,
        },
      )
    }
    return undefined
  } finally {
    db.close()
  }
}
