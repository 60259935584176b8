/** What a session of either AWS provider does: connect on first use, read each place once, close. */
import { wipe } from '../../secret/bytes.ts'
import { closed, final, untilAborted } from '../../secret/outcome.ts'
import type { Context, Failure, Location, Meta, Outcome } from '../contract.ts'
import type { Connection, SdkClient } from './connection.ts'
import { valueIn } from './document.ts'

/** What is stored at one place. The bytes are the receiver's, who wipes them. */
export type Stored = { kind: 'stored'; bytes: Buffer; meta: Meta & { version: string } } | Failure

/** How one service calls its places, and reads them. */
export interface Habit<Sdk, C> {
  isPlace: (at: Location) => boolean
  /** The same for locations that differ in their field alone. */
  keyOf: (at: Location) => string
  /** An answer for each key. */
  read: (
    aws: Connection<Sdk, C>,
    wanted: ReadonlyMap<string, Location>,
  ) => Promise<ReadonlyMap<string, Stored>>
}

/** What all of them say, each of one batch. */
export async function together<T>(
  batches: readonly Promise<ReadonlyMap<string, T>>[],
): Promise<ReadonlyMap<string, T>> {
  const all = new Map<string, T>()
  for (const batch of await Promise.all(batches)) for (const [key, one] of batch) all.set(key, one)
  return all
}

export class Access<Sdk, C extends SdkClient> {
  readonly #habit: Habit<Sdk, C>
  readonly #connect: () => Promise<Connection<Sdk, C> | Failure>
  #connection: Promise<Connection<Sdk, C> | Failure> | undefined
  #open = true

  constructor(habit: Habit<Sdk, C>, connect: () => Promise<Connection<Sdk, C> | Failure>) {
    this.#habit = habit
    this.#connect = connect
  }

  async connection(): Promise<Connection<Sdk, C> | Failure> {
    return this.#open ? (this.#connection ??= this.#connect()) : closed
  }

  /** @param field the config's, where a location names none */
  async get(
    items: readonly Location[],
    field: string | undefined,
    { signal }: Context,
  ): Promise<readonly Outcome[]> {
    if (!this.#open) return items.map(() => closed)
    const { isPlace, keyOf } = this.#habit
    const wanted = new Map<string, Location>()
    for (const at of items) if (isPlace(at)) wanted.set(keyOf(at), at)
    if (wanted.size === 0) return items.map(() => badName)
    return untilAborted(signal, items.length, async () => {
      const stored = await this.#read(wanted)
      try {
        return items.map((at) => {
          const one = isPlace(at) ? stored.get(keyOf(at)) : badName
          if (one === undefined) return badAnswer
          return one.kind === 'stored' ? valueIn(one.bytes, at.field ?? field, one.meta) : one
        })
      } finally {
        for (const one of stored.values()) if (one.kind === 'stored') wipe(one.bytes)
      }
    })
  }

  /** What asks for one place as a whole: a version of it has no versions, and is not written. */
  async with<T>(at: Location, work: (aws: Connection<Sdk, C>) => Promise<T>): Promise<T | Failure> {
    if (!this.#open) return closed
    if (!this.#habit.isPlace(at) || at.version !== undefined) return badName
    const aws = await this.connection()
    return aws.kind === 'connection' ? work(aws) : aws
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    const aws = await this.#connection
    if (aws?.kind === 'connection') aws.client.destroy()
  }

  async #read(wanted: ReadonlyMap<string, Location>): Promise<ReadonlyMap<string, Stored>> {
    const aws = await this.connection()
    if (aws.kind === 'connection') return this.#habit.read(aws, wanted)
    return new Map(Array.from(wanted.keys(), (key) => [key, aws]))
  }
}

const badName: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-name')
const badAnswer: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-answer')
