/** What may be said about a value on the other side of the wall: closed fields, and never the value. */
import type { Code } from '../../errors.ts'
import type { FetchedValue } from '../../policy/fetched.ts'
import type { Meta, Reason } from '../providers/contract.ts'
import { holds } from '../secret/holds.ts'
import { ownEnd } from '../secret/own-end.ts'

/** Keyed hash of a value; two values can be compared by it without being shown. */
export type Fingerprint = (value: Buffer) => string

type Described = Pick<
  FetchedValue,
  'version' | 'createdAt' | 'expiresAt' | 'fingerprint' | 'warnings'
>

const VERSION = /^[A-Za-z0-9._:-]{1,128}$/

/** @returns the fields to report, or why this value cannot be used: its metadata holds the value. */
export function describeValue(
  value: Buffer,
  meta: Meta,
  fingerprint: Fingerprint,
): Described | { code: Code; reason: Reason } {
  let version = meta.version
  if (version !== undefined && !VERSION.test(version)) version = undefined
  const held = version === undefined ? 'no' : holds(version, value)
  if (held === 'yes') return { code: 'PROVIDER_INVALID', reason: 'refused-metadata' }
  if (held === 'by-chance') version = undefined
  const ends = [meta.expiresAt, ownEnd(value)].filter((end) => end !== undefined)
  const [expiresAt] = ends.toSorted((one, other) => one.getTime() - other.getTime())
  return {
    ...(version === undefined ? {} : { version }),
    ...(meta.createdAt === undefined ? {} : { createdAt: meta.createdAt.toISOString() }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    fingerprint: fingerprint(value),
    warnings: meta.warnings ?? [],
  }
}
