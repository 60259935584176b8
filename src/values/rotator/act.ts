/**
 * One action of one rotation. Each may come again after a crash, whatever became of it the first time: it
 * looks at what is staged and at what is current, and does what is left.
 */
import type { Outside } from '../../gateway/rotate/words.ts'
import type { Failure } from '../providers/contract.ts'
import { wipe } from '../secret/bytes.ts'
import { ended, isDead, patient, verified } from './asked.ts'
import { claimed } from './claim.ts'
import { isChanged, mayEnd, mayForget } from './current.ts'
import { answered, described, failed, groundless, ok, troubled, type Done } from './done.ts'
import type { Credential } from './driver.ts'
import { takeBrought } from './guided.ts'
import { promoted } from './promote.ts'
import { isNamedByValue, namedByValue, tellable } from './told.ts'
import { isBeside, undo } from './undo.ts'
import { keep, withCurrent, type Staged, type Work } from './work.ts'

export async function act(work: Work, action: Outside): Promise<Done> {
  const { order, staging } = work
  const staged = await staging.read(order.rotation.id)
  if (staged.kind !== 'staged') return failed(staged)
  try {
    const done = await ACTIONS[action](work, staged)
    return tellable(order, action, done, valuesOf(work, staged))
  } finally {
    wipe(staged.old?.value, staged.new?.value)
  }
}

const ACTIONS: Readonly<Record<Outside, (work: Work, staged: Staged) => Promise<Done>>> = {
  async stage(work, staged) {
    if (staged.new !== undefined) return described(staged.new, work.fingerprint)
    return withCurrent(work, staged, async (current) => {
      const refused = await claimed(work, current)
      if (refused !== undefined) return refused
      const unnoted = await noteDead(work, staged, current)
      if (unnoted !== undefined) return unnoted
      const made = await work.issuer.choose?.(current)
      return made === undefined ? groundless : keep(work, 'stage', made, current)
    })
  },

  async create(work, staged) {
    if (staged.new !== undefined) return described(staged.new, work.fingerprint)
    if (work.guided) return takeBrought(work, staged)
    return withCurrent(work, staged, async (current) => {
      const before = await work.issuer.survey?.(current)
      if (before !== undefined && before.kind !== 'ids') return troubled(before)
      const unkept = before && (await work.staging.note(work.order.rotation.id, before.ids))
      if (unkept !== undefined) return failed(unkept)
      const made = await work.issuer.create?.(work.order.rotation.id, current)
      return made === undefined ? groundless : keep(work, 'create', made, current)
    })
  },

  /** What is staged is known, and no orphan; anything else with our mark was made and never kept. */
  async reconcile(work, staged) {
    const { order, issuer, guided, open } = work
    // A person makes them, and we never.
    if (guided) return ok
    if (issuer.marked === undefined) return { result: 'unlisted' }
    const { old: current, before } = staged
    const kept = staged.new?.id
    const marked = await issuer.marked(order.rotation.id, {
      ...(current && { current }),
      ...(kept !== undefined && { staged: kept }),
      ...(before && { before }),
      open,
    })
    if (marked.kind === 'unlisted') {
      return { result: 'unlisted', ...(marked.reason && { reason: marked.reason }) }
    }
    if (marked.kind !== 'ids') return troubled(marked)
    const others = marked.ids.filter((id) => id !== kept)
    // Nothing is ended by such a name: it may be one that is in use.
    if (isNamedByValue(others, valuesOf(work, staged))) return namedByValue(order, 'marked')
    let last: string | undefined
    for (const id of others) {
      const orphan = await issuer.end?.({ id }, current)
      if (orphan === undefined) return { result: 'unlisted' }
      if (orphan.kind !== 'ok') return troubled(orphan)
      last = id
    }
    return last === undefined ? ok : { ...ok, id: last }
  },

  async set(work, staged) {
    const { issuer } = work
    if (staged.new === undefined || staged.old === undefined) return groundless
    // After a crash it comes again: somebody may have set another one there since, and stored it.
    const changed = await isChanged(work, staged.old)
    if (changed !== undefined) return changed
    if (issuer.set === undefined) return ok
    const unnoted = await noteSetting(work, staged, 'sent')
    if (unnoted !== undefined) return unnoted
    const answer = await issuer.set(staged.new, staged.old)
    if (answer.kind !== 'ok') return troubled(answer)
    return (await noteSetting(work, staged, 'set')) ?? ok
  },

  async verify(work, staged) {
    if (staged.new === undefined || staged.old === undefined) return groundless
    return patient(work, await verified(work, staged.new, staged.old))
  },

  async promote(work, staged) {
    if (staged.new === undefined || staged.old === undefined) return groundless
    return patient(work, await promoted(work, { old: staged.old, new: staged.new }))
  },

  async retire(work, staged) {
    if (staged.old === undefined) return groundless
    const may = await mayEnd(work, staged.old, staged.new)
    if (may.result !== 'ok') return may
    // A creation that was sent twice on its way left another one behind. Without a name for ours it
    // cannot be told from that. Asked by the new one: the old one may be dead by now.
    if (staged.new?.id !== undefined) {
      const others = await ACTIONS.reconcile(work, { ...staged, old: staged.new })
      if (others.result !== 'ok' && others.result !== 'unlisted') return others
    }
    const answer = await work.issuer.end?.(staged.old, staged.new)
    return answer === undefined || answer.kind === 'ok' ? may : answered(answer)
  },

  /** The old one must be refused; only then it is forgotten here. */
  async confirm(work, staged) {
    const done = staged.old === undefined ? ok : await ended(work, staged.old)
    if (done.result !== 'ok') return done
    const unsure = staged.new && (await mayForget(work, staged.new))
    if (unsure !== undefined) return unsure
    const kept = await forget(work)
    return kept === undefined ? done : failed(kept)
  },

  async discard(work, staged) {
    // Before orphans are looked for: what has no name of its own is told from them by having been ended.
    const back = await undo(work, staged)
    if (back.result !== 'ok') return back
    const orphans = await ACTIONS.reconcile(work, staged)
    const looked = orphans.result === 'ok' || orphans.result === 'unlisted'
    // Where all that was sent was answered, and nothing made, there is none: this was a second look.
    if (!looked && (work.open || staged.new !== undefined)) return orphans
    const kept = await forget(work)
    if (kept !== undefined) return failed(kept)
    // Undone; but there is one of which nobody here knows whose it is.
    const unknown = orphans.reason !== undefined || (work.open && orphans.result === 'unlisted')
    if (looked && unknown) return orphans
    return looked ? { ...orphans, ...back } : back
  },
}

/** Those that are known in this process: nothing that is told may hold one. */
function valuesOf({ admin }: Work, { old, new: fresh }: Staged): (Buffer | undefined)[] {
  return [old?.value, fresh?.value, ...(admin?.values ?? [])]
}

/** With what others have left that were given up as they stood. */
function forget({ order: { rotation, givenUp }, staging }: Work): Promise<Failure | undefined> {
  return staging.drop([rotation.id, ...givenUp])
}

/** For undoing: of what was never sent there is nothing to undo. */
async function noteSetting(
  work: Work,
  staged: Staged,
  as: 'sent' | 'set',
): Promise<Done | undefined> {
  if (isBeside(work) || staged[as] === true) return undefined
  const unkept = await work.staging.mark(work.order.rotation.id, as)
  return unkept && failed(unkept)
}

/** Undoing would set it again, and so have it live again. @returns why that cannot be said or kept */
async function noteDead(
  work: Work,
  staged: Staged,
  current: Credential,
): Promise<Done | undefined> {
  const { issuer, staging, order } = work
  if (issuer.set === undefined || isBeside(work)) return undefined
  const tried = await issuer.try(current)
  const dead = isDead(tried)
  // Any other refusal says nothing of the value: whether it can be replaced, setting the new one shows.
  if (tried.kind !== 'valid' && tried.kind !== 'refused') return troubled(tried, 'old')
  if (dead === (staged.dead === true)) return undefined
  const { id } = order.rotation
  const unkept = dead ? await staging.mark(id, 'dead') : await staging.unmark(id)
  return unkept && failed(unkept)
}
