/** The audit records of one rotation: each step before it is taken, and what became of it. */
import type { Entry, Event } from '../../audit/record.ts'
import type { Journalled } from '../../rotation/journalled.ts'
import type { Action, Rotation, Step } from '../../rotation/types.ts'
import type { Gateway } from '../gateway.ts'
import { OUTSIDE, type Did } from './words.ts'

/** Where a rotation has come to that is worth an event of its own. */
const EVENTS: Readonly<Partial<Record<Step, Event>>> = {
  promoted: 'rotation.promoted',
  done: 'rotation.done',
  stuck: 'rotation.stuck',
  abandoned: 'rotation.abandoned',
  failed: 'rotation.failed',
}

/** What a person may decide of a rotation that is under way. */
const DECIDED = {
  resume: 'rotation.resumed',
  abandon: 'rotation.abandoned',
  rollback: 'rotation.rolled-back',
} as const satisfies Readonly<Record<string, Event>>
export type Decision = keyof typeof DECIDED

export class RotationRecords {
  readonly #base: Omit<Entry, 'event'>
  readonly #about: Pick<Journalled, 'id' | 'driver'>

  constructor(
    gateway: Gateway,
    { id, driver, ref, environment }: Journalled,
    provider: string | undefined,
  ) {
    this.#about = { id, driver }
    this.#base = {
      actor: gateway.actor,
      ref,
      ...(provider === undefined ? {} : { provider }),
      environment,
      config: gateway.loaded.hash,
    }
  }

  /** @param why as a person or the schedule asked for it */
  begun(why: string, from: string): Entry {
    return this.#entry('rotation.begun', { secret: { version: from } }, { why })
  }

  /** A person decides what becomes of it. @param step that it leads to */
  decided(decision: Decision, step: Step, before: Step): Entry {
    return this.#entry(DECIDED[decision], {}, { step, before })
  }

  /** A person wants the old value ended at once, whoever holds it. */
  revokeNow(step: Step, from: string): Entry {
    return this.#entry('rotation.revoke-now', { secret: { version: from } }, { step })
  }

  /** @returns nothing for what is control's own and touches nothing outside */
  intent({ step }: Rotation, action: Action): Entry[] {
    if (!OUTSIDE.some((one) => one === action)) return []
    return [this.#entry('rotation.intent', {}, { action, step })]
  }

  /** @param rotation as it is durable now */
  became(rotation: Rotation, action: Action, did: Partial<Did>): Entry[] {
    const { result = 'ok', code, reason, program, whose, version, fingerprint, id } = did
    const event = result === 'ok' ? arrived(rotation) : stopped(rotation)
    if (event === 'rotation.step' && !OUTSIDE.some((one) => one === action)) return []
    const { step: call, exit, signal, timeoutMs } = program ?? {}
    const secret = {
      ...(version === undefined ? {} : { version }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    }
    // Why an earlier try failed is not said of one that went well.
    const why =
      reason ?? (event === 'rotation.step' && result === 'ok' ? undefined : rotation.reason)
    const fields = {
      ...(code === undefined ? {} : { code }),
      ...(why === undefined ? {} : { reason: why }),
      ...(Object.keys(secret).length === 0 ? {} : { secret }),
      ...(exit === undefined && signal === undefined
        ? {}
        : { exit: { ...(exit && { code: exit }), ...(signal && { signal }) } }),
    }
    const more = {
      ...(call === undefined ? {} : { call }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(whose === undefined ? {} : { whose }),
      ...(id === undefined ? {} : { upstream: id }),
    }
    return [this.#entry(event, fields, { action, result, step: rotation.step, ...more })]
  }

  #entry(event: Event, fields: Partial<Entry>, detail: NonNullable<Entry['detail']>): Entry {
    const { id: rotation, driver } = this.#about
    return { event, ...this.#base, ...fields, detail: { rotation, driver, ...detail } }
  }
}

function arrived({ step, reason }: Rotation): Event {
  if (step === 'abandoned' && reason === 'rolled-back') return 'rotation.rolled-back'
  return EVENTS[step] ?? 'rotation.step'
}

function stopped({ step }: Rotation): Event {
  return step === 'stuck' ? 'rotation.stuck' : 'rotation.step'
}
