/** What is current is never ended: whoever uses the ref would lose access. */
import type { Failure } from '../providers/contract.ts'
import { wipe } from '../secret/bytes.ts'
import { failed, ok, troubled, type Done } from './done.ts'
import type { Credential } from './driver.ts'
import type { Work } from './work.ts'

/** @returns the version under which it is current; `undefined`: another one is, or none */
async function currentAs(
  { order, session, fingerprint }: Work,
  { value }: Credential,
): Promise<{ version: string } | Failure | undefined> {
  const [current] = await session.get([order.at])
  if (current === undefined || current.kind === 'absent') return undefined
  if (current.kind !== 'value') return current
  try {
    if (fingerprint(current.value) !== fingerprint(value)) return undefined
    return { version: current.meta.version ?? 'any' }
  } finally {
    wipe(current.value)
  }
}

/** Before the old one is ended. @returns why it may not be */
export async function mayEnd(work: Work, old: Credential): Promise<Done | undefined> {
  const current = await currentAs(work, old)
  if (current === undefined) return undefined
  // Somebody has put it back.
  return 'kind' in current ? failed(current) : { result: 'conflict', reason: 'current-changed' }
}

/**
 * Where the new one is current, the old one takes its place again: somebody wants it back, or the answer to
 * its promotion was lost.
 */
export async function putBack(
  work: Work,
  { old, new: fresh }: { old?: Credential; new?: Credential },
): Promise<Done> {
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
export async function deadOld(
  work: Work,
  { old, new: fresh }: { old?: Credential; new?: Credential },
): Promise<Done | undefined> {
  const { issuer, order } = work
  const beside = issuer.set === undefined || order.rotation.class === 'slots'
  if (!beside || old === undefined || fresh === undefined) return undefined
  const current = await currentAs(work, fresh)
  if (current === undefined) return undefined
  if ('kind' in current) return failed(current)
  const tried = await issuer.try(old)
  return tried.kind === 'valid' ? undefined : troubled(tried)
}
