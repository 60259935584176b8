/**
 * A lease at rest: an age file, sealed to a key of our own, made whole and durable before its value is
 * released, and anew with each renewal. After a crash it is what the lease is revoked by.
 */
import { lstat, readFile, rename, truncate, unlink, utimes } from 'node:fs/promises'
import { errnoOf } from '../../errors.ts'
import { revokedMark } from '../../gateway/lease/words.ts'
import { makeIdentity, readIdentities } from '../store/identity.ts'
import { seal, unseal } from '../store/seal.ts'
import type { Failure, Lease } from '../providers/contract.ts'
import { replaceFile } from '../providers/file/write.ts'
import { wipe } from '../secret/bytes.ts'

/** How often who holds a lease shows that to those who cannot see its process; see `abandonedLeases`. */
export const SIGN_OF_LIFE_MS = 60_000

export interface KeptLease extends Lease {
  /** The places on its sheet that it was fetched for. */
  items: readonly number[]
  /** When it was issued, or renewed last; milliseconds since 1970. */
  from: number
  /** When it ends unless it is renewed; milliseconds since 1970. */
  endsAt: number
}

/** @param how `renewed` where the lease's file is there and is replaced @returns nothing where it is durable */
export async function writeLease(
  path: string,
  key: string,
  lease: KeptLease,
  how: 'new' | 'renewed' = 'new',
): Promise<undefined | 'unwritten' | Failure> {
  const place = { kind: 'file', path: key } as const
  let own = await readIdentities(place)
  if (own.kind === 'absent') {
    const made = await makeIdentity(place, new Date())
    if (!('identity' in made)) return made
    own = { kind: 'identities', keys: [made] }
  }
  if (own.kind !== 'identities') return own
  const plain = Buffer.from(JSON.stringify(lease))
  try {
    const sealed = await seal(plain, { kind: 'recipients', recipients: [own.keys[0].recipient] })
    const was = how === 'new' ? undefined : await lstat(path, { bigint: true })
    const written = await replaceFile(path, sealed, was)
    return written.kind === 'written' ? undefined : 'unwritten'
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return 'unwritten'
  } finally {
    wipe(plain)
  }
}

/** `undefined` where it cannot be read, is not sealed to our key, or was changed. */
export async function readLease(path: string, key: string): Promise<KeptLease | undefined> {
  const own = await readIdentities({ kind: 'file', path: key })
  if (own.kind !== 'identities') return undefined
  let sealed: Buffer
  try {
    sealed = await readFile(path)
  } catch {
    // The caller says that it cannot be read; the file stays where it is.
    return undefined
  }
  const identities = own.keys.map(({ identity }) => identity)
  const plain = await unseal(sealed, { kind: 'identities', identities })
  if (plain === undefined) return undefined
  try {
    const parsed: unknown = JSON.parse(plain.toString())
    return isKeptLease(parsed) ? parsed : undefined
  } catch {
    // The parser's own words would quote a lease.
    return undefined
  } finally {
    wipe(plain)
  }
}

function isKeptLease(raw: unknown): raw is KeptLease {
  if (typeof raw !== 'object' || raw === null) return false
  const { id, seconds, renewable, items, from, endsAt } = Object.assign(
    { id: 0, seconds: 0, renewable: 0, items: 0, from: 0, endsAt: 0 } as Record<string, unknown>,
    raw,
  )
  return (
    typeof id === 'string' &&
    typeof renewable === 'boolean' &&
    Array.isArray(items) &&
    [seconds, from, endsAt, ...items].every((one) => Number.isSafeInteger(one))
  )
}

/**
 * The lease is revoked: its file becomes an empty mark, so that it goes on record whoever dies now. Where
 * another process has taken the file over, that one will say so.
 */
export async function markRevoked(path: string): Promise<void> {
  const mark = revokedMark(path)
  try {
    await rename(path, mark)
    await truncate(mark)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

/** Its lease is over. A file that another process has taken over is not ours to remove. */
export async function removeLease(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

/**
 * Shows those who cannot see our process that these have an owner. One that another process has taken over, or
 * that could not be touched this time, is passed over: two signs that came late are no death.
 *
 * @param now milliseconds since 1970
 */
export async function touchLeases(paths: readonly string[], now: number): Promise<void> {
  const seconds = now / 1000
  await Promise.allSettled(paths.map((path) => utimes(path, seconds, seconds)))
}
