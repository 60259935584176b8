/** The names that a file provider has, with what may be said about each; the values are wiped. */
import { readdir } from 'node:fs/promises'
import { wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, Meta } from '../contract.ts'
import { Batch } from './batch.ts'
import { readEntry } from './entry.ts'
import { isFileName, ownPath, type Place } from './place.ts'
import { failureOf } from './read.ts'

export interface Names {
  names: readonly { name: string; meta: Meta }[]
}

/** A raw file has no names. An entry that cannot be read is named all the same, without metadata. */
export async function listNames(place: Place | undefined): Promise<Names | Failure> {
  if (place === undefined) return final('malformed', 'PROVIDER_INVALID', 'not-absolute')
  const batch = new Batch()
  try {
    const path = await ownPath(place, (one) => batch.read(one))
    const file = await batch.read(path)
    if (file.kind === 'folder') return await listFolder(path)
    if (file.kind !== 'file') return file
    if (place.format === 'raw') return { names: [] }
    const entries = batch.entries(file)
    if (entries.kind !== 'entries') return entries
    const names = [...entries.members.keys()].map((name) => {
      const outcome = readEntry(file, entries, name)
      if (outcome.kind !== 'value') return { name, meta: {} }
      wipe(outcome.value)
      return { name, meta: outcome.meta }
    })
    return { names }
  } finally {
    await batch.wipe()
  }
}

async function listFolder(path: string): Promise<Names | Failure> {
  try {
    const names = (await readdir(path)).filter(isFileName).toSorted()
    return { names: names.map((name) => ({ name, meta: {} })) }
  } catch (error) {
    return failureOf(error, path)
  }
}
