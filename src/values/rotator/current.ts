/** What is current is never ended: whoever uses the ref would lose access. */
import type { Failure, Outcome } from '../providers/contract.ts'
import { wipe } from '../secret/bytes.ts'
import { unavailable } from '../secret/outcome.ts'
import { failed, ok, troubled, type Done } from './done.ts'
import { mayBeOne } from './spelling.ts'
import type { Credential } from './driver.ts'
import type { Work } from './work.ts'

/** What is current, which the caller wipes. */
export async function readCurrent({ order, session }: Work): Promise<Outcome> {
  const [current] = await session.get([order.at])
  return current ?? unavailable('io')
}

/** @returns the version under which it is current; `undefined`: another one is, or none */
export async function currentAs(
  work: Work,
  { value }: Credential,
): Promise<{ version: string } | Failure | undefined> {
  const current = await readCurrent(work)
  if (current.kind === 'absent') return undefined
  if (current.kind !== 'value') return current
  const { fingerprint } = work
  try {
    if (fingerprint(current.value) !== fingerprint(value)) return undefined
    return { version: current.meta.version ?? 'any' }
  } finally {
    wipe(current.value)
  }
}

/** Before the service is told of another one. @returns `conflict` where `old` is not current any more */
export async function isChanged(work: Work, old: Credential): Promise<Done | undefined> {
  const current = await readCurrent(work)
  if (current.kind !== 'value') return failed(current)
  const is = work.fingerprint(current.value)
  wipe(current.value)
  return is === work.fingerprint(old.value)
    ? undefined
    : { result: 'conflict', reason: 'current-changed' }
}

/**
 * Before the old one is ended: it is not current, and what is current works, whoever put it there.
 *
 * @returns `ok`, with `current-changed` and its name where the new one lives beside what somebody else has
 *   made current since; else why it may not be ended
 */
export async function mayEnd(
  work: Work,
  old: Credential,
  fresh: Credential | undefined,
): Promise<Done> {
  const { issuer, fingerprint, order } = work
  const current = await readCurrent(work)
  // Where nothing is there, it may be the last one: the store may be away, or somebody has cleared it.
  if (current.kind !== 'value') return failed(current)
  try {
    const is = fingerprint(current.value)
    // Somebody has put it back.
    if (is === fingerprint(old.value)) return { result: 'conflict', reason: 'current-changed' }
    if (issuer.end === undefined) return ok
    const tried = await issuer.try({ value: current.value })
    if (tried.kind !== 'valid') return troubled(tried, 'new')
    if (fresh !== undefined && is === fingerprint(fresh.value)) return ok
    // Or so, in another spelling.
    if (mayBeOne(issuer, current.value, old.value)) {
      return { result: 'conflict', reason: 'current-changed' }
    }
    // Of a value of our own choice, theirs stands in its place.
    if (order.rotation.class === 'chosen' || fresh === undefined) return ok
    return { ...ok, reason: 'current-changed', ...(fresh.id && { id: fresh.id }) }
  } finally {
    wipe(current.value)
  }
}

/**
 * Before the old and the new one are forgotten here, which may be the last copies: what is current is the new
 * one, or works. @returns why that cannot be said
 */
export async function mayForget(work: Work, fresh: Credential): Promise<Done | undefined> {
  const current = await readCurrent(work)
  if (current.kind !== 'value') return failed(current)
  const { issuer, fingerprint } = work
  try {
    if (fingerprint(current.value) === fingerprint(fresh.value)) return undefined
    const tried = await issuer.try({ value: current.value })
    return tried.kind === 'valid' ? undefined : troubled(tried, 'new')
  } finally {
    wipe(current.value)
  }
}
