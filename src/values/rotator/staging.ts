/**
 * What a rotation holds between its steps: the value that it replaces and the new one, each with the id
 * that the service gave it, and what lived there before a creation was sent. An encrypted store of its own
 * (`rotations.age`): written whole under a lock, durable when a call returns, so that a value which the
 * service has made is never in memory alone.
 */
import { copy } from '../secret/bytes.ts'
import type { Failure } from '../providers/contract.ts'
import { wipeDocument, type Document } from '../store/document.ts'
import { changeStore, openStore, type StorePlace } from '../store/file.ts'
import { addVersion, remove, versionAt } from '../store/versions.ts'
import type { Before, Credential } from './driver.ts'

export type Role = 'old' | 'new'

export type Staged = {
  kind: 'staged'
  before?: Before
  dead?: true
  sent?: true
  set?: true
} & Partial<Record<Role, Credential>>

export class Staging {
  readonly #place: StorePlace
  readonly #now: () => Date

  constructor(place: StorePlace, now: () => Date) {
    this.#place = place
    this.#now = now
  }

  /** The first one of a rotation stays: a repeat keeps what is there. @returns why it is not kept */
  async keep(
    rotation: string,
    role: Role,
    { value, id }: Credential,
  ): Promise<Failure | undefined> {
    const now = this.#now()
    const put = (document: Document, name: string, bytes: Buffer): void => {
      const added = { value: bytes, expect: 'any', operation: name, stage: 'current', now } as const
      addVersion(document, name, added)
    }
    const outcome = await changeStore(this.#place, now, (document) => {
      const name = nameOf(rotation, role)
      if (!document.secrets.has(name)) {
        put(document, name, value)
        if (id !== undefined) put(document, `${name}.id`, Buffer.from(id))
      }
      return { kind: 'written', version: '1' }
    })
    return failureOf(outcome)
  }

  /** What lives before a creation is sent; the last one stays. @returns why it is not kept */
  async note(rotation: string, ids: readonly string[]): Promise<Failure | undefined> {
    return this.#note(`${rotation}.before`, JSON.stringify(ids))
  }

  /**
   * `dead`: the old one is refused before anything is done. `sent`: the new one is about to be set. `set`: the
   * service has answered that it is. @returns why it is not kept
   */
  async mark(rotation: string, as: 'dead' | 'sent' | 'set'): Promise<Failure | undefined> {
    return this.#note(`${rotation}.${as}`, as)
  }

  /** It is let in after all. @returns why that is not kept */
  async unmark(rotation: string): Promise<Failure | undefined> {
    const outcome = await changeStore(this.#place, this.#now(), (document) => {
      remove(document, `${rotation}.dead`, 'any')
      return { kind: 'written', version: '1' }
    })
    return failureOf(outcome)
  }

  async #note(name: string, text: string): Promise<Failure | undefined> {
    const now = this.#now()
    const outcome = await changeStore(this.#place, now, (document) => {
      remove(document, name, 'any')
      const value = Buffer.from(text)
      addVersion(document, name, { value, expect: 'any', operation: name, stage: 'current', now })
      return { kind: 'written', version: '1' }
    })
    return failureOf(outcome)
  }

  /** The caller wipes the values. */
  async read(rotation: string): Promise<Staged | Failure> {
    const opened = await openStore(this.#place)
    if (opened.kind === 'absent') return { kind: 'staged' }
    if (opened.kind !== 'store') return opened
    const { document } = opened
    try {
      const [old, fresh] = [take(document, rotation, 'old'), take(document, rotation, 'new')]
      const before = beforeIn(document, rotation)
      return {
        kind: 'staged',
        ...(old && { old }),
        ...(fresh && { new: fresh }),
        ...(before && { before }),
        ...(document.secrets.has(`${rotation}.dead`) && { dead: true }),
        ...(document.secrets.has(`${rotation}.sent`) && { sent: true }),
        ...(document.secrets.has(`${rotation}.set`) && { set: true }),
      }
    } finally {
      wipeDocument(document)
    }
  }

  /** All that these rotations have left; what is gone already is no failure. */
  async drop(rotations: readonly string[]): Promise<Failure | undefined> {
    const outcome = await changeStore(this.#place, this.#now(), (document) => {
      for (const rotation of rotations) {
        for (const role of ['old', 'new'] as const) {
          const name = nameOf(rotation, role)
          for (const one of [name, `${name}.id`]) remove(document, one, 'any')
        }
        for (const note of ['before', 'dead', 'sent', 'set'])
          remove(document, `${rotation}.${note}`, 'any')
      }
      return { kind: 'written', version: '1' }
    })
    return failureOf(outcome)
  }
}

/** Whether anything is kept of it: it is under way, or was given up as it stood. */
export function isStaged(document: Document, rotation: string): boolean {
  return document.secrets.has(nameOf(rotation, 'old'))
}

function nameOf(rotation: string, role: Role): string {
  return `${rotation}.${role}`
}

function take(document: Document, rotation: string, role: Role): Credential | undefined {
  const name = nameOf(rotation, role)
  const value = versionAt(document, name, undefined)?.value
  if (value === undefined) return undefined
  const id = versionAt(document, `${name}.id`, undefined)?.value
  return { value: copy(value), ...(id && { id: id.toString() }) }
}

function beforeIn(document: Document, rotation: string): Before | undefined {
  const noted = versionAt(document, `${rotation}.before`, undefined)
  if (noted === undefined) return undefined
  const ids: string[] = JSON.parse(noted.value.toString())
  return { at: noted.createdAt, ids }
}

function failureOf(outcome: { kind: string } | Failure): Failure | undefined {
  if (outcome.kind === 'written') return undefined
  return 'code' in outcome ? outcome : notKept
}

const notKept: Failure = { kind: 'unavailable', code: 'STATE_UNAVAILABLE', reason: 'io' }
