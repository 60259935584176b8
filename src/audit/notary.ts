/**
 * What the running log has to do with signatures: it holds the log against its last checkpoint, and signs the
 * next one. All of it under the log's lock.
 */
import type { KeyObject } from 'node:crypto'
import type { Home } from '../state/home.ts'
import type { Tip } from './chain.ts'
import {
  checkConsistent,
  checkpointGone,
  checkpointOf,
  listedCheckpoint,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoints.ts'
import { tampered } from './failures.ts'
import type { AuditLock } from './lock.ts'
import { beginningOf, type Beginning, type Opened } from './opened.ts'
import { loadSigningKey } from './signing-key.ts'

export class Notary {
  readonly #home: Home
  readonly #lock: AuditLock
  #key: KeyObject | undefined

  constructor(home: Home, lock: AuditLock) {
    this.#home = home
    this.#lock = lock
  }

  /** Signs the tree that has come to `tip`, which is durable; returns the note. */
  async sign(tip: Tip, origin: string): Promise<string> {
    const note = await writeCheckpoint(this.#home, tip, origin, this.#signingKey())
    this.#lock.storeSigned(tip)
    return note
  }

  /** The last checkpoint must be one of this log, and the log what it signed. Errors: AUDIT_TAMPERED. */
  vouch(opened: Opened, tip: Tip, catchUp: (opened: Opened) => void): Beginning | undefined {
    const beginning = this.beginning(opened)
    const note = readCheckpoint(this.#home) ?? this.#lost(opened, beginning)
    if (note === undefined || note === opened.vouched) return beginning
    const known = this.#lock.signed()
    if (beginning === undefined) {
      throw tampered('the audit log does not begin with a record, and a checkpoint signs some')
    }
    const checkpoint = checkpointOf(note, beginning.origin, this.#signingKey())
    opened.signed = checkpoint.size
    // Another process has signed what we have not read yet.
    if (checkpoint.size > tip.seq) catchUp(opened)
    const upTo = checkpoint.size > tip.seq ? opened.end : tip
    checkConsistent(this.#home.auditLog, opened.fd, checkpoint, known, upTo)
    if (upTo === opened.end) opened.vouched = note
    return beginning
  }

  /** What stood in the file that is gone, where that is known for sure; undefined where none ever stood there. */
  #lost(opened: Opened, beginning: Beginning | undefined): string | undefined {
    const known = this.#lock.signed()
    if (known === undefined) return undefined
    const note =
      beginning && listedCheckpoint(this.#home, beginning.origin, this.#signingKey(), known)
    if (note === undefined) throw checkpointGone(`put ${this.#home.checkpoint} back from a backup`)
    return (opened.lost = note)
  }

  /** Of the log that is open; undefined where it holds no record yet. */
  beginning(opened: Opened): Beginning | undefined {
    const beginning = opened.beginning ?? beginningOf(opened.fd)
    if (beginning !== undefined) opened.beginning = beginning
    return beginning
  }

  #signingKey(): KeyObject {
    this.#key ??= loadSigningKey(this.#home.checkpointKey)
    return this.#key
  }
}
