/** Nothing of a rotation is left: the old value is the one that works, and the new one does not. */
import { wipe } from '../secret/bytes.ts'
import { isDead, verified } from './asked.ts'
import { currentAs, readCurrent } from './current.ts'
import { failed, ok, troubled, type Done } from './done.ts'
import type { Credential } from './driver.ts'
import { mayBeOne } from './spelling.ts'
import type { Staged, Work } from './work.ts'

/** Ends the new one, or sets the old one again. @returns what was put back, and why it is not undone */
export async function undo(work: Work, staged: Staged): Promise<Done> {
  const { issuer, order } = work
  if (order.rotation.class === 'roll') return unroll(work, staged)
  const dead = await deadOld(work, staged)
  if (dead !== undefined) return dead
  if (staged.new === undefined) return ok
  const others = await setByOthers(work, staged)
  if (others !== undefined) return others === 'gone' ? ok : others
  // Of one that took the old one's place, the old value is set again; of one beside it, it is ended.
  const again = isBeside(work) ? undefined : staged.old
  const there = again && (await whatIsThere(work, { ...staged, old: again, new: staged.new }))
  if (there !== undefined && there !== 'new' && there !== 'old') return there
  const back = await putBack(work, staged)
  if (back.result !== 'ok' || there === 'old') return back
  if (again !== undefined) {
    const set = await issuer.set?.(again, staged.new)
    return set === undefined || set.kind === 'ok' ? back : troubled(set)
  }
  const beside = await besides(work, staged.new, staged.old)
  if (beside.result !== 'ok') return beside
  const ended = await issuer.end?.(staged.new, staged.old)
  return ended === undefined || ended.kind === 'ok' ? { ...beside, ...back } : troubled(ended)
}

/**
 * The old one ends by itself: a new one that works stays, as without it there would be none. One that does not
 * is not used, and another is made.
 */
async function unroll(work: Work, { old, new: fresh }: Staged): Promise<Done> {
  if (old === undefined || fresh === undefined) return ok
  const tried = await verified(work, fresh, old)
  if (tried.result === 'ok') return { result: 'conflict' }
  return tried.result === 'refused' || tried.result === 'not-yet' ? ok : tried
}

/**
 * Just before the new one is ended beside what is current, which somebody may have changed since.
 *
 * @returns `ok`, with `current-changed` where that is neither the old one nor the new one; else why the new
 *   one may not be ended
 */
async function besides(work: Work, fresh: Credential, old: Credential | undefined): Promise<Done> {
  const { issuer, fingerprint } = work
  const current = await readCurrent(work)
  if (current.kind === 'absent') return ok
  if (current.kind !== 'value') return failed(current)
  try {
    const is = fingerprint(current.value)
    if (is === fingerprint(fresh.value)) return { result: 'unknown' }
    if (old !== undefined && is === fingerprint(old.value)) return ok
    const mayBeOurs = issuer.end !== undefined && mayBeOne(issuer, current.value, fresh.value)
    return { result: mayBeOurs ? 'refused' : 'ok', reason: 'current-changed' }
  } finally {
    wipe(current.value)
  }
}

/**
 * Which of the two its service takes where there is room for one: the old one is set again in the place of
 * the new one only, as somebody may have ended it there meanwhile, after a leak, and it must not live again.
 *
 * - The new one is refused, and was never sent: the old one is there, or what others have set.
 * - The old one was refused before we began, and the new one is let in: it was ended before, `conflict`.
 *   Where the new one is refused too, we are let in by nothing from here, which says nothing of either.
 * - Both are refused, and the service had not even answered: somebody has set another one there.
 *
 * A service that has answered and takes neither may not have stored what it was given: then it is the new
 * one's place all the same.
 */
async function whatIsThere(
  { issuer }: Work,
  { old, new: fresh, dead, sent, set }: Staged & Record<'old' | 'new', Credential>,
): Promise<'new' | 'old' | Done> {
  // Whatever is noted: a version before this one did not note it.
  const tried = await issuer.try(fresh)
  if (tried.kind === 'valid') return dead === true ? { result: 'conflict' } : 'new'
  if (tried.kind !== 'refused') return troubled(tried, 'new')
  if (sent !== true) return 'old'
  if (dead === true && isDead(tried)) return 'new'
  const before = await issuer.try(old)
  if (before.kind === 'valid') return 'old'
  if (before.kind !== 'refused') return troubled(before, 'old')
  return set === true ? 'new' : troubled(tried, 'new')
}

/** Whether the service takes the new one beside the old one. */
export function isBeside({ issuer, order }: Work): boolean {
  return issuer.set === undefined || (order.rotation.class === 'slots' && issuer.end !== undefined)
}

/**
 * Somebody has made a third value current meanwhile, and may have set it at the service where ours was:
 * what is set there then ends theirs.
 *
 * @returns `gone`: ours is not taken any more; why nothing is undone; `undefined`: it is ours to undo
 */
async function setByOthers(
  work: Work,
  { old, new: fresh }: Staged,
): Promise<'gone' | Done | undefined> {
  const { issuer, fingerprint } = work
  if (issuer.set === undefined || issuer.blind === true || fresh === undefined) return undefined
  const current = await readCurrent(work)
  if (current.kind === 'absent') return undefined
  if (current.kind !== 'value') return failed(current)
  const is = fingerprint(current.value)
  wipe(current.value)
  const ours = [old, fresh].some((one) => one !== undefined && fingerprint(one.value) === is)
  if (ours) return undefined
  const tried = await issuer.try(fresh)
  if (isDead(tried)) return 'gone'
  if (tried.kind !== 'valid') return troubled(tried, 'new')
  // In its place theirs cannot work, and the old one would not be what they want either.
  return isBeside(work) ? undefined : { result: 'refused', reason: 'current-changed' }
}

/**
 * Where the new one is current, the old one takes its place again: somebody wants it back, or the answer to
 * its promotion was lost.
 */
async function putBack(work: Work, { old, new: fresh }: Staged): Promise<Done> {
  if (fresh === undefined) return ok
  const current = await currentAs(work, fresh)
  if (current === undefined) return ok
  if ('kind' in current) return failed(current)
  const { order, session } = work
  if (old === undefined || session.put === undefined) return { result: 'unavailable' }
  const put = await session.put(order.at, old.value, {
    expect: current.version,
    // Of this version alone: set again by somebody, it is to be taken back another time.
    operation: `${order.rotation.id} back from ${current.version} ${work.fingerprint(fresh.value)}`,
  })
  if (put.kind === 'written') return { result: 'ok', version: put.version }
  if (put.kind === 'unknown' || put.kind === 'conflict') return { result: 'unknown' }
  return failed(put)
}

/**
 * Before the old one takes the place of a new one beside it: it must still work, as an ending that was sent
 * and not answered may have ended it. @returns why nothing is undone
 */
async function deadOld(work: Work, { old, new: fresh }: Staged): Promise<Done | undefined> {
  if (!isBeside(work) || old === undefined || fresh === undefined) return undefined
  const current = await currentAs(work, fresh)
  if (current === undefined) return undefined
  if ('kind' in current) return failed(current)
  const tried = await work.issuer.try(old)
  return tried.kind === 'valid' ? undefined : troubled(tried, 'old')
}
