/**
 * The leases of one run and one provider, at rest: an age file, sealed to a key of our own, made whole and
 * durable before its values are released. After a crash of everything it is what they are revoked by.
 */
import { readFile, unlink } from 'node:fs/promises'
import { makeIdentity, readIdentities } from '../store/identity.ts'
import { seal, unseal } from '../store/seal.ts'
import type { Failure, Lease } from '../providers/contract.ts'
import { replaceFile } from '../providers/file/write.ts'
import { wipe } from '../secret/bytes.ts'

export interface KeptLease extends Lease {
  /** Its place on the run's sheet. */
  item: number
  /** Milliseconds since 1970. */
  obtainedAt: number
}

/** @returns nothing where it is durable */
export async function writeLeases(
  path: string,
  key: string,
  leases: readonly KeptLease[],
): Promise<undefined | 'unwritten' | Failure> {
  const place = { kind: 'file', path: key } as const
  let own = await readIdentities(place)
  if (own.kind === 'absent') {
    const made = await makeIdentity(place, new Date())
    if (!('identity' in made)) return made
    own = { kind: 'identities', keys: [made] }
  }
  if (own.kind !== 'identities') return own
  const plain = Buffer.from(JSON.stringify(leases))
  try {
    const sealed = await seal(plain, { kind: 'recipients', recipients: [own.keys[0].recipient] })
    const written = await replaceFile(path, sealed, undefined)
    return written.kind === 'written' ? undefined : 'unwritten'
  } finally {
    wipe(plain)
  }
}

/** `undefined` where it cannot be read, is not sealed to our key, or was changed. */
export async function readLeases(path: string, key: string): Promise<KeptLease[] | undefined> {
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
    return Array.isArray(parsed) && parsed.every(isKeptLease) ? parsed : undefined
  } catch {
    // The parser's own words would quote a lease.
    return undefined
  } finally {
    wipe(plain)
  }
}

function isKeptLease(raw: unknown): raw is KeptLease {
  if (typeof raw !== 'object' || raw === null) return false
  const { id, seconds, renewable, item, obtainedAt } = Object.assign(
    { id: 0, seconds: 0, renewable: 0, item: 0, obtainedAt: 0 } as Record<string, unknown>,
    raw,
  )
  return (
    typeof id === 'string' &&
    typeof renewable === 'boolean' &&
    [seconds, item, obtainedAt].every((one) => Number.isSafeInteger(one))
  )
}

/** Only when each of its leases is revoked or gone. */
export function removeLeases(path: string): Promise<void> {
  return unlink(path)
}
