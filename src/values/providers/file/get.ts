/** One batch of values, in order, one outcome each. */
import type { Location, Outcome } from '../contract.ts'
import { final } from '../../secret/outcome.ts'
import { Batch } from './batch.ts'
import { targetsOf, type Place } from './place.ts'

export async function getAll(
  place: Place | undefined,
  items: readonly Location[],
): Promise<readonly Outcome[]> {
  const batch = new Batch()
  try {
    return await Promise.all(items.map((at) => getOne(batch, place, at)))
  } finally {
    await batch.wipe()
  }
}

async function getOne(batch: Batch, place: Place | undefined, at: Location): Promise<Outcome> {
  const targets = await targetsOf(place, at, (path) => batch.read(path))
  if ('kind' in targets) return targets
  let outcome: Outcome = final('malformed', 'PROVIDER_INVALID', 'bad-name')
  for (const target of targets) {
    outcome = await batch.take(target)
    if (outcome.kind !== 'absent') return outcome
  }
  return outcome
}
