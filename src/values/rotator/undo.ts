/** Nothing of a rotation is left: the old value is the one that works, and the new one does not. */
import { wipe } from '../secret/bytes.ts'
import { isDead } from './asked.ts'
import { currentAs, readCurrent } from './current.ts'
import { answered, failed, ok, troubled, type Done } from './done.ts'
import type { Credential } from './driver.ts'
import type { Staged, Work } from './work.ts'

/** Ends the new one, or sets the old one again. @returns what was put back, and why it is not undone */
export async function undo(work: Work, staged: Staged): Promise<Done> {
  const dead = await deadOld(work, staged)
  if (dead !== undefined) return dead
  if (staged.new === undefined) return ok
  const { issuer } = work
  const others = await setByOthers(work, staged)
  if (others !== undefined) return others === 'gone' ? ok : others
  // Of one that took the old one's place, the old value is set again; of one beside it, it is ended.
  const again = isBeside(work) ? undefined : staged.old
  if (again !== undefined && staged.dead === true) {
    const stays = await endedBefore(work, staged.new, staged.sent === true)
    if (stays !== undefined) return stays
  }
  const back = await putBack(work, staged)
  if (back.result !== 'ok') return back
  const undone =
    again === undefined
      ? await issuer.end?.(staged.new, staged.old)
      : await issuer.set?.(again, staged.new)
  return undone === undefined || undone.kind === 'ok' ? back : answered(undone)
}

/**
 * The old one was refused before we began. Where the new one is let in, somebody had ended it, as after a
 * leak, and it must not live again. Where that is refused as well, although it was set, we are let in by
 * nothing from here: then being refused says nothing of the old one either.
 *
 * @returns `undefined` where the old one is to be set again
 */
async function endedBefore(
  { issuer }: Work,
  fresh: Credential,
  sent: boolean,
): Promise<Done | undefined> {
  if (!sent) return ok
  const tried = await issuer.try(fresh)
  if (isDead(tried)) return undefined
  if (tried.kind !== 'valid') return troubled(tried, 'new')
  const code = 'CREDENTIAL_REJECTED'
  return { result: 'refused', code, reason: 'login-denied', whose: 'old', service: true }
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
    operation: `${order.rotation.id} back from ${work.fingerprint(fresh.value)}`,
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
