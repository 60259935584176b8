/**
 * One action of one rotation. Each may come again after a crash, whatever became of it the first time: it
 * looks at what is staged and at what is current, and does what is left.
 */
import type { Did, Outside, RotationOrder } from '../../gateway/rotate/words.ts'
import type { Failure, Outcome, Session } from '../providers/contract.ts'
import { wipe } from '../secret/bytes.ts'
import type { Credential, Issuer, Made, Trouble } from './driver.ts'
import type { Staging } from './staging.ts'

export interface Work {
  order: RotationOrder
  issuer: Issuer
  session: Session
  staging: Staging
  fingerprint: (value: Buffer) => string
}

type Done = Omit<Did, 'did'>

const ok: Done = { result: 'ok' }
/** A step whose ground is gone: nothing was staged. */
const groundless: Done = { result: 'refused', code: 'INTERNAL' }

export async function act(work: Work, action: Outside): Promise<Done> {
  const { order, staging } = work
  const staged = await staging.read(order.rotation.id)
  if (staged.kind !== 'staged') return failed(staged)
  try {
    return await ACTIONS[action](work, staged)
  } finally {
    wipe(staged.old?.value, staged.new?.value)
  }
}

interface Staged {
  old?: Credential
  new?: Credential
}

const ACTIONS: Readonly<Record<Outside, (work: Work, staged: Staged) => Promise<Done>>> = {
  async stage({ order, issuer, session, staging, fingerprint }, staged) {
    if (staged.new !== undefined) return described(staged.new, fingerprint)
    return withCurrent(order, session, staging, staged, async (current) => {
      const made = await issuer.choose?.(current)
      return made === undefined ? groundless : keep(order, staging, fingerprint, made)
    })
  },

  async create({ order, issuer, session, staging, fingerprint }, staged) {
    if (staged.new !== undefined) return described(staged.new, fingerprint)
    return withCurrent(order, session, staging, staged, async (current) => {
      const made = await issuer.create?.(order.rotation.id, current)
      return made === undefined ? groundless : keep(order, staging, fingerprint, made)
    })
  },

  /** What is staged is known, and no orphan; anything else with our mark was made and never kept. */
  async reconcile({ order, issuer }, staged) {
    if (issuer.marked === undefined) return { result: 'unlisted' }
    const marked = await issuer.marked(order.rotation.id)
    if (marked.kind !== 'ids') return troubled(marked)
    for (const id of marked.ids) {
      if (id === staged.new?.id) continue
      const ended = await issuer.end?.({ id })
      if (ended === undefined) return { result: 'unlisted' }
      if (ended.kind !== 'ok') return troubled(ended)
    }
    return ok
  },

  async set({ issuer }, staged) {
    if (staged.new === undefined || staged.old === undefined) return groundless
    const answer = await issuer.set?.(staged.new, staged.old)
    return answer === undefined ? ok : answered(answer)
  },

  async verify({ issuer }, staged) {
    if (staged.new === undefined || staged.old === undefined) return groundless
    const fresh = await issuer.try(staged.new)
    if (fresh.kind !== 'valid') return troubled(fresh)
    // Of a service that lets one value live at a time, the old one cannot be asked any more.
    const old = await issuer.try(staged.old)
    if (old.kind === 'valid' && old.account !== fresh.account) {
      return { result: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'another-account' }
    }
    return ok
  },

  async promote({ order, session, fingerprint }, staged) {
    if (staged.new === undefined || session.put === undefined) return groundless
    const { value } = staged.new
    const put = await session.put(order.at, value, {
      expect: order.from,
      operation: order.rotation.id,
    })
    if (put.kind === 'written') return { result: 'ok', version: put.version }
    if (put.kind === 'unknown') return { result: 'unknown' }
    if (put.kind !== 'conflict') return failed(put)
    // Ours may be what is there: the answer to an earlier try was lost.
    const [current] = await session.get([order.at])
    if (current?.kind !== 'value') return { result: 'conflict' }
    const same = fingerprint(current.value) === fingerprint(value)
    const { version } = current.meta
    wipe(current.value)
    if (!same) return { result: 'conflict' }
    return { result: 'ok', ...(version === undefined ? {} : { version }) }
  },

  async retire({ issuer }, staged) {
    if (staged.old === undefined) return groundless
    const answer = await issuer.end?.(staged.old)
    return answer === undefined ? ok : answered(answer)
  },

  /** The old one must be refused; only then it is forgotten here. */
  async confirm({ order, issuer, staging }, staged) {
    if (staged.old !== undefined && issuer.end !== undefined) {
      const tried = await issuer.try(staged.old)
      if (tried.kind === 'valid') return { result: 'unavailable', code: 'CREDENTIAL_REJECTED' }
      if (tried.kind !== 'refused') return troubled(tried)
    }
    const kept = await staging.drop(order.rotation.id, ['old', 'new'])
    return kept === undefined ? ok : failed(kept)
  },

  async discard(work, staged) {
    const { order, issuer, staging } = work
    const orphans = await ACTIONS.reconcile(work, {})
    if (orphans.result !== 'ok' && orphans.result !== 'unlisted') return orphans
    if (staged.new !== undefined) {
      // Of one that we set ourselves, the old value is set again; of one that was made, it is ended.
      const undone =
        issuer.set !== undefined && staged.old !== undefined
          ? await issuer.set(staged.old, staged.new)
          : await issuer.end?.(staged.new)
      if (undone !== undefined && undone.kind !== 'ok') return answered(undone)
    }
    const kept = await staging.drop(order.rotation.id, ['new', 'old'])
    return kept === undefined ? ok : failed(kept)
  },
}

/** The value that is replaced, kept before anything is made: a provider may have no versions to find it in. */
async function withCurrent(
  order: RotationOrder,
  session: Session,
  staging: Staging,
  staged: Staged,
  use: (current: Credential) => Promise<Done>,
): Promise<Done> {
  if (staged.old !== undefined) return use(staged.old)
  const [outcome]: readonly Outcome[] = await session.get([order.at])
  if (outcome === undefined) return groundless
  if (outcome.kind !== 'value') return failed(outcome)
  try {
    if (outcome.meta.version !== order.from) return { result: 'refused', reason: 'current-changed' }
    const kept = await staging.keep(order.rotation.id, 'old', outcome)
    return kept === undefined ? await use({ value: outcome.value }) : failed(kept)
  } finally {
    wipe(outcome.value)
  }
}

/** Durable before control learns that it was made. */
async function keep(
  order: RotationOrder,
  staging: Staging,
  fingerprint: (value: Buffer) => string,
  made: Made,
): Promise<Done> {
  if (made.kind !== 'made') return troubled(made)
  try {
    const kept = await staging.keep(order.rotation.id, 'new', made)
    return kept === undefined ? described(made, fingerprint) : failed(kept)
  } finally {
    wipe(made.value)
  }
}

function described({ value, id }: Credential, fingerprint: (value: Buffer) => string): Done {
  return { result: 'ok', fingerprint: fingerprint(value), ...(id === undefined ? {} : { id }) }
}

function answered(answer: { kind: 'ok' } | Trouble): Done {
  return answer.kind === 'ok' ? ok : troubled(answer)
}

function troubled({ kind, code, reason }: Trouble): Done {
  return { result: kind, code, ...(reason === undefined ? {} : { reason }) }
}

function failed({ kind, code, reason }: Failure): Done {
  const result = kind === 'unavailable' ? 'unavailable' : 'refused'
  return { result, code, ...(reason === undefined ? {} : { reason }) }
}
