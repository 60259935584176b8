/**
 * Leases that killed runs of this config left behind. They are the one thing that doctor does not only look
 * at: each is a credential that works and that nobody needs, so it has them revoked, as the next start would.
 */
import { loadConfig } from '../../config/load.ts'
import { requireTrust } from '../../config/trust.ts'
import type { LoadedConfig } from '../../config/types.ts'
import { SecretRefError } from '../../errors.ts'
import { abandonedLeases } from '../../gateway/lease/place.ts'
import { openGateway } from '../foreground.ts'
import type { Io } from '../io.ts'
import { sourceOf } from '../open.ts'
import { attention, good, type Finding } from './finding.ts'

const CHECK = 'leases'

/** Nothing where there are none, or no config by which anything may be asked. */
export async function checkLeases(io: Io): Promise<Finding[]> {
  const loaded = await trusted(io)
  if (loaded === undefined) return []
  if (abandonedLeases({ home: io.home, loaded }).length === 0) return []
  const gateway = await openGateway(io, { config: loaded.path })
  const { sweepLeases } = await import('../../gateway/lease/sweep.ts')
  // A keeper keeps nobody alive; here its end is waited for.
  const alive = setInterval(() => {}, 1000)
  try {
    const { revoked, ended, kept } = await sweepLeases(gateway)
    await gateway.settle()
    const done = revoked + ended
    const was = done === 1 ? 'was' : 'were'
    return [
      ...(done === 0 ? [] : [good(CHECK, `${leases(done)} ${was} revoked now`)]),
      ...(kept === 0
        ? []
        : [
            attention(
              CHECK,
              `${leases(kept)} could not be revoked`,
              'the next start tries again; `log show --event lease.lost` says why',
            ),
          ]),
    ]
  } finally {
    clearInterval(alive)
  }
}

/** What is wrong with a config, its own check says. */
async function trusted(io: Io): Promise<LoadedConfig | undefined> {
  try {
    const loaded = await loadConfig(sourceOf(io), { now: io.now() })
    requireTrust(loaded, io.home)
    return loaded
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return undefined
  }
}

function leases(count: number): string {
  return count === 1 ? 'the lease of a killed run' : `${count} leases of killed runs`
}
