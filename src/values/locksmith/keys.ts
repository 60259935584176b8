/** A store is made, and its recipients are shown and changed. */
import type { StoreAction } from '../../gateway/input/store-words.ts'
import { wipe } from '../secret/bytes.ts'
import { wipeDocument } from '../store/document.ts'
import {
  alone,
  beginStore,
  openStore,
  readStore,
  writeStore,
  type OpenStore,
} from '../store/file.ts'
import { readPassphrase, type StorePlace } from '../store/key.ts'
import { isRecipient, isSealedByPassphrase } from '../store/seal.ts'
import { newPassphrase } from './passphrase.ts'
import { failed, fault, keyed, notWritten, reported, type Report, type Work } from './report.ts'

type Init = Extract<StoreAction, { kind: 'init' }>
type Change = Extract<StoreAction, { kind: 'add' | 'remove' }>

/** Makes an empty store and its key; where there is one already, nothing happens to it. */
export async function init(work: Work, { key, recipients }: Init): Promise<Report> {
  for (const one of recipients) if (!(await isRecipient(one))) return fault('recipient', 'USAGE')
  const { path, passphraseFile } = work.place
  const there = await openStore({ path, identity: work.place.identity })
  // Whatever it is that cannot be opened: it is there.
  if (there.kind !== 'absent') {
    if (there.kind === 'store') wipeDocument(there.document)
    return fault('exists', 'USAGE')
  }
  let typed: Buffer | undefined
  let place: StorePlace = { path, identity: key === 'keychain' ? 'keychain' : work.place.identity }
  if (key === 'passphrase') {
    const given = await readPassphrase(work.place)
    if (given !== undefined && given.kind !== 'passphrase') return failed(given)
    if (given === undefined) {
      const answer = await newPassphrase(work)
      if (!Buffer.isBuffer(answer)) return answer
      typed = answer
      place = { ...place, passphrase: typed }
    } else {
      place = { ...work.place, ...(passphraseFile === undefined ? {} : { passphraseFile }) }
    }
  }
  try {
    return await alone(place, async (): Promise<Report> => {
      const again = await openStore(place)
      if (again.kind !== 'absent') {
        if (again.kind === 'store') wipeDocument(again.document)
        return fault('exists', 'USAGE')
      }
      const begun = await beginStore(place, work.now)
      if (begun.kind !== 'store') return failed(begun)
      for (const one of recipients) {
        if (!begun.document.recipients.includes(one)) begun.document.recipients.push(one)
      }
      const written = await writeStore(place, begun)
      return written.kind === 'written' ? keyed(place, begun) : notWritten(written)
    }).then(reported)
  } finally {
    wipe(typed)
  }
}

export async function showRecipients({ place }: Work): Promise<Report> {
  const opened = await openStore(place)
  if (opened.kind === 'absent') return fault('absent', 'SECRET_NOT_FOUND')
  if (opened.kind !== 'store') return failed(opened)
  wipeDocument(opened.document)
  return keyed(place, opened)
}

/** The store is sealed anew at once: who was added can open it, who was removed cannot open this one. */
export async function changeRecipients(work: Work, { kind, recipient }: Change): Promise<Report> {
  if (!(await isRecipient(recipient))) return fault('recipient', 'USAGE')
  const sealed = await readStore(work.place)
  // Known without the second that a passphrase takes.
  if (sealed.kind === 'file' && isSealedByPassphrase(sealed.bytes)) {
    return fault('passphrase', 'USAGE')
  }
  return changed(work, (opened) => {
    if (opened.key.kind === 'passphrase') return fault('passphrase', 'USAGE')
    const { recipients } = opened.document
    const known = recipients.includes(recipient)
    if (kind === 'add') {
      if (known) return fault('known', 'USAGE')
      recipients.push(recipient)
      return undefined
    }
    if (!known) return fault('unknown', 'USAGE')
    if (opened.key.keys.some((own) => own.recipient === recipient)) return fault('own', 'USAGE')
    recipients.splice(recipients.indexOf(recipient), 1)
    return undefined
  })
}

async function changed(
  { place }: Work,
  change: (opened: OpenStore) => Report | undefined,
): Promise<Report> {
  return reported(
    await alone(place, async (): Promise<Report> => {
      const opened = await openStore(place)
      if (opened.kind === 'absent') return fault('absent', 'SECRET_NOT_FOUND')
      if (opened.kind !== 'store') return failed(opened)
      try {
        const refused = change(opened)
        if (refused !== undefined) return refused
        const written = await writeStore(place, opened)
        return written.kind === 'written' ? keyed(place, opened) : notWritten(written)
      } finally {
        wipeDocument(opened.document)
      }
    }),
  )
}
