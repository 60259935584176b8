/**
 * What a provider has just issued lies sealed on disk, one file for each lease, before anybody learns of it:
 * from then on it is revoked whoever dies.
 */
import { leaseFile } from '../../gateway/lease/words.ts'
import type { Outcome, Session } from '../providers/contract.ts'
import { wipe } from '../secret/bytes.ts'
import { final } from '../secret/outcome.ts'
import { writeLease, type KeptLease } from './file.ts'

/** Where leases of one sheet are kept: `Sheet.leases`. */
interface Place {
  at: string
  key: string
}

const unkept = final('malformed', 'DELIVERY_FAILED', 'lease-unkept')

/**
 * @param outcomes of `provider`, changed in place: a value whose lease cannot be kept is wiped and fails,
 *   and its lease is revoked by the session that made it
 * @param items their places on the sheet
 */
export async function handOverLeases(
  place: Place,
  provider: string,
  outcomes: Outcome[],
  items: readonly number[],
  session: Pick<Session, 'revoke'>,
): Promise<void> {
  const now = Date.now()
  const leases = new Map<string, KeptLease & { items: number[] }>()
  for (const [i, outcome] of outcomes.entries()) {
    const item = items[i]
    if (outcome.kind !== 'value' || outcome.lease === undefined || item === undefined) continue
    const { id, seconds } = outcome.lease
    const endsAt = now + seconds * 1000
    const lease = leases.get(id) ?? { ...outcome.lease, items: [], from: now, endsAt }
    lease.items.push(item)
    leases.set(id, lease)
  }
  for (const [id, lease] of leases) {
    const [first = 0] = lease.items
    const failed = await writeLease(leaseFile(place.at, first, provider), place.key, lease)
    if (failed === undefined) continue
    await session.revoke?.(id)
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.kind !== 'value' || outcome.lease?.id !== id) continue
      wipe(outcome.value)
      outcomes[i] = unkept
    }
  }
}
