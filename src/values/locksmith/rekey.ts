/**
 * A new key for a store. Killed at any point, it leaves a store that opens: first the key file holds the
 * new identity beside the old ones, then the store is sealed to the new one, then the old ones are put
 * aside, where they open older copies, and last they leave the key file. Each step replaces one file whole.
 */
import type { StoreAction } from '../../gateway/input/store-words.ts'
import { wipe } from '../secret/bytes.ts'
import { final } from '../secret/outcome.ts'
import { wipeDocument } from '../store/document.ts'
import { alone, openStore, readStore, writeStore, type OpenStore } from '../store/file.ts'
import {
  keyPlace,
  oldKeyPlace,
  readIdentities,
  writeIdentities,
  type Identities,
} from '../store/identity.ts'
import { readPassphrase } from '../store/key.ts'
import { isSealedByPassphrase, newKeyPair, type KeyPair } from '../store/seal.ts'
import { convert } from './convert.ts'
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

/** @param action `to` where the store is to have another kind of key */
export async function rekey(work: Work, action: Rekey): Promise<Report> {
  const { place } = work
  const sealed = await readStore(place)
  if (sealed.kind === 'absent') return fault('absent', 'SECRET_NOT_FOUND')
  if (sealed.kind !== 'file') return failed(sealed)
  const byPassphrase = isSealedByPassphrase(sealed.bytes)
  const kind = byPassphrase ? 'passphrase' : place.identity === 'keychain' ? 'keychain' : 'file'
  const { to = kind } = action
  if (to !== kind) {
    const converted = await convert(work, to, action, byPassphrase)
    return converted.type === 'keyed' ? { ...converted, from: kind } : converted
  }
  let typed: Buffer | undefined
  if (byPassphrase) {
    const given = await readPassphrase(place)
    if (given === undefined) return failed(final('denied', 'PROVIDER_DENIED', 'no-passphrase'))
    if (given.kind !== 'passphrase') return failed(given)
    // Asked for before the lock is taken: nobody waits for somebody who types.
    const answer = await newPassphrase(work)
    if (!Buffer.isBuffer(answer)) return answer
    typed = answer
  }
  try {
    return reported(
      await alone(place, async (): Promise<Report> => {
        const opened = await openStore(place)
        if (opened.kind !== 'store') return failed(opened)
        try {
          if (opened.key.kind === 'identities') return await newIdentity(work, opened, opened.key)
          if (typed === undefined) return fault('conflict', 'PROVIDER_UNAVAILABLE')
          const passphrase = typed.toString()
          const renewed = { ...opened, key: { kind: 'passphrase', passphrase } as const }
          const written = await writeStore(place, renewed)
          return written.kind === 'written' ? keyed(place, renewed) : notWritten(written)
        } finally {
          wipeDocument(opened.document)
        }
      }),
    )
  } finally {
    wipe(typed)
  }
}

async function newIdentity(
  { place, now }: Work,
  opened: OpenStore,
  { keys: old, file }: Identities,
): Promise<Report> {
  const at = keyPlace(place.identity, place.path)
  const pair = await newKeyPair()
  const both = await writeIdentities(at, [pair, ...old], file, now)
  if (both !== undefined) return undone(both)
  const ours = new Set(old.map(({ recipient }) => recipient))
  opened.document.recipients = [
    pair.recipient,
    ...opened.document.recipients.filter((one) => !ours.has(one)),
  ]
  const written = await writeStore(place, opened)
  if (written.kind !== 'written') return notWritten(written)
  const aside = await putAside(at, old, now)
  if (aside !== undefined) return aside
  const again = await readIdentities(at)
  if (again.kind !== 'identities') return failed(again)
  const settled = await writeIdentities(at, [pair], again.file, now)
  if (settled !== undefined) return undone(settled)
  return keyed(place, { ...opened, key: { kind: 'identities', keys: [pair] } })
}

/** Before those that earlier rekeys left there; what is there is never lost. */
async function putAside(
  at: ReturnType<typeof keyPlace>,
  old: readonly KeyPair[],
  now: Date,
): Promise<Report | undefined> {
  const place = oldKeyPlace(at)
  const there = await readIdentities(place)
  if (there.kind !== 'identities' && there.kind !== 'absent') return failed(there)
  const before = there.kind === 'identities' ? there.keys : []
  const known = new Set(before.map(({ recipient }) => recipient))
  const all = [...old.filter(({ recipient }) => !known.has(recipient)), ...before]
  const file = there.kind === 'identities' ? there.file : undefined
  const written = await writeIdentities(place, all, file, now)
  return written === undefined ? undefined : undone(written)
}
