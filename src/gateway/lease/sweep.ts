/**
 * What killed gateways left behind: each lease of this config that has no living owner is taken over by one
 * process, and handed to a lease-keeper that revokes it.
 */
import { providersOf } from '../../config/accessors.ts'
import type { Gateway } from '../gateway.ts'
import { resolveOptions } from '../options.ts'
import { newKeeper } from './keepers.ts'
import { abandonedLeases, claim, removeMark, type LeaseName } from './place.ts'
import { settleLease, type LeaseEnd, type LeaseEntry } from './settle.ts'

/** For one sweep; what is left over, the next start takes. */
const MOST = 64
const SWEEP_MS = 30_000

export interface Swept {
  /** Revoked by now, or known to have been. */
  revoked: number
  /** Over by themselves. */
  ended: number
  /** They could not be revoked; the next start tries again. */
  kept: number
}

/** One at a time in a process: what one has taken over looks owned to the next. */
let sweeping: Promise<Swept> | undefined

/** @throws AUDIT_UNAVAILABLE, AUDIT_TAMPERED; a system's error where the folder cannot be used */
export function sweepLeases(gateway: Gateway): Promise<Swept> {
  sweeping ??= sweep(gateway).finally(() => {
    sweeping = undefined
  })
  return sweeping
}

async function sweep(gateway: Gateway): Promise<Swept> {
  const swept: Swept = { revoked: 0, ended: 0, kept: 0 }
  const mine: LeaseName[] = []
  for (const lease of abandonedLeases(gateway).slice(0, MOST)) {
    const taken = claim(gateway.home, lease)
    if (taken !== undefined) mine.push(taken)
  }
  const marks = mine.filter(({ revoked }) => revoked)
  // Its keeper revoked them when their gateway was dead, so that nobody could put it on record.
  await gateway.record(marks.map((lease) => entryOf(gateway, lease)('lease.revoked', {})))
  for (const { name } of marks) removeMark(gateway.home, name)
  swept.revoked += marks.length
  const sealed = Map.groupBy(
    mine.filter(({ revoked }) => !revoked),
    ({ provider }) => provider,
  )
  await Promise.all(
    Array.from(sealed, async ([provider, leases]) => {
      for (const type of await revokeAll(gateway, provider, leases)) {
        if (type === 'revoked' || type === 'ended') swept[type] += 1
        else swept.kept += 1
      }
    }),
  )
  return swept
}

/** A keeper of its own: one that hangs here holds up no run. */
async function revokeAll(
  gateway: Gateway,
  name: string,
  leases: readonly LeaseName[],
): Promise<readonly NonNullable<LeaseEnd>['type'][]> {
  const configured = providersOf(gateway.loaded.config).get(name)
  const { loaded, home, env } = gateway
  const keeper = newKeeper(
    gateway,
    name,
    configured && {
      type: configured.type,
      options: resolveOptions(configured, loaded.dir, home, env),
    },
  )
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(late.resolve, SWEEP_MS, undefined).unref()
  try {
    return await Promise.all(
      leases.map(async (lease) => {
        const { promise, resolve } = Promise.withResolvers<LeaseEnd>()
        keeper.hold(lease.name, (message) => {
          if (message === undefined) resolve(undefined)
          else if (message.type === 'held') keeper.release(lease.name)
          else if (message.type !== 'renewed' && message.type !== 'lost') resolve(message)
        })
        const end = await Promise.race([promise, late.promise])
        await settleLease(gateway, lease, entryOf(gateway, lease), end)
        return end?.type ?? 'kept'
      }),
    )
  } finally {
    clearTimeout(timer)
    keeper.close()
  }
}

/** Of whom it was, the record `lease.issued` of its run says. */
function entryOf({ actor, loaded }: Gateway, { provider, run }: LeaseName): LeaseEntry {
  return (event, fields) => ({
    event,
    actor,
    config: loaded.hash,
    provider,
    reason: 'left-behind',
    detail: { run },
    ...fields,
  })
}
