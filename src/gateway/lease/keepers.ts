/** The lease-keepers of one gateway: one for each provider that has issued anything. */
import type { Gateway } from '../gateway.ts'
import { HAS_PROC } from '../surroundings.ts'
import type { SheetProvider } from '../sheet.ts'
import { LeaseKeeper } from './keeper.ts'

const keepers = new WeakMap<Gateway, Map<string, LeaseKeeper>>()

/** The one that runs, else a new one. */
export function keeperOf(gateway: Gateway, name: string, provider: SheetProvider): LeaseKeeper {
  const own = keepers.get(gateway) ?? new Map<string, LeaseKeeper>()
  keepers.set(gateway, own)
  const running = own.get(name)
  if (running?.ended === false) return running
  const made = newKeeper(gateway, name, provider)
  own.set(name, made)
  return made
}

/** @param provider left out: one that the config does not have any more */
export function newKeeper(gateway: Gateway, name: string, provider?: SheetProvider): LeaseKeeper {
  const { type: kind = '', options = {} } = provider ?? {}
  const pid = HAS_PROC ? { gatewayPid: process.pid } : {}
  const { leases: dir, leaseKey: key } = gateway.home
  const open = { type: 'open', provider: name, kind, options, dir, key } as const
  return new LeaseKeeper({ ...open, ...pid }, (count) => {
    const { actor, loaded } = gateway
    const entry = {
      event: 'keeper.restarted',
      actor,
      provider: name,
      count,
      reason: 'died',
    } as const
    // Should the log fail, the next record of the run says so.
    gateway.record([{ ...entry, config: loaded.hash }]).catch(() => {})
  })
}
