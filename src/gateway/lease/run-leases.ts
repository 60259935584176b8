/** The leases of one run: held from before its values are released until it has ended, then revoked. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry, Event } from '../../audit/record.ts'
import { SecretRefError } from '../../errors.ts'
import type { Plan, PlannedBinding } from '../../plan/types.ts'
import type { Gateway } from '../gateway.ts'
import type { Sheet } from '../sheet.ts'
import { HAS_PROC } from '../surroundings.ts'
import { LeaseKeeper } from './keeper.ts'
import type { LeaseEvents } from './types.ts'
import { leaseFile, type FromLeaseKeeper } from './words.ts'

/** A provider that is down must not keep a run from ending. */
const RELEASE_MS = 5000

/** One keeper for each provider of one gateway. */
const keepers = new WeakMap<Gateway, Map<string, LeaseKeeper>>()

export function leasePlace({ home }: Gateway, run: string): NonNullable<Sheet['leases']> {
  const at = join(home.dir, 'leases', `${run}-${randomBytes(4).toString('hex')}`)
  return { at, key: join(home.keys, 'lease.key') }
}

export class RunLeases {
  events: LeaseEvents | undefined
  readonly #gateway: Gateway
  readonly #about: { run: string; plan: Plan }
  readonly #asked: readonly PlannedBinding[]
  readonly #held: {
    keeper: LeaseKeeper
    id: string
    provider: string
    done: Promise<number>
    held: Promise<boolean>
  }[] = []

  constructor(
    gateway: Gateway,
    about: { run: string; plan: Plan },
    asked: readonly PlannedBinding[],
    sheet: Sheet,
  ) {
    this.#gateway = gateway
    this.#about = about
    this.#asked = asked
    if (sheet.leases === undefined) return
    for (const provider of Object.keys(sheet.providers)) {
      const file = leaseFile(sheet.leases.at, provider)
      if (existsSync(file)) this.#hold(provider, file, sheet)
    }
  }

  /** Before anything is released. @throws PROVIDER_UNAVAILABLE where a keeper does not hold what was issued */
  async held(): Promise<void> {
    const late = Promise.withResolvers<boolean>()
    const timer = setTimeout(late.resolve, RELEASE_MS, false)
    const all = await Promise.all(this.#held.map(({ held }) => Promise.race([held, late.promise])))
    clearTimeout(timer)
    if (all.every((one) => one)) return
    throw new SecretRefError(
      'PROVIDER_UNAVAILABLE',
      'the lease of a credential could not be kept',
      {
        scope: 'agent',
        hint: 'nothing was delivered; what was issued ends with its lease',
      },
    )
  }

  /** For the log, before anything is released. */
  issued(): Entry[] {
    return this.#held.map(({ provider }) => this.#entry('lease.issued', { provider }))
  }

  /** Revokes them, and records it; what could not be revoked in time keeps its file. */
  async release(): Promise<void> {
    await Promise.all(
      this.#held.splice(0).map(async ({ keeper, id, provider, done }) => {
        keeper.say({ type: 'release', run: id })
        const { promise, resolve } = Promise.withResolvers<number>()
        const timer = setTimeout(resolve, RELEASE_MS, 1)
        const left = await Promise.race([done, promise])
        clearTimeout(timer)
        const fields =
          left === 0
            ? ({ provider } as const)
            : ({ provider, reason: 'not-revoked', code: 'PROVIDER_UNAVAILABLE' } as const)
        await this.#gateway.record([
          this.#entry(left === 0 ? 'lease.revoked' : 'lease.lost', fields),
        ])
      }),
    )
  }

  #hold(provider: string, file: string, sheet: Sheet): void {
    const configured = sheet.providers[provider]
    if (configured === undefined || sheet.leases === undefined) return
    const own = keepers.get(this.#gateway) ?? new Map<string, LeaseKeeper>()
    keepers.set(this.#gateway, own)
    let keeper = own.get(provider)
    if (keeper === undefined || keeper.ended) {
      const { type: kind, options } = configured
      const { key } = sheet.leases
      const pid = HAS_PROC ? { gatewayPid: process.pid } : {}
      keeper = new LeaseKeeper({ type: 'open', provider, kind, options, key, ...pid })
      own.set(provider, keeper)
    }
    const done = Promise.withResolvers<number>()
    const held = Promise.withResolvers<boolean>()
    const id = file.slice(file.lastIndexOf('/') + 1)
    this.#held.push({ keeper, id, provider, done: done.promise, held: held.promise })
    keeper.hold(id, file, (message) => {
      held.resolve(message?.type === 'held')
      if (message === undefined || message.type === 'unreadable') done.resolve(1)
      else if (message.type === 'revoked') done.resolve(message.left)
      else this.#tell(provider, message)
    })
  }

  /** A renewal is what is expected, and is not recorded; a loss is. */
  #tell(provider: string, message: FromLeaseKeeper): void {
    if (message.type !== 'lost') return
    const binding = this.#asked[message.item]
    if (binding === undefined) return
    const { reason, code } = message
    const { ref, envVar, tool } = binding
    const why = { provider, ref, envVar, tool, reason, ...(code === undefined ? {} : { code }) }
    // Should the log fail, the run's own next record says so.
    this.#gateway.record([this.#entry('lease.lost', why)]).catch(() => {})
    this.events?.onLost(envVar, reason)
  }

  #entry(event: Event, fields: Partial<Entry>): Entry {
    const { run, plan } = this.#about
    const { actor, loaded } = this.#gateway
    return {
      event,
      actor: { ...actor, run },
      agent: plan.agent,
      environment: plan.environment,
      config: loaded.hash,
      ...fields,
    }
  }
}
