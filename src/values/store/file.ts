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
import { keyPlace, makeIdentity, readIdentities } from './identity.ts'
import { keyFor, openingOf, readPassphrase, type StoreKey, type StorePlace } from './key.ts'
import { isAge, seal, unseal } from './seal.ts'

export type { StorePlace }

/** Thousands of names with ten versions each; decrypted in memory. */
const MAX_BYTES = 32 * 1024 * 1024
const WAIT_MS = 5000
const PAUSE_MS = 5
/** sqlite.org/rescode.html */
const SQLITE_BUSY = 5
const SQLITE_FULL = 13

export interface OpenStore {
  kind: 'store'
  document: Document
  key: StoreKey
  /** Absent where it was never written. */
  file: SecretFile | undefined
}

/** The file as it is, sealed. */
export async function readStore({ path }: StorePlace): Promise<SecretFile | Failure> {
  const file = await readSecretFile(path, MAX_BYTES)
  return file.kind === 'folder'
    ? final('denied', 'FILE_INSECURE', 'not-a-regular-file', path)
    : file
}

/** Absent where there is no store. The document is the caller's, who wipes it. */
export async function openStore(place: StorePlace): Promise<OpenStore | Failure> {
  const { path } = place
  const file = await readStore(place)
  if (file.kind !== 'file') return file
  if (!isAge(file.bytes)) return final('malformed', 'SECRET_MALFORMED', 'not-age', path)
  const key = await keyFor(place, file.bytes)
  if (key.kind !== 'identities' && key.kind !== 'passphrase') return key
  const plain = await unseal(file.bytes, openingOf(key))
  if (plain === undefined) {
    const reason = key.kind === 'passphrase' ? 'wrong-passphrase' : 'not-opened'
    return final('denied', 'PROVIDER_DENIED', reason, path)
  }
  const document = readDocument(plain)
  wipe(plain)
  if (document === undefined) return final('malformed', 'SECRET_MALFORMED', 'not-a-store', path)
  return { kind: 'store', document, key, file }
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
  return alone(place, async () => {
    const opened = await openOrBegin(place, now)
    if (opened.kind !== 'store') return opened
    try {
      const outcome = change(opened.document)
      if (outcome.kind !== 'written') return outcome
      const replaced = await writeStore(place, opened)
      return replaced.kind === 'written' ? outcome : replaced
    } finally {
      wipeDocument(opened.document)
    }
  })
}

/** Seals the document as its key says, and puts it in the place of what was read. */
export async function writeStore(
  { path }: StorePlace,
  { document, key, file }: Omit<OpenStore, 'kind'>,
): Promise<PutOutcome> {
  const plain = writeDocument(document)
  const sealed = await seal(
    plain,
    key.kind === 'passphrase' ? key : { kind: 'recipients', recipients: document.recipients },
  )
  wipe(plain)
  if (sealed.length > MAX_BYTES) {
    return final('malformed', 'SECRET_TOO_LARGE', 'too-large', path)
  }
  return replaceFile(path, sealed, file?.stat)
}

async function openOrBegin(place: StorePlace, now: Date): Promise<OpenStore | Failure> {
  const opened = await openStore(place)
  return opened.kind === 'absent' ? beginStore(place, now) : opened
}

/** An empty store, not written yet: with the passphrase that is given, else with a key, made on first use. */
export async function beginStore(place: StorePlace, now: Date): Promise<OpenStore | Failure> {
  const passphrase = await readPassphrase(place)
  if (passphrase !== undefined) {
    if (passphrase.kind !== 'passphrase') return passphrase
    const document: Document = { recipients: [], secrets: new Map() }
    return { kind: 'store', document, key: passphrase, file: undefined }
  }
  const at = keyPlace(place.identity, place.path)
  let keys = await readIdentities(at)
  if (keys.kind === 'absent') {
    const made = await makeIdentity(at, now)
    if ('kind' in made) return made
    keys = { kind: 'identities', keys: [made] }
  }
  if (keys.kind !== 'identities') return keys
  const document: Document = { recipients: [keys.keys[0].recipient], secrets: new Map() }
  return { kind: 'store', document, key: keys, file: undefined }
}

/** Alone among the processes that change this store. */
export async function alone<T>({ path }: StorePlace, work: () => Promise<T>): Promise<T | Failure> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  } catch (error) {
    return failureOf(error, path)
  }
  return locked(`${path}.lock`, work)
}

/** Node has no flock. SQLite's lock on an empty file is one, and the kernel frees it when its holder dies. */
async function locked<T>(path: string, work: () => Promise<T>): Promise<T | Failure> {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  let db: DatabaseSync
  try {
    db = new DatabaseSync(path, { timeout: 0 })
  } catch {
    return unavailable('io', path)
  }
  try {
    const deadline = performance.now() + WAIT_MS
    for (let trouble = tryLock(db, path); trouble !== undefined; trouble = tryLock(db, path)) {
      if (trouble.reason !== 'locked' || performance.now() > deadline) return trouble
      await sleep(PAUSE_MS * (0.5 + Math.random()))
    }
    return await work()
  } finally {
    db.close()
  }
}

/** `undefined` where it is ours now. */
function tryLock(db: DatabaseSync, path: string): Failure | undefined {
  try {
    db.exec('BEGIN IMMEDIATE')
    return undefined
  } catch (error) {
    const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
    if (code === SQLITE_BUSY) return unavailable('locked', path)
    return unavailable(code === SQLITE_FULL ? 'disk-full' : 'io', path)
  }
}
