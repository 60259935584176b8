/** The files of one batch: each is opened and read once, and held until the last value was taken. */
import { wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, Outcome } from '../contract.ts'
import { readEntries, readEntry, type Entries } from './entry.ts'
import type { Target } from './place.ts'
import { readRaw } from './raw.ts'
import { readSecretFile, type Read, type SecretFile } from './read.ts'

export class Batch {
  readonly #reads = new Map<string, Promise<Read>>()
  readonly #entries = new Map<string, Entries | Failure>()

  read(path: string): Promise<Read> {
    let read = this.#reads.get(path)
    if (read === undefined) {
      read = readSecretFile(path)
      this.#reads.set(path, read)
    }
    return read
  }

  /** The file itself; a folder where a file is meant is refused. */
  async file(path: string): Promise<SecretFile | Failure> {
    const read = await this.read(path)
    return read.kind === 'folder'
      ? final('denied', 'FILE_INSECURE', 'not-a-regular-file', path)
      : read
  }

  entries(file: SecretFile): Entries | Failure {
    let entries = this.#entries.get(file.path)
    if (entries === undefined) {
      entries = readEntries(file)
      this.#entries.set(file.path, entries)
    }
    return entries
  }

  async take(target: Target): Promise<Outcome> {
    const file = await this.file(target.path)
    if (file.kind !== 'file') return file
    if (target.kind === 'raw') return readRaw(file)
    const entries = this.entries(file)
    return entries.kind === 'entries'
      ? readEntry(file, entries, nameIn(entries, target.names))
      : entries
  }

  async wipe(): Promise<void> {
    for (const read of await Promise.all(this.#reads.values())) {
      if (read.kind === 'file') wipe(read.bytes)
    }
  }
}

/** The first of `names` that is there; where none is, the first. */
export function nameIn(entries: Entries, names: readonly string[]): string {
  return names.find((name) => entries.members.has(name)) ?? names[0] ?? ''
}
