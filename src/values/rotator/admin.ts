/** The credential by which a driver acts, where its config names one: fetched as any other, wiped after use. */
import type { Failure } from '../providers/contract.ts'
import { withSession } from '../providers/session.ts'
import { wipe } from '../secret/bytes.ts'
import type { Place } from '../../gateway/rotate/words.ts'

/**
 * @param place nothing: the driver acts by what it replaces
 * @param use is given the credential, or why there is none; it is wiped when that has ended
 */
export async function withAdmin(
  place: (Place & { gatewayPid?: number }) | undefined,
  use: (admin: Buffer | Failure | undefined) => Promise<void>,
): Promise<void> {
  if (place === undefined) return use(undefined)
  const known = await withSession(place, async (session) => {
    const [outcome = missing] = await session.get([place.at])
    if (outcome.kind !== 'value') {
      await use(outcome)
      return true
    }
    try {
      await use(outcome.value)
    } finally {
      wipe(outcome.value)
      // It was made for this alone; should that fail, it ends with its lease.
      if (outcome.lease !== undefined) await session.revoke?.(outcome.lease.id)
    }
    return true
  })
  if (known === undefined) await use(missing)
}

const missing: Failure = { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' }
