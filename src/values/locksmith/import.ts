/**
 * Moves a plaintext file of names and values into the store. In this order, so that nothing is lost
 * wherever it ends: all values are stored in one write, read back from the disk and compared; only then
 * the file goes, and its folder and the config are searched for what is left. Run again, it goes on.
 */
import { isValueBeyondDoubt, NAME } from '../../config/names.ts'
import { SecretRefError } from '../../errors.ts'
import type { ImportedItem, StoreAction, StoreOrder } from '../../gateway/input/store-words.ts'
import type { Fingerprint } from '../resolver/metadata.ts'
import { readEntries, readEntry } from '../providers/file/entry.ts'
import { readSecretFile, type SecretFile } from '../providers/file/read.ts'
import { wipe } from '../secret/bytes.ts'
import { fingerprinter } from '../secret/fingerprint.ts'
import { wipeDocument, type Document } from '../store/document.ts'
import { changeStore, openStore } from '../store/file.ts'
import { addVersion, versionAt } from '../store/versions.ts'
import { removePlaintext } from './remove.ts'
import { failed, fault, notWritten, type Report, type Work } from './report.ts'
import { search } from './search.ts'

type Import = Extract<StoreAction, { kind: 'import' }>

interface Entry {
  name: string
  value: Buffer
  createdAt?: Date
  expiresAt?: Date
}

export async function importFile(
  { place, now }: Work,
  { operation, fingerprintKey }: StoreOrder,
  { path, names, config, before: earlier }: Import,
): Promise<Report> {
  let fingerprint: Fingerprint
  try {
    fingerprint = fingerprinter(fingerprintKey)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return fault('no-key', error.code)
  }
  const file = await readSecretFile(path)
  if (file.kind === 'folder') return fault('store', 'PROVIDER_INVALID')
  if (file.kind === 'absent') {
    if (earlier?.moved !== true && !(await holdsAny(place, earlier?.unfinished ?? []))) {
      return fault('no-file', 'SECRET_NOT_FOUND')
    }
    return finished(place, path, config, [], false)
  }
  if (file.kind !== 'file') return failed(file)
  const entries: Entry[] = []
  try {
    const unusable = readAll(file, names, entries)
    if (unusable !== undefined) return unusable
    const before = new Set<string>()
    let occupied: string | undefined
    const stored = await changeStore(place, now, (document) => {
      occupied = add(document, entries, operation, now, before)
      return occupied === undefined ? { kind: 'written', version: '1' } : { kind: 'conflict' }
    })
    if (occupied !== undefined) return fault('occupied', 'USAGE', occupied)
    if (stored.kind !== 'written') return notWritten(stored)
    const items = await readBack(place, entries, fingerprint, before)
    if (!Array.isArray(items)) return items
    const removed = await removePlaintext(file)
    if (removed !== 'removed') return fault(removed, 'PROVIDER_UNAVAILABLE')
    return await finished(place, path, config, items, true)
  } finally {
    wipe(file.bytes, ...entries.map(({ value }) => value))
  }
}

/** Whether one of these operations stored something: an import that was ended before it could say so. */
async function holdsAny(place: Work['place'], operations: readonly string[]): Promise<boolean> {
  if (operations.length === 0) return false
  const opened = await openStore(place)
  if (opened.kind !== 'store') return false
  const stored = new Set(
    [...opened.document.secrets.values()].flatMap(({ versions }) =>
      versions.map(({ operation }) => operation),
    ),
  )
  wipeDocument(opened.document)
  return operations.some((operation) => stored.has(operation))
}

/** All of it, or why it cannot be: half a file is never moved. */
function readAll(
  file: SecretFile,
  names: Readonly<Record<string, string>>,
  entries: Entry[],
): Report | undefined {
  const all = readEntries(file)
  if (all.kind !== 'entries') return failed(all)
  for (const key of all.members.keys()) {
    const outcome = readEntry(file, all, key)
    if (outcome.kind !== 'value') return failed(outcome)
    const { createdAt, expiresAt } = outcome.meta
    const name = Object.hasOwn(names, key) ? (names[key] ?? key) : key
    const dates = {
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }
    entries.push({ name, value: outcome.value, ...dates })
    if (!NAME.test(name) || isValueBeyondDoubt(name)) return fault('name', 'SECRET_MALFORMED')
  }
  // A name is shown and recorded: one that is a value, or holds one, stays where it is.
  const values = entries.map(({ value }) => value.toString('latin1')).filter((v) => v.length >= 8)
  if (entries.some(({ name }) => values.some((value) => name.includes(value)))) {
    return fault('name', 'SECRET_MALFORMED')
  }
  const seen = new Set<string>()
  for (const { name } of entries) {
    if (seen.has(name)) return fault('twice', 'SECRET_MALFORMED', name)
    seen.add(name)
  }
  return undefined
}

/** @returns the first name under which the store has another value */
function add(
  document: Document,
  entries: readonly Entry[],
  operation: string,
  now: Date,
  before: Set<string>,
): string | undefined {
  for (const { name, value, createdAt, expiresAt } of entries) {
    const there = versionAt(document, name, undefined)
    if (there !== undefined) {
      if (!there.value.equals(value)) return name
      before.add(name)
      continue
    }
    addVersion(document, name, {
      value,
      expect: 'absent',
      operation,
      stage: 'current',
      now: createdAt ?? now,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    })
  }
  return undefined
}

async function readBack(
  place: Work['place'],
  entries: readonly Entry[],
  fingerprint: Fingerprint,
  before: ReadonlySet<string>,
): Promise<ImportedItem[] | Report> {
  const opened = await openStore(place)
  if (opened.kind !== 'store') return failed(opened)
  try {
    const items: ImportedItem[] = []
    for (const { name, value } of entries) {
      const there = versionAt(opened.document, name, undefined)
      const expected = fingerprint(value)
      if (there === undefined || fingerprint(there.value) !== expected) {
        return fault('unequal', 'PROVIDER_INVALID', name)
      }
      const version = String(there.version)
      items.push({ name, version, fingerprint: expected, already: before.has(name) })
    }
    return items
  } finally {
    wipeDocument(opened.document)
  }
}

/** Searched for is all that the store holds: what an import before this one moved is in there too. */
async function finished(
  place: Work['place'],
  path: string,
  config: string | undefined,
  items: readonly ImportedItem[],
  there: boolean,
): Promise<Report> {
  const opened = await openStore(place)
  // What was moved into it is gone with it.
  if (opened.kind === 'absent') return fault('absent', 'SECRET_NOT_FOUND')
  if (opened.kind !== 'store') return failed(opened)
  try {
    const values = [...opened.document.secrets.values()].flatMap(({ versions }) =>
      versions.map(({ value }) => value),
    )
    return { type: 'imported', items, there, ...(await search(path, config, values)) }
  } finally {
    wipeDocument(opened.document)
  }
}
