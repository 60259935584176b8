/** The credential by which a driver acts, where its config names one: fetched as any other, wiped after use. */
import type { Failure } from '../providers/contract.ts'
import { CallCount, withSession } from '../providers/session.ts'
import { wipe } from '../secret/bytes.ts'
import { leaseFile } from '../../gateway/lease/words.ts'
import type { RotationOrder } from '../../gateway/rotate/words.ts'
import { removeLease, SIGN_OF_LIFE_MS, touchLeases } from '../lease-keeper/file.ts'
import { handOverLeases } from '../lease-keeper/hand-over.ts'

export interface Admin {
  value: Buffer
  /** All that were fetched until now. */
  values: readonly Buffer[]
  /** As it is by now; the one before is of no use any more. `undefined` where it is the same, or cannot be had. */
  again(): Promise<Buffer | undefined>
}

/**
 * @param place nothing: the driver acts by what it replaces
 * @param use is given the credential, or why there is none; all that was fetched is wiped when that has ended
 */
export async function withAdmin(
  place: (NonNullable<RotationOrder['admin']> & { gatewayPid?: number }) | undefined,
  use: (admin: Admin | Failure | undefined) => Promise<void>,
): Promise<void> {
  if (place === undefined) return use(undefined)
  const known = await withSession(
    place,
    async (session) => {
      const values: Buffer[] = []
      const leases: { id: string; file?: string }[] = []
      const fetch = async (): Promise<Buffer | Failure> => {
        const outcomes = [...(await session.get([place.at]))]
        const { leases: kept, provider } = place
        const item = values.length
        // On disk before it is used: whoever is killed then, the next start revokes it.
        if (kept !== undefined) await handOverLeases(kept, provider, outcomes, [item], session)
        const [outcome = missing] = outcomes
        if (outcome.kind !== 'value') return outcome
        values.push(outcome.value)
        const file = kept && leaseFile(kept.at, item, provider)
        if (outcome.lease !== undefined)
          leases.push({ id: outcome.lease.id, ...(file && { file }) })
        return outcome.value
      }
      const again = async (): Promise<Buffer | undefined> => {
        const before = values.at(-1)
        const now = await fetch()
        return Buffer.isBuffer(now) && before?.equals(now) === false ? now : undefined
      }
      // No lease-keeper holds them, and in another container nobody sees our pid.
      const sign = setInterval(() => {
        const files = leases.flatMap(({ file }) => (file === undefined ? [] : [file]))
        void touchLeases(files, Date.now())
      }, SIGN_OF_LIFE_MS)
      try {
        const value = await fetch()
        await use(Buffer.isBuffer(value) ? { value, values, again } : value)
      } finally {
        wipe(...values)
        clearInterval(sign)
        // They were made for this alone. What cannot be revoked now is left to the next start.
        for (const { id, file } of leases) {
          const revoked = await session.revoke?.(id)
          const over = revoked?.kind === 'ok' || revoked?.kind === 'gone'
          if (over && file !== undefined) await removeLease(file)
        }
      }
      return true
    },
    new CallCount(place.calls),
  )
  if (known === undefined) await use(missing)
}

const missing: Failure = { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' }
