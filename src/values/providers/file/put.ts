/** Writes one value where `get` would find it. */
import { isUtf8 } from 'node:buffer'
import { wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, Location, PutOutcome } from '../contract.ts'
import { Batch, nameIn } from './batch.ts'
import { newFile, setEntry } from './edit.ts'
import { targetsOf, type Place, type Target } from './place.ts'
import { encodeRaw } from './raw.ts'
import { MAX_BYTES, type SecretFile } from './read.ts'
import { replaceFile } from './write.ts'

/**
 * @param value the caller's, who wipes it
 * @param expect `any`; `absent`: `conflict` where there is a value; a version: `conflict` where the
 *   file is not in that state any more
 */
export async function put(
  place: Place | undefined,
  at: Location,
  value: Buffer,
  expect: string,
  now: Date,
): Promise<PutOutcome> {
  if (value.length === 0) return final('malformed', 'SECRET_EMPTY', 'empty')
  const batch = new Batch()
  try {
    const targets = await targetsOf(place, at, (path) => batch.read(path))
    if ('kind' in targets) return targets
    const target = await firstThere(batch, targets)
    if (target === undefined) return final('malformed', 'PROVIDER_INVALID', 'bad-name')
    const file = await batch.file(target.path)
    if (file.kind !== 'file' && file.kind !== 'absent') return file
    const old = file.kind === 'file' ? file : undefined
    const next = contentOf(batch, target, old, value, now)
    if ('kind' in next) return next
    try {
      if (!isExpected(expect, next.exists, old)) return { kind: 'conflict' }
      if (next.bytes.length > MAX_BYTES) {
        return final('malformed', 'SECRET_TOO_LARGE', 'too-large', target.path)
      }
      const outcome = await replaceFile(target.path, next.bytes, old?.stat)
      return outcome.kind === 'written' ? { ...outcome, at: next.at } : outcome
    } finally {
      wipe(next.bytes)
    }
  } finally {
    await batch.wipe()
  }
}

/** Where a second spelling is there and the first is not, that is the one to be changed. */
async function firstThere(batch: Batch, targets: readonly Target[]): Promise<Target | undefined> {
  for (const target of targets) {
    if ((await batch.read(target.path)).kind !== 'absent') return target
  }
  return targets[0]
}

interface Content {
  bytes: Buffer
  /** Whether there was a value before. */
  exists: boolean
  at: Location
}

function contentOf(
  batch: Batch,
  target: Target,
  old: SecretFile | undefined,
  value: Buffer,
  now: Date,
): Content | Failure {
  const { path } = target
  if (target.kind === 'raw') {
    return { bytes: encodeRaw(value), exists: old !== undefined, at: { path } }
  }
  if (!isUtf8(value)) return final('malformed', 'SECRET_MALFORMED', 'not-utf8')
  if (old === undefined) {
    const name = target.names[0] ?? ''
    return { bytes: newFile(name, value, now), exists: false, at: { path, field: name } }
  }
  const entries = batch.entries(old)
  if (entries.kind !== 'entries') return entries
  const name = nameIn(entries, target.names)
  const bytes = setEntry(old, entries, name, value, now)
  if ('kind' in bytes) return bytes
  return { bytes, exists: entries.members.has(name), at: { path, field: name } }
}

function isExpected(expect: string, exists: boolean, old: SecretFile | undefined): boolean {
  if (expect === 'any') return true
  if (expect === 'absent') return !exists
  return exists && old?.version === expect
}
