/** Holds leases: renews each at its time, tells which are lost, revokes what is released. */
import type { FromLeaseKeeper } from '../../gateway/lease/words.ts'
import type { LeaseOutcome, Session } from '../providers/contract.ts'
import { readLeases, removeLeases, type KeptLease } from './file.ts'
import { begin, judge, type Life } from './plan.ts'

interface HeldLease {
  lease: KeptLease
  /** Absent where it is not renewed, or lost: then it is only revoked. */
  life?: Life
}

export interface Keeping {
  session: Pick<Session, 'renew' | 'revoke'>
  key: string
  report: (message: FromLeaseKeeper) => void
  /** Milliseconds since 1970. */
  now: () => number
  /** From 0 to 1. */
  chance: () => number
}

export class LeaseKeeping {
  readonly #keeping: Keeping
  readonly #runs = new Map<string, { file: string; held: HeldLease[] }>()

  constructor(keeping: Keeping) {
    this.#keeping = keeping
  }

  async hold(run: string, file: string): Promise<void> {
    const { key, report, chance } = this.#keeping
    const leases = await readLeases(file, key)
    if (leases === undefined) return report({ type: 'unreadable', run })
    const held = leases.map((lease) => ({
      lease,
      life: begin(lease.seconds, lease.obtainedAt, chance()),
    }))
    this.#runs.set(run, { file, held })
    report({ type: 'held', run })
  }

  /** When `renewDue` has something to do next. */
  nextDue(): number | undefined {
    const due = Array.from(this.#runs.values()).flatMap(({ held }) =>
      held.flatMap(({ life }) => (life === undefined ? [] : [life.dueAt])),
    )
    return due.length === 0 ? undefined : Math.min(...due)
  }

  async renewDue(): Promise<void> {
    const { session, report, now, chance } = this.#keeping
    for (const [run, { held }] of this.#runs) {
      for (const one of held) {
        const { lease, life } = one
        if (life === undefined || life.dueAt > now()) continue
        const { item } = lease
        if (!lease.renewable || session.renew === undefined) {
          delete one.life
          report({ type: 'lost', run, item, reason: 'lease-ended' })
          continue
        }
        const outcome = await session.renew(lease.id, life.seconds)
        const verdict = judge(life, outcome, now(), chance())
        if ('lost' in verdict) {
          delete one.life
          const code = 'code' in outcome ? { code: outcome.code } : {}
          report({ type: 'lost', run, item, reason: verdict.lost, ...code })
          continue
        }
        one.life = verdict.life
        const { renewed } = verdict
        if (renewed !== undefined) report({ type: 'renewed', run, item, seconds: renewed })
      }
    }
  }

  /** Revokes them, a lost one too: it may live to its end. The file goes with the last of them. */
  async release(run: string): Promise<void> {
    const { report } = this.#keeping
    const of = this.#runs.get(run)
    if (of === undefined) return report({ type: 'unreadable', run })
    this.#runs.delete(run)
    // Several fields of one secret are one lease.
    const ids = new Set(of.held.map(({ lease }) => lease.id))
    const outcomes = await Promise.all(Array.from(ids, (id) => this.#revoke(id)))
    const left = outcomes.filter(({ kind }) => kind !== 'ok' && kind !== 'gone').length
    if (left === 0) await removeLeases(of.file)
    report({ type: 'revoked', run, left })
  }

  async releaseAll(): Promise<void> {
    await Promise.all(Array.from(this.#runs.keys(), (run) => this.release(run)))
  }

  async #revoke(id: string): Promise<LeaseOutcome> {
    const { session } = this.#keeping
    return session.revoke === undefined
      ? { kind: 'malformed', code: 'CAPABILITY_MISSING' }
      : session.revoke(id)
  }
}
