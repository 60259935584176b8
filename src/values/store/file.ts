/** The store as a file: opened whole, changed under a lock, replaced whole. */
import type { DatabaseSync } from 'node:sqlite'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Failure, PutOutcome } from '../providers/contract.ts'
import { failureOf, readSecretFile, type SecretFile } from '../providers/file/read.ts'
import { replaceFile } from '../providers/file/write.ts'
import { wipe } from '../secret/bytes.ts'
import { final, unavailable } from '../secret/outcome.ts'
import { readDocument, wipeDocument, writeDocument, type Document } from './document.ts'
import { makeIdentity, readIdentities } from './identity.ts'
import { seal, unseal } from './seal.ts'

/** Thousands of names with ten versions each; decrypted in memory. */
const MAX_BYTES = 32 * 1024 * 1024
const WAIT_MS = 5000
const PAUSE_MS = 5

export interface StorePlace {
  /** Absolute: the age file, and beside it its lock. */
  path: string
  /** Absolute: the key file. */
  identity: string
}

export interface OpenStore {
  kind: 'store'
  document: Document
  file: SecretFile
}

/** Absent where there is no store. The document is the caller's, who wipes it. */
export async function openStore({ path, identity }: StorePlace): Promise<OpenStore | Failure> {
  const file = await readSecretFile(path, MAX_BYTES)
  if (file.kind === 'folder') return final('denied', 'FILE_INSECURE', 'not-a-regular-file', path)
  if (file.kind !== 'file') return file
  const keys = await readIdentities(identity)
  if (keys.kind !== 'identities') {
    // Not `absent`: what is asked for may well be in there.
    return keys.kind === 'absent'
      ? final('denied', 'PROVIDER_DENIED', 'no-identity', identity)
      : keys
  }
  const plain = await unseal(
    file.bytes,
    keys.keys.map((key) => key.identity),
  )
  if (plain === undefined) return final('denied', 'PROVIDER_DENIED', 'not-opened', path)
  const document = readDocument(plain)
  wipe(plain)
  if (document === undefined) return final('malformed', 'SECRET_MALFORMED', 'not-a-store', path)
  return { kind: 'store', document, file }
}

/**
 * Changes the store, alone among all processes that do; makes it, and its key, where there is none.
 *
 * @param change returns what became of it; only after `written` anything is stored
 */
export async function changeStore(
  place: StorePlace,
  now: Date,
  change: (document: Document) => PutOutcome,
): Promise<PutOutcome> {
  try {
    await mkdir(dirname(place.path), { recursive: true, mode: 0o700 })
  } catch (error) {
    return failureOf(error, place.path)
  }
  return locked(`${place.path}.lock`, async () => {
    const opened = await openOrBegin(place, now)
    if (opened.kind !== 'store') return opened
    const { document, file } = opened
    try {
      const outcome = change(document)
      if (outcome.kind !== 'written') return outcome
      const plain = writeDocument(document)
      const sealed = await seal(plain, document.recipients)
      wipe(plain)
      if (sealed.length > MAX_BYTES) {
        return final('malformed', 'SECRET_TOO_LARGE', 'too-large', place.path)
      }
      const replaced = await replaceFile(place.path, sealed, file?.stat)
      return replaced.kind === 'written' ? outcome : replaced
    } finally {
      wipeDocument(document)
    }
  })
}

type Begun = { kind: 'store'; document: Document; file: SecretFile | undefined }

async function openOrBegin(place: StorePlace, now: Date): Promise<Begun | Failure> {
  const opened = await openStore(place)
  if (opened.kind !== 'absent') return opened
  const there = await readIdentities(place.identity)
  const key =
    there.kind === 'identities'
      ? there.keys[0]
      : there.kind === 'absent'
        ? await makeIdentity(place.identity, now)
        : there
  if ('kind' in key) return key
  const document: Document = { recipients: [key.recipient], secrets: new Map() }
  return { kind: 'store', document, file: undefined }
}

/** Node has no flock. SQLite's lock on an empty file is one, and the kernel frees it when its holder dies. */
async function locked(path: string, work: () => Promise<PutOutcome>): Promise<PutOutcome> {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  let db: DatabaseSync
  try {
    db = new DatabaseSync(path, { timeout: 0 })
  } catch {
    return unavailable('io', path)
  }
  try {
    const deadline = performance.now() + WAIT_MS
    while (!tryLock(db)) {
      if (performance.now() > deadline) return unavailable('locked', path)
      await sleep(PAUSE_MS * (0.5 + Math.random()))
    }
    return await work()
  } finally {
    db.close()
  }
}

function tryLock(db: DatabaseSync): boolean {
  try {
    db.exec('BEGIN IMMEDIATE')
    return true
  } catch {
    // Busy, or damaged: the deadline tells them apart soon enough.
    return false
  }
}
