/** What a resolver does with leases before it reports: they lie sealed on disk, one file for each provider. */
import { SecretRefError } from '../../errors.ts'
import { leaseFile } from '../../gateway/lease/words.ts'
import type { Sheet } from '../../gateway/sheet.ts'
import type { Held } from '../resolver/fetch.ts'
import { writeLeases, type KeptLease } from './file.ts'

/** @throws DELIVERY_FAILED where they cannot be made durable: then nothing is released */
export async function handOverLeases(sheet: Sheet, held: readonly Held[]): Promise<void> {
  if (sheet.leases === undefined) return
  const { at, key } = sheet.leases
  const byProvider = new Map<string, KeptLease[]>()
  for (const [item, { lease, report }] of held.entries()) {
    if (lease === undefined) continue
    const leases = byProvider.get(report.provider) ?? []
    leases.push({ ...lease, item, obtainedAt: Date.now() })
    byProvider.set(report.provider, leases)
  }
  for (const [provider, leases] of byProvider) {
    const failed = await writeLeases(leaseFile(at, provider), key, leases)
    if (failed !== undefined)
      throw new SecretRefError('DELIVERY_FAILED', 'leases cannot be kept', { scope: 'agent' })
  }
}
