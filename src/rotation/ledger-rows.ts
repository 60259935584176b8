/** The rows of the ledger, as one rotation writes them. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { enterLeft, stateColumn } from './left.ts'

export type Role = 'old' | 'new'

/**
 * `made`: it may live there and nobody uses it yet. `previous`: it lives on for those who hold it. `left`: it
 * may live on there, and only a person ends it. `ended`: we have ended it, or saw it refused.
 */
const STATES = ['made', 'current', 'previous', 'left', 'ended'] as const
export type State = (typeof STATES)[number]

/** All of it is part of the transaction that writes a step. */
export class Rows {
  readonly #db: DatabaseSync
  readonly #id: string
  readonly #at: string

  constructor(db: DatabaseSync, id: string, at: string) {
    this.#db = db
    this.#id = id
    this.#at = at
  }

  stateOf(role: Role): State | undefined {
    const row = this.#db
      .prepare(
        `SELECT ${stateColumn(this.#db)} AS state FROM ledger l WHERE l.rotation = ? AND l.role = ?`,
      )
      .get(this.#id, role)
    return row && toState(row)
  }

  is(role: Role, state: State): void {
    this.#write(this.#id, role, state)
  }

  /** What other rotations of this ref have made current is no longer. */
  replaced(): void {
    for (const [rotation, role] of this.#others(`l.state = 'current'`)) {
      this.#write(rotation, role, 'previous')
    }
  }

  /** Also where an earlier rotation has the same one: it made it, or it had replaced it before. */
  isEverywhere(role: Role, state: State): void {
    this.is(role, state)
    const same = `EXISTS (SELECT 1 FROM ledger own WHERE own.rotation = this.id AND own.role = ?
      AND CASE WHEN own.fingerprint IS NULL OR l.fingerprint IS NULL
        THEN own.version = l.version AND this.place = r.place
        ELSE own.fingerprint = l.fingerprint END)`
    for (const [rotation, its] of this.#others(same, role)) this.#write(rotation, its, state)
  }

  #others(where: string, ...values: string[]): [rotation: string, role: Role][] {
    return this.#db
      .prepare(
        `SELECT l.rotation, l.role FROM ledger l
           JOIN rotations r ON r.id = l.rotation JOIN rotations this ON this.id = ?
         WHERE r.id <> this.id AND r.config = this.config AND r.environment = this.environment
           AND r.ref = this.ref AND ${where}`,
      )
      .all(this.#id, ...values)
      .map((row) => [String(row['rotation']), toRole(row)])
  }

  #write(rotation: string, role: Role, state: State): void {
    const { changes } = this.#db
      .prepare('UPDATE ledger SET state = ?, updated_at = ? WHERE rotation = ? AND role = ?')
      .run(state === 'left' ? 'previous' : state, this.#at, rotation, role)
    if (changes > 0) enterLeft(this.#db, rotation, role, state === 'left')
  }
}

export function toRole(row: Record<string, SQLOutputValue>): Role {
  return row['role'] === 'old' ? 'old' : 'new'
}

export function toState(row: Record<string, SQLOutputValue>): State {
  return STATES.find((state) => state === row['state']) ?? 'made'
}
