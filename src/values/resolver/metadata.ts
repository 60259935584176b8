/** What may be said about a value on the other side of the wall: closed fields, and never the value. */
import type { Code } from '../../errors.ts'
import type { FetchedValue } from '../../policy/fetched.ts'
import type { Meta, Reason } from '../providers/contract.ts'
import { wipe } from '../secret/bytes.ts'
import { ownEnd } from '../secret/own-end.ts'

/** Keyed hash of a value; two values can be compared by it without being shown. */
export type Fingerprint = (value: Buffer) => string

type Described = Pick<
  FetchedValue,
  'version' | 'createdAt' | 'expiresAt' | 'fingerprint' | 'warnings'
>

const VERSION = /^[A-Za-z0-9._:-]{1,128}$/
/** A shorter value stands in innocent metadata by chance; there the field is dropped instead. */
const TELLING_BYTES = 8

/** @returns the fields to report, or why this value cannot be used: its metadata holds the value. */
export function describeValue(
  value: Buffer,
  meta: Meta,
  fingerprint: Fingerprint,
): Described | { code: Code; reason: Reason } {
  let version = meta.version
  if (version !== undefined && !VERSION.test(version)) version = undefined
  if (version !== undefined && contains(version, value)) {
    if (value.length >= TELLING_BYTES) {
      return { code: 'PROVIDER_INVALID', reason: 'refused-metadata' }
    }
    version = undefined
  }
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

function contains(text: string, value: Buffer): boolean {
  const bytes = Buffer.from(text)
  const found = bytes.includes(value)
  wipe(bytes)
  return found
}
