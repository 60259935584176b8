/** Holds leases: renews each at its time, tells which are lost, revokes what is released. */
import { join } from 'node:path'
import type { FromLeaseKeeper } from '../../gateway/lease/words.ts'
import { Turns } from '../../gateway/turns.ts'
import type { LeaseOutcome, Session } from '../providers/contract.ts'
import {
  markRevoked,
  readLease,
  removeLease,
  touchLeases,
  writeLease,
  type KeptLease,
} from './file.ts'
import { begin, isOver, judge, type Life } from './plan.ts'

/** Calls at once; a provider's client has as many connections. */
const AT_ONCE = 8

interface Held {
  name: string
  file: string
  lease: KeptLease
  /** Absent where it is not renewed, or lost: then it is only revoked. */
  life: Life | undefined
  /** Its renewal, while one is on its way. */
  renewal?: Promise<void>
}

export interface Keeping {
  session: Pick<Session, 'renew' | 'revoke'>
  /** Absolute path of the folder of lease files. */
  dir: string
  key: string
  report: (message: FromLeaseKeeper) => void
  /** Milliseconds since 1970. */
  now: () => number
  /** From 0 to 1. */
  chance: () => number
}

export class LeaseKeeping {
  readonly #keeping: Keeping
  readonly #held = new Map<string, Held>()
  readonly #turns = new Turns(AT_ONCE)

  constructor(keeping: Keeping) {
    this.#keeping = keeping
  }

  async hold(name: string): Promise<void> {
    const { dir, key, report, chance } = this.#keeping
    const file = join(dir, name)
    const lease = await readLease(file, key)
    if (lease === undefined) return report({ type: 'unreadable', lease: name })
    this.#held.set(name, { name, file, lease, life: begin(lease, chance()) })
    const { items, endsAt, renewable } = lease
    report({ type: 'held', lease: name, items, endsAt, renewable })
  }

  /** When `renewDue` has something to do next. */
  nextDue(): number | undefined {
    const due = Array.from(this.#held.values()).flatMap(({ life, renewal }) =>
      life === undefined || renewal !== undefined ? [] : [life.dueAt],
    )
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** All that are due, so many at once. */
  async renewDue(): Promise<void> {
    const now = this.#keeping.now()
    const due = Array.from(this.#held.values()).filter(
      ({ life, renewal }) => life !== undefined && life.dueAt <= now && renewal === undefined,
    )
    await Promise.all(
      due.map((held) => {
        held.renewal = this.#turns
          .run(() => this.#renew(held))
          .finally(() => {
            delete held.renewal
          })
        return held.renewal
      }),
    )
  }

  async #renew(held: Held): Promise<void> {
    const { session, key, report, now, chance } = this.#keeping
    const { name, lease, life } = held
    // Released while it waited for its turn.
    if (life === undefined || this.#held.get(name) !== held) return
    if (!lease.renewable || session.renew === undefined) {
      held.life = undefined
      return report({ type: 'lost', lease: name, reason: 'lease-ended' })
    }
    const outcome = await session.renew(lease.id, life.seconds)
    const verdict = judge(life, outcome, now(), chance())
    if ('lost' in verdict) {
      held.life = undefined
      const code = 'code' in outcome ? { code: outcome.code } : {}
      return report({ type: 'lost', lease: name, reason: verdict.lost, ...code })
    }
    held.life = verdict.life
    if (verdict.renewed === undefined) return
    const { from, endsAt } = verdict.life
    held.lease = { ...lease, from, endsAt }
    // Where it cannot be written, the file says too early an end, and `isOver` allows for that.
    await writeLease(held.file, key, held.lease, 'renewed')
    report({ type: 'renewed', lease: name, endsAt })
  }

  /** Revokes it, a lost one too: it may live to its end. */
  async release(name: string): Promise<void> {
    const { report, now } = this.#keeping
    const held = this.#held.get(name)
    if (held === undefined) return report({ type: 'unreadable', lease: name })
    this.#held.delete(name)
    await held.renewal
    if (isOver(held.lease, now())) {
      await removeLease(held.file)
      return report({ type: 'ended', lease: name })
    }
    const outcome = await this.#turns.run(() => this.#revoke(held.lease.id))
    if (outcome.kind === 'ok' || outcome.kind === 'gone') {
      await markRevoked(held.file)
      return report({ type: 'revoked', lease: name })
    }
    report({ type: 'kept', lease: name, code: outcome.code })
  }

  async releaseAll(): Promise<void> {
    await Promise.all(Array.from(this.#held.keys(), (name) => this.release(name)))
  }

  /** Shows those who cannot see our process that what we hold has an owner; see `abandonedLeases`. */
  touch(): Promise<void> {
    const files = Array.from(this.#held.values(), ({ file }) => file)
    return touchLeases(files, this.#keeping.now())
  }

  async #revoke(id: string): Promise<LeaseOutcome> {
    const { session } = this.#keeping
    return session.revoke === undefined
      ? { kind: 'malformed', code: 'CAPABILITY_MISSING' }
      : session.revoke(id)
  }
}
