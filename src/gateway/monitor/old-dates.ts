/**
 * Ends that the config states and that were said of a value which a rotation has replaced since: the value
 * is new, and to replace it again mends nothing. Once the date has passed it is delivered to nobody all the
 * same, so somebody is needed.
 */
import { readJournal } from '../../rotation/journal.ts'
import { isEndOfBefore } from '../../rotation/stated-ends.ts'
import type { Gateway } from '../gateway.ts'
import { currentOf } from '../rotate/ages.ts'
import { subjectsIn } from '../rotate/gone.ts'
import type { Subject } from '../rotate/subjects.ts'
import type { Watched } from './look.ts'

/**
 * Reads those again that are told as ended or ending by such a date, on record: policy has let nobody ask
 * for what is past, and only the value itself tells whether it is the new one.
 *
 * @returns by ref, the date; of what could not be read nothing is known
 * @throws STATE_UNAVAILABLE; SecretRefError where nothing can be put on record
 */
export async function oldDatesOf(
  gateway: Gateway,
  environment: string,
  watched: readonly Watched[],
): Promise<ReadonlyMap<string, string>> {
  const ends = new Map(
    watched.flatMap(({ ref, state, expiresAt }): [string, string][] =>
      (state === 'expired' || state === 'expiring') && expiresAt !== undefined
        ? [[ref, expiresAt]]
        : [],
    ),
  )
  const db = ends.size === 0 ? undefined : readJournal(gateway.home)
  if (db === undefined) return new Map()
  try {
    const { path: config } = gateway.loaded
    const replaced = subjectsIn(gateway, environment).filter(
      (one): one is Subject =>
        'step' in one &&
        one.statedEnd !== undefined &&
        ends.has(one.ref) &&
        isEndOfBefore(db, { config, environment, ref: one.ref }, undefined, one.statedEnd),
    )
    if (replaced.length === 0) return new Map()
    const found = new Map<string, string>()
    for (const [ref, current] of await currentOf(gateway, db, replaced)) {
      const { endOfBefore } = current.outcome === 'value' ? current : {}
      if (endOfBefore !== undefined) found.set(ref, endOfBefore)
    }
    return found
  } finally {
    db.close()
  }
}
