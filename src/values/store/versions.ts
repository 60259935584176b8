/** What may be done to one name in a store. Changes the document in place; the caller writes it. */
import { copy, wipe } from '../secret/bytes.ts'
import type { Document, Secret, Version } from './document.ts'

/** Versions of one name that are kept; those in use always are. */
const KEPT = 10

export interface NewVersion {
  /** The caller's, who wipes it. */
  value: Buffer
  /** `any`, `absent`, or the version that must be current. */
  expect: string
  operation: string
  stage: 'pending' | 'current'
  now: Date
  expiresAt?: Date
}

export type Changed =
  | { kind: 'written'; version: number }
  | { kind: 'conflict' }
  | { kind: 'absent' }

/** A repeat of an operation that was done answers as it did, and changes nothing. */
export function addVersion(document: Document, name: string, added: NewVersion): Changed {
  const secret = document.secrets.get(name) ?? { versions: [] }
  const done = secret.versions.find(({ operation }) => operation === added.operation)
  if (done !== undefined) return { kind: 'written', version: done.version }
  if (!isExpected(secret, added.expect)) return { kind: 'conflict' }
  const version = (secret.versions.at(-1)?.version ?? 0) + 1
  const { value, operation, now: createdAt, expiresAt } = added
  secret.versions.push({
    version,
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    operation,
    value: copy(value),
  })
  if (added.stage === 'pending') secret.pending = version
  else makeCurrent(secret, version)
  prune(secret)
  document.secrets.set(name, secret)
  return { kind: 'written', version }
}

/** Compare and set: `to` becomes current where `from` is (`absent`: where none is). */
export function promote(document: Document, name: string, from: string, to: string): Changed {
  const secret = document.secrets.get(name)
  const version = secret?.versions.find((one) => String(one.version) === to)?.version
  if (secret === undefined || version === undefined) return { kind: 'absent' }
  if (secret.current === version) return { kind: 'written', version }
  if (!isExpected(secret, from)) return { kind: 'conflict' }
  makeCurrent(secret, version)
  if (secret.pending === version) delete secret.pending
  return { kind: 'written', version }
}

/** Removes the name with all of its versions, where `expect` is the current one. */
export function remove(document: Document, name: string, expect: string): Changed {
  const secret = document.secrets.get(name)
  if (secret === undefined) return { kind: 'absent' }
  if (!isExpected(secret, expect)) return { kind: 'conflict' }
  for (const { value } of secret.versions) wipe(value)
  document.secrets.delete(name)
  return { kind: 'written', version: secret.current ?? 0 }
}

/** The version that is asked for, else the current one. */
export function versionAt(
  document: Document,
  name: string,
  version: string | undefined,
): Version | undefined {
  const secret = document.secrets.get(name)
  const wanted = version ?? (secret?.current === undefined ? undefined : String(secret.current))
  return secret?.versions.find((one) => String(one.version) === wanted)
}

function isExpected({ current }: Secret, expect: string): boolean {
  if (expect === 'any') return true
  if (expect === 'absent') return current === undefined
  return current !== undefined && expect === String(current)
}

function makeCurrent(secret: Secret, version: number): void {
  if (secret.current !== undefined) secret.previous = secret.current
  secret.current = version
}

function prune(secret: Secret): void {
  const { current, previous, pending } = secret
  for (const one of secret.versions.slice(0, Math.max(0, secret.versions.length - KEPT))) {
    if ([current, previous, pending].includes(one.version)) continue
    wipe(one.value)
    secret.versions = secret.versions.filter((kept) => kept !== one)
  }
}
