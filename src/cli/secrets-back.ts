/** `secrets history` and `rollback` of a ref that is being rotated, or was: the service has a say in it too. */
import { SecretRefError } from '../errors.ts'
import type { KeptVersion } from '../gateway/keep/words.ts'
import { fatesOf, type Fates } from '../rotation/ended.ts'
import { ledgerOf } from '../rotation/ledger.ts'
import { readJournal } from '../rotation/journal.ts'
import { openRotationsOf, type Journalled } from '../rotation/journalled.ts'
import type { RefKey } from '../rotation/types.ts'
import { rollBack } from '../rotation/machine.ts'
import { namedFrom, underWayIn, type UnderWay } from '../rotation/places.ts'
import type { Home } from '../state/home.ts'

/** What rotations know of one ref where it lies now. */
export interface Rotations extends Fates {
  /** One that is not over, or waits for a person. */
  open?: Journalled
  /** One of another ref, environment or config that is under way in the same place: what it is called here. */
  other?: ReturnType<typeof namedFrom> & Pick<UnderWay, 'step'>
  /** The version that it has made current. */
  made?: string
}

/**
 * @param place as the journal names places
 * @param name as `placeName` names it
 * @throws STATE_UNAVAILABLE
 */
export function rotationsAt(home: Home, key: RefKey, place: string, name: string): Rotations {
  const db = readJournal(home)
  if (db === undefined) return { ended: new Map(), left: new Map() }
  try {
    const open = openRotationsOf(db, key.config).find(
      ({ environment, ref }) => environment === key.environment && ref === key.ref,
    )
    const fates = fatesOf(db, key, place, name)
    const there = underWayIn(db, name, open?.id)
    const other = there && { ...namedFrom(key.config, there), step: there.step }
    if (other !== undefined) return { ...fates, other }
    if (open === undefined) return fates
    const made = ledgerOf(db, key.config).find(
      ({ rotation, role }) => rotation === open.id && role === 'new',
    )?.version
    return { open, ...fates, ...(made !== undefined && { made }) }
  } finally {
    db.close()
  }
}

/** Which version is wanted back: the one that is named, else the one before, as the store tells them. */
export interface Wanted {
  to?: string | undefined
  current?: string | undefined
  previous?: string | undefined
}

/**
 * @returns the rotation that has to be undone, where the old value is still alive by it; `undefined` where
 *   no rotation has a say
 * @throws USAGE where what is wanted back was ended at its service, or a rotation is on its way there
 */
export function toUndo(
  rotations: Rotations,
  ref: string,
  { to, current, previous }: Wanted,
): Journalled | undefined {
  requireNoOther(rotations)
  const { open, made, ended } = rotations
  if (open !== undefined) {
    // A store may count versions for several values at once: the old one can have another number by now.
    const oldOne = to === undefined ? made !== undefined && current === made : to === open.from
    if (oldOne && rollBack(open) !== undefined) return open
    if (oldOne && open.class === 'roll') throw rolled(ref)
    throw underWay(open)
  }
  const back = to ?? previous
  const at = back === undefined ? undefined : ended.get(back)
  if (at === undefined) return undefined
  throw new SecretRefError(
    'USAGE',
    `version ${back} of ${ref} was ended at its service by a rotation, on ${dayOf(at)}`,
    {
      scope: 'ref',
      hint: `a new one helps: secretref secrets rotate --ref ${ref} --force; --yes brings the dead one back all the same`,
    },
  )
}

/** Of the class `roll`. */
export function rolled(ref: string): SecretRefError {
  return new SecretRefError(
    'USAGE',
    `the old value of ${ref} ends by itself: there is no way back to it`,
    { scope: 'ref', hint: `a new one helps: secretref secrets rotate --ref ${ref} --force` },
  )
}

/** What is current may be the last one that has the new value. @throws USAGE where a rotation is under way */
export function requireNoRotation(rotations: Rotations): void {
  requireNoOther(rotations)
  const { open } = rotations
  if (open !== undefined && open.step !== 'planned') throw underWay(open)
}

function requireNoOther({ other }: Rotations): void {
  if (other === undefined) return
  throw underWay({ ref: other.where, step: `${other.step}; it is in the same place` }, other.flags)
}

function underWay(
  { ref, step }: Pick<Journalled, 'ref'> & { step: string },
  flags = ref,
): SecretRefError {
  return new SecretRefError('USAGE', `a rotation of ${ref} is under way: ${step}`, {
    scope: 'ref',
    hint: `let it end, or give it up first: secretref secrets rotation abandon ${flags}`,
  })
}

/** What is known of a version at its service; nothing where no rotation has a say. For programs. */
export function fateOf(
  { ended, left }: Fates,
  { version, stages }: Pick<KeptVersion, 'version' | 'stages'>,
): { endedAt?: string; leftAt?: string } {
  const at = ended.get(version)
  if (at !== undefined) return { endedAt: at.toISOString() }
  // Somebody has put it back: to end it would be to end access.
  const since = stages.includes('current') ? undefined : left.get(version)
  return since === undefined ? {} : { leftAt: since.toISOString() }
}

/** What stands beside a version in a table. */
export function fateInWords({ endedAt, leftAt }: ReturnType<typeof fateOf>): string {
  if (endedAt !== undefined) return `ended at its service ${endedAt.slice(0, 10)}`
  return leftAt === undefined ? '' : `left ${leftAt.slice(0, 10)}: yours to end at its service`
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10)
}
