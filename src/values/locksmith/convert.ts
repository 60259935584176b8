/**
 * Another kind of key for a store: a key file, the keychain, a passphrase. Killed at any point, it leaves
 * a store that opens: what opens the new one is durable before the store is sealed to it, and what opened
 * the old one stays where it is. Between a file and the keychain the key is the same, in both places, so
 * that starts go on until the config says the new one.
 */
import type { KeyKind, StoreAction } from '../../gateway/input/store-words.ts'
import { wipe } from '../secret/bytes.ts'
import { wipeDocument } from '../store/document.ts'
import { alone, openStore, writeStore, type OpenStore } from '../store/file.ts'
import { keyPlace, makeIdentity, readIdentities, writeIdentities } from '../store/identity.ts'
import { readPassphrase, type StorePlace } from '../store/key.ts'
import { newPassphrase } from './passphrase.ts'
import {
  failed,
  fault,
  keyed,
  notWritten,
  reported,
  undone,
  type Report,
  type Work,
} from './report.ts'

type Rekey = Extract<StoreAction, { kind: 'rekey' }>

/** @param to another kind than the store has now */
export async function convert(
  work: Work,
  to: KeyKind,
  { keyFile }: Pick<Rekey, 'keyFile'>,
  byPassphrase: boolean,
): Promise<Report> {
  if (to === 'passphrase') return toPassphrase(work)
  const place = { ...work.place, identity: to === 'keychain' ? 'keychain' : keyFile }
  const { now } = work
  return changed(work.place, (opened) =>
    byPassphrase ? toKey(place, opened, now) : toPlace(place, opened, now),
  )
}

async function toPassphrase(work: Work): Promise<Report> {
  const before = await openStore(work.place)
  if (before.kind !== 'store') return failed(before)
  wipeDocument(before.document)
  // Known before anything is typed.
  if (hasOthers(before)) return fault('others', 'USAGE')
  const given = await readPassphrase(work.place)
  if (given !== undefined && given.kind !== 'passphrase') return failed(given)
  const typed = given === undefined ? await newPassphrase(work) : undefined
  if (typed !== undefined && !Buffer.isBuffer(typed)) return typed
  const passphrase = given?.passphrase ?? typed?.toString() ?? ''
  try {
    return await changed(work.place, (opened) => {
      if (opened.key.kind === 'passphrase') return fault('conflict', 'PROVIDER_UNAVAILABLE')
      if (hasOthers(opened)) return fault('others', 'USAGE')
      opened.document.recipients = []
      return sealed(work.place, { ...opened, key: { kind: 'passphrase', passphrase } })
    })
  } finally {
    wipe(typed)
  }
}

function hasOthers({ document, key }: OpenStore): boolean {
  if (key.kind === 'passphrase') return false
  const ours = new Set(key.keys.map(({ recipient }) => recipient))
  return document.recipients.some((one) => !ours.has(one))
}

/** A key that lies there already is the one. */
async function toKey(place: StorePlace, opened: OpenStore, now: Date): Promise<Report> {
  const at = keyPlace(place.identity, place.path)
  let keys = await readIdentities(at)
  if (keys.kind === 'absent') {
    const made = await makeIdentity(at, now)
    if ('kind' in made) return failed(made)
    keys = { kind: 'identities', keys: [made] }
  }
  if (keys.kind !== 'identities') return failed(keys)
  opened.document.recipients = [keys.keys[0].recipient]
  return sealed(place, { ...opened, key: keys })
}

async function toPlace(place: StorePlace, opened: OpenStore, now: Date): Promise<Report> {
  const { key } = opened
  if (key.kind === 'passphrase') return fault('conflict', 'PROVIDER_UNAVAILABLE')
  const at = keyPlace(place.identity, place.path)
  const there = await readIdentities(at)
  if (there.kind !== 'identities' && there.kind !== 'absent') return failed(there)
  const before = there.kind === 'identities' ? there.keys : []
  const known = new Set(key.keys.map(({ recipient }) => recipient))
  const others = before.filter(({ recipient }) => !known.has(recipient))
  const file = there.kind === 'identities' ? there.file : undefined
  const written = await writeIdentities(at, [...key.keys, ...others], file, now)
  if (written !== undefined) return undone(written)
  // Read back: the key that is there must be the one before anybody removes the other.
  const again = await readIdentities(at)
  if (again.kind !== 'identities') return failed(again)
  const [first] = again.keys
  if (first.recipient !== key.keys[0].recipient) return fault('conflict', 'PROVIDER_UNAVAILABLE')
  return keyed(place, opened)
}

async function sealed(place: StorePlace, opened: OpenStore): Promise<Report> {
  const written = await writeStore(place, opened)
  return written.kind === 'written' ? keyed(place, opened) : notWritten(written)
}

async function changed(
  place: StorePlace,
  change: (opened: OpenStore) => Report | Promise<Report>,
): Promise<Report> {
  return reported(
    await alone(place, async (): Promise<Report> => {
      const opened = await openStore(place)
      if (opened.kind !== 'store') return failed(opened)
      try {
        return await change(opened)
      } finally {
        wipeDocument(opened.document)
      }
    }),
  )
}
