/** The credential by which a driver acts, where its config names one: fetched as any other, wiped after use. */
import type { Failure } from '../providers/contract.ts'
import { withSession } from '../providers/session.ts'
import { wipe } from '../secret/bytes.ts'
import type { Place } from '../../gateway/rotate/words.ts'

export interface Admin {
  value: Buffer
  /** As it is by now; the one before is of no use any more. `undefined` where it is the same, or cannot be had. */
  again(): Promise<Buffer | undefined>
}

/**
 * @param place nothing: the driver acts by what it replaces
 * @param use is given the credential, or why there is none; all that was fetched is wiped when that has ended
 */
export async function withAdmin(
  place: (Place & { gatewayPid?: number }) | undefined,
  use: (admin: Admin | Failure | undefined) => Promise<void>,
): Promise<void> {
  if (place === undefined) return use(undefined)
  const known = await withSession(place, async (session) => {
    const values: Buffer[] = []
    const leases: string[] = []
    const fetch = async (): Promise<Buffer | Failure> => {
      const [outcome = missing] = await session.get([place.at])
      if (outcome.kind !== 'value') return outcome
      values.push(outcome.value)
      if (outcome.lease !== undefined) leases.push(outcome.lease.id)
      return outcome.value
    }
    const again = async (): Promise<Buffer | undefined> => {
      const before = values.at(-1)
      const now = await fetch()
      return Buffer.isBuffer(now) && before?.equals(now) === false ? now : undefined
    }
    try {
      const value = await fetch()
      await use(Buffer.isBuffer(value) ? { value, again } : value)
    } finally {
      wipe(...values)
      // They were made for this alone; should that fail, each ends by itself.
      for (const lease of leases) await session.revoke?.(lease)
    }
    return true
  })
  if (known === undefined) await use(missing)
}

const missing: Failure = { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' }
