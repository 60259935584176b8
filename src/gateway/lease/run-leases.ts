/** The leases of one run: held from before its values are released until it has ended, then revoked. */
import type { Entry } from '../../audit/record.ts'
import { SecretRefError } from '../../errors.ts'
import type { Plan, PlannedBinding } from '../../plan/types.ts'
import type { Gateway } from '../gateway.ts'
import type { Sheet, SheetProvider } from '../sheet.ts'
import type { LeaseKeeper } from './keeper.ts'
import { keeperOf } from './keepers.ts'
import { issuedFor, type LeaseName } from './place.ts'
import { notRevoked, settleLease, type LeaseEnd, type LeaseEntry } from './settle.ts'
import type { LeaseEvents } from './types.ts'
import type { FromLeaseKeeper, LostReason } from './words.ts'

/** A provider that is down must not keep a run from ending. */
const RELEASE_MS = 5000
/** For a keeper to boot on a machine that is busy: a start that fails for it is asked for again, and issues again. */
const HOLD_MS = 15_000

interface Kept {
  lease: LeaseName
  /** Whose it is: what a look has fetched may become the run's. */
  owner: RunLeases
  provider: SheetProvider
  keeper: LeaseKeeper
  /** What was asked for on the sheet that it was issued for. */
  asked: readonly PlannedBinding[]
  /** Places on that sheet; none until it is held. */
  items: readonly number[]
  endsAt: number
  held: PromiseWithResolvers<boolean>
  end: PromiseWithResolvers<LeaseEnd>
}

/** What a lease is of. */
export interface LeaseOf {
  binding: PlannedBinding
  /** Milliseconds since 1970. */
  endsAt: number
}

export class RunLeases {
  readonly #gateway: Gateway
  readonly #about: { run: string; plan: Plan }
  #kept: Kept[] = []
  #events: LeaseEvents | undefined
  /** Variables that the run may have no longer. */
  readonly #taken = new Set<string>()
  /** Until somebody listens. */
  #lost: [PlannedBinding, number, LostReason][] = []

  /** @param sheet of a fetch that has answered or ended */
  constructor(
    gateway: Gateway,
    about: { run: string; plan: Plan },
    asked: readonly PlannedBinding[],
    sheet: Sheet,
  ) {
    this.#gateway = gateway
    this.#about = about
    for (const lease of issuedFor(sheet.leases)) {
      const provider = sheet.providers[lease.provider]
      if (provider !== undefined) this.#hold(lease, provider, asked)
    }
  }

  /** Before anything is released. @returns whether a keeper holds all that was issued */
  async held(): Promise<boolean> {
    const late = Promise.withResolvers<boolean>()
    const timer = setTimeout(late.resolve, HOLD_MS, false)
    const all = await Promise.all(
      this.#kept.map(({ held }) => Promise.race([held.promise, late.promise])),
    )
    clearTimeout(timer)
    return all.every((one) => one)
  }

  /** For the log, before anything is released. */
  issued(): Entry[] {
    return this.#kept.map((kept) =>
      this.#entryOf(kept)('lease.issued', kept.items.length === 0 ? {} : { detail: endOf(kept) }),
    )
  }

  /** What is held now, by binding. */
  all(): LeaseOf[] {
    return this.#kept.flatMap((kept) =>
      bindingsOf(kept).map((binding) => ({ binding, endsAt: kept.endsAt })),
    )
  }

  get empty(): boolean {
    return this.#kept.length === 0
  }

  listen(events: LeaseEvents): void {
    this.#events = events
    for (const one of this.#lost.splice(0)) events.onLost(...one)
  }

  /** What was fetched anew for these places of its sheet the run has now: their leases are the run's. */
  take(from: RunLeases, places: ReadonlySet<number>): void {
    const taken = from.#kept.filter(({ items }) => items.some((item) => places.has(item)))
    from.#kept = from.#kept.filter((kept) => !taken.includes(kept))
    this.#kept.push(...taken)
    for (const kept of taken) {
      kept.owner = this
      for (const binding of bindingsOf(kept)) this.#events?.onHeld(binding, kept.endsAt)
    }
  }

  /** Revokes them, and records it; what could not be revoked is left to the next start. */
  async release(): Promise<void> {
    await Promise.all(this.#kept.splice(0).map((kept) => this.#release(kept)))
  }

  /** These variables were taken from the run: revokes the leases that no other one of it lives by. */
  async releaseOf(envVars: readonly string[]): Promise<void> {
    for (const envVar of envVars) this.#taken.add(envVar)
    const theirs = this.#kept.filter((kept) => {
      const bindings = bindingsOf(kept)
      return bindings.length > 0 && bindings.every(({ envVar }) => this.#taken.has(envVar))
    })
    this.#kept = this.#kept.filter((kept) => !theirs.includes(kept))
    await Promise.all(theirs.map((kept) => this.#release(kept)))
  }

  async #release(kept: Kept): Promise<void> {
    const gateway = this.#gateway
    const entry = this.#entryOf(kept)
    // Its keeper has died for good: another one may still revoke it.
    if (kept.keeper.ended) {
      kept.end = Promise.withResolvers()
      kept.keeper = keeperOf(gateway, kept.lease.provider, kept.provider)
      kept.keeper.hold(kept.lease.name, (message) => this.#told(kept, message))
    }
    kept.keeper.release(kept.lease.name)
    const late = Promise.withResolvers<'late'>()
    const timer = setTimeout(late.resolve, RELEASE_MS, 'late')
    const end = await Promise.race([kept.end.promise, late.promise])
    clearTimeout(timer)
    if (end !== 'late') {
      await settleLease(gateway, kept.lease, entry, end)
      if (end?.type !== 'revoked') return
      for (const binding of bindingsOf(kept)) this.#events?.onRevoked(binding)
      return
    }
    await gateway.record([notRevoked(entry)])
    // Should we be gone by then, or the log fail, the next start settles it.
    const lease = { ...kept.lease, told: true }
    kept.end.promise.then((last) => settleLease(gateway, lease, entry, last)).catch(() => {})
  }

  #hold(lease: LeaseName, provider: SheetProvider, asked: readonly PlannedBinding[]): void {
    const keeper = keeperOf(this.#gateway, lease.provider, provider)
    const held = Promise.withResolvers<boolean>()
    const end = Promise.withResolvers<LeaseEnd>()
    const kept = { lease, owner: this, provider, keeper, asked, items: [], endsAt: 0, held, end }
    this.#kept.push(kept)
    keeper.hold(lease.name, (message) => kept.owner.#told(kept, message))
  }

  #told(kept: Kept, message: FromLeaseKeeper | undefined): void {
    switch (message?.type) {
      case 'held':
        if (message.items.some((item) => kept.asked[item] === undefined)) break
        kept.items = message.items
        kept.endsAt = message.endsAt
        kept.held.resolve(true)
        return
      case 'renewed':
        kept.endsAt = message.endsAt
        this.#record(this.#entryOf(kept)('lease.renewed', { detail: endOf(kept) }))
        for (const binding of bindingsOf(kept)) this.#events?.onRenewed(binding, message.endsAt)
        return
      case 'lost':
        this.#tellLost(kept, message.reason, message.code)
        return
      case undefined:
        this.#tellLost(kept, 'keeper-died')
        kept.end.resolve(undefined)
        break
      case 'unreadable':
        // By a keeper that was started again: nobody renews it any more.
        this.#tellLost(kept, 'keeper-died')
        kept.end.resolve(message)
        break
      case 'revoked':
      case 'ended':
      case 'kept':
        kept.end.resolve(message)
        break
      default:
        return message satisfies never
    }
    kept.held.resolve(false)
  }

  /** A run that is over has nobody to tell. */
  #tellLost(kept: Kept, reason: LostReason, code?: Entry['code']): void {
    if (!this.#kept.includes(kept)) return
    const why = { reason, ...(code === undefined ? {} : { code }) }
    this.#record(this.#entryOf(kept)('lease.lost', why))
    for (const binding of bindingsOf(kept)) {
      if (this.#events === undefined) this.#lost.push([binding, kept.endsAt, reason])
      else this.#events.onLost(binding, kept.endsAt, reason)
    }
  }

  /** Should the log fail, the run's own next record says so. */
  #record(entry: Entry): void {
    this.#gateway.record([entry]).catch(() => {})
  }

  #entryOf(kept: Kept): LeaseEntry {
    const { run, plan } = this.#about
    const { actor, loaded } = this.#gateway
    const bindings = bindingsOf(kept)
    const [first] = bindings
    return (event, fields) => ({
      event,
      actor: { ...actor, run },
      agent: plan.agent,
      environment: plan.environment,
      config: loaded.hash,
      provider: kept.lease.provider,
      ...(first && { tool: first.tool, ref: first.ref, envVar: first.envVar }),
      ...(bindings.length > 1 ? { count: bindings.length } : {}),
      ...fields,
    })
  }
}

function bindingsOf({ asked, items }: Kept): PlannedBinding[] {
  return items.flatMap((item) => asked[item] ?? [])
}

function endOf({ endsAt }: Kept): NonNullable<Entry['detail']> {
  return { endsAt: new Date(endsAt).toISOString() }
}

/** @throws PROVIDER_UNAVAILABLE where a keeper does not hold what was issued: then nothing is released */
export async function requireHeld(leases: RunLeases): Promise<void> {
  if (await leases.held()) return
  throw new SecretRefError('PROVIDER_UNAVAILABLE', 'the lease of a credential could not be kept', {
    scope: 'agent',
    hint: 'nothing was delivered; what was issued is revoked, or ends with its lease',
  })
}

/** For what only looks: what it made a provider issue goes on record, and is revoked when it is done. */
export async function revokeIssued(
  gateway: Gateway,
  about: { run: string; plan: Plan },
  asked: readonly PlannedBinding[],
  sheet: Sheet,
): Promise<void> {
  const leases = new RunLeases(gateway, about, asked, sheet)
  await leases.held()
  await gateway.record(leases.issued())
  await leases.release()
}
