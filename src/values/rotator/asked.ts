/** What the service says of a new credential and of the old one. */
import { ok, troubled, type Done } from './done.ts'
import type { Credential, Tried, Trouble } from './driver.ts'
import type { Work } from './work.ts'

/** What is needed to ask. */
export interface Asker extends Pick<Work, 'issuer' | 'guided'> {
  order: { rotation: Pick<Work['order']['rotation'], 'class'> }
}

/** The new one works, and is the same account's. */
export async function verified(work: Asker, fresh: Credential, old: Credential): Promise<Done> {
  const { issuer } = work
  const tried = await issuer.try(fresh)
  if (tried.kind !== 'valid') return notTaken(work, tried)
  if (issuer.blind === true) return { result: 'ok', reason: 'unverified' }
  const before = await issuer.try(old)
  // Of a service that lets one value live at a time, the old one cannot be asked any more.
  if (isDead(before)) return ok
  if (before.kind !== 'valid') return troubled(before, 'old')
  if (before.account === undefined || tried.account === undefined) {
    const whose = tried.account === undefined ? 'new' : 'old'
    return { result: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'account-unknown', whose }
  }
  if (before.account === tried.account) return ok
  return {
    result: 'refused',
    code: 'CREDENTIAL_REJECTED',
    reason: 'another-account',
    whose: 'new',
  }
}

/** It was verified, and that may be long ago. */
export async function stillTaken(work: Asker, fresh: Credential): Promise<Done> {
  const tried = await work.issuer.try(fresh)
  return tried.kind === 'valid' ? ok : notTaken(work, tried)
}

/** What a person brought is kept until store and service answer: nobody has to bring it a second time. */
export function patient({ guided }: Pick<Asker, 'guided'>, done: Done): Done {
  const unanswered = done.result === 'unavailable' || done.result === 'unknown'
  return guided && unanswered ? { ...done, result: 'waiting' } : done
}

/** No other refusal says anything of the credential itself. */
export function isDead(tried: Tried): boolean {
  return tried.kind === 'refused' && tried.code === 'CREDENTIAL_REJECTED'
}

/**
 * Of a value that we chose and set, or that a person brought, a no is final. One that the service has just
 * made may be unknown to it for a while: its own machines learn of it one after the other.
 */
function notTaken({ order, guided }: Asker, tried: Trouble): Done {
  const said = troubled(tried, 'new')
  const madeThere = order.rotation.class === 'issued' || order.rotation.class === 'roll'
  const unknown = tried.reason === undefined || tried.reason === 'login-denied'
  if (tried.kind !== 'refused' || tried.code !== 'CREDENTIAL_REJECTED' || !unknown) return said
  return madeThere && !guided ? { ...said, result: 'not-yet' } : said
}

/** The old one is refused. @returns `waiting` where it is not ours to end, and lives */
export async function ended(work: Asker, old: Credential): Promise<Done> {
  const { order, issuer, guided } = work
  if (issuer.blind === true) return { result: 'ok', reason: 'unverified' }
  // Ended neither by us nor by a person.
  if (issuer.end === undefined && !guided) return ok
  const tried = await issuer.try(old)
  if (isDead(tried)) return ok
  const byOthers = guided || order.rotation.class === 'roll'
  if (tried.kind === 'valid') {
    return { result: byOthers ? 'waiting' : 'not-yet', reason: 'still-valid' }
  }
  const said = troubled(tried, 'old')
  return guided ? { ...said, result: 'waiting' } : said
}
