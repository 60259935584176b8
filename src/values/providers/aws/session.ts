/** A session of either AWS provider: connect on first use, read each place once, list in pages, close. */
import { SecretRefError } from '../../../errors.ts'
import { wipe } from '../../secret/bytes.ts'
import { closed, final, untilAborted } from '../../secret/outcome.ts'
import type {
  Context,
  Failure,
  History,
  Location,
  Meta,
  Outcome,
  PutOptions,
  PutOutcome,
  Session,
} from '../contract.ts'
import type { Answer, Connection, SdkClient } from './connection.ts'
import { valueIn } from './document.ts'

/** More names than this are not listed. */
const MAX_NAMES = 10_000

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

export interface Page {
  entries: readonly { name: string | undefined; meta: Meta }[]
  next: string | undefined
}

/** What one service does with a place as a whole, beside reading it. */
export interface Service<Sdk, C> extends Habit<Sdk, C> {
  /** As a sentence calls it, and the right that a list needs. */
  words: { service: string; listRight: string }
  put: (
    aws: Connection<Sdk, C>,
    at: Location,
    value: Buffer,
    options: PutOptions,
    now: Date,
  ) => Promise<PutOutcome>
  promote: (
    aws: Connection<Sdk, C>,
    at: Location,
    from: string,
    to: string,
    now: Date,
  ) => Promise<PutOutcome>
  history: (aws: Connection<Sdk, C>, at: Location) => Promise<History | Failure>
  remove?: (aws: Connection<Sdk, C>, at: Location, expect: string) => Promise<PutOutcome>
  /** Names that begin with `prefix`, or more; left out `next`: the first page. */
  page: (aws: Connection<Sdk, C>, prefix: string, next: string | undefined) => Promise<Answer<Page>>
}

/** What all of them say, each of one batch. */
export async function together<T>(
  batches: readonly Promise<ReadonlyMap<string, T>>[],
): Promise<ReadonlyMap<string, T>> {
  const all = new Map<string, T>()
  for (const batch of await Promise.all(batches)) for (const [key, one] of batch) all.set(key, one)
  return all
}

/** @param field the config's, where a location names none */
export function openAws<Sdk, C extends SdkClient>(
  service: Service<Sdk, C>,
  connect: () => Promise<Connection<Sdk, C> | Failure>,
  ctx: Context,
  field?: string,
): Session {
  const access = new Access(service, connect)
  const full = (at: Location): Location =>
    field === undefined || at.field !== undefined ? at : { ...at, field }
  const { remove } = service
  return {
    get: (items) => access.get(items.map(full), ctx.signal),
    put: async (at, value, options) => {
      if (value.length === 0) return final('malformed', 'SECRET_EMPTY', 'empty')
      return access.with(at, (aws) => service.put(aws, full(at), value, options, ctx.now()))
    },
    promote: (at, from, to) =>
      access.with(at, (aws) => service.promote(aws, full(at), from, to, ctx.now())),
    history: (at) => access.with(at, (aws) => service.history(aws, at)),
    ...(remove === undefined
      ? {}
      : { remove: (at, expect) => access.with(at, (aws) => remove(aws, full(at), expect)) }),
    list: (prefix) => access.list(prefix),
    close: () => access.close(),
  }
}

class Access<Sdk, C extends SdkClient> {
  readonly #service: Service<Sdk, C>
  readonly #connect: () => Promise<Connection<Sdk, C> | Failure>
  #connection: Promise<Connection<Sdk, C> | Failure> | undefined
  /** That somebody may still be asking by. */
  #earlier: Connection<Sdk, C>[] = []
  #open = true

  constructor(service: Service<Sdk, C>, connect: () => Promise<Connection<Sdk, C> | Failure>) {
    this.#service = service
    this.#connect = connect
  }

  async get(items: readonly Location[], signal: AbortSignal): Promise<readonly Outcome[]> {
    if (!this.#open) return items.map(() => closed)
    const { isPlace, keyOf } = this.#service
    const wanted = new Map<string, Location>()
    for (const at of items) if (isPlace(at)) wanted.set(keyOf(at), at)
    if (wanted.size === 0) return items.map(() => badName)
    return untilAborted(signal, items.length, async () => {
      const stored = await this.#read(wanted)
      try {
        return items.map((at) => {
          const one = isPlace(at) ? stored.get(keyOf(at)) : badName
          if (one === undefined) return badAnswer
          return one.kind === 'stored' ? valueIn(one.bytes, at.field, one.meta) : one
        })
      } finally {
        for (const one of stored.values()) if (one.kind === 'stored') wipe(one.bytes)
      }
    })
  }

  /** What asks for one place as a whole: a version of it has no versions, and is not written. */
  async with<T>(at: Location, work: (aws: Connection<Sdk, C>) => Promise<T>): Promise<T | Failure> {
    if (!this.#open) return closed
    if (!this.#service.isPlace(at) || at.version !== undefined) return badName
    const aws = await this.#connected()
    return aws.kind === 'connection' ? work(aws) : aws
  }

  async *list(prefix: string): AsyncGenerator<{ at: Location; meta: Meta }> {
    const { page, words } = this.#service
    const aws = await this.#connected()
    if (aws.kind !== 'connection') throw notListed(words, aws)
    let next: string | undefined
    let count = 0
    do {
      const answer = await page(aws, prefix, next)
      if (answer.kind !== 'answer') throw notListed(words, answer)
      for (const { name, meta } of answer.output.entries) {
        if (name === undefined || !name.startsWith(prefix)) continue
        if ((count += 1) > MAX_NAMES) throw tooMany(words)
        yield { at: { path: name }, meta }
      }
      next = answer.output.next
    } while (next !== undefined && next !== '')
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    const aws = await this.#connection
    if (aws?.kind === 'connection') aws.client.destroy()
    for (const { client } of this.#earlier.splice(0)) client.destroy()
  }

  /**
   * A session outlives the time of one connection, and what is asked late has time of its own. An outage is
   * asked again, a denial stands.
   */
  async #connected(): Promise<Connection<Sdk, C> | Failure> {
    const earlier = this.#connection
    const before = await earlier
    if (!this.#open) return closed
    const isOver =
      before?.kind === 'connection'
        ? performance.now() >= before.lateAt
        : before?.kind === 'unavailable'
    // Somebody else may have connected again meanwhile.
    if (isOver && this.#connection === earlier) {
      if (before?.kind === 'connection') this.#retire(before)
      this.#connection = undefined
    }
    return (this.#connection ??= this.#connect())
  }

  /** Nobody asks by a connection whose time is over. */
  #retire(connection: Connection<Sdk, C>): void {
    const all = [...this.#earlier, connection]
    this.#earlier = all.filter(({ signal }) => !signal.aborted)
    for (const { signal, client } of all) if (signal.aborted) client.destroy()
  }

  async #read(wanted: ReadonlyMap<string, Location>): Promise<ReadonlyMap<string, Stored>> {
    const aws = await this.#connected()
    if (aws.kind === 'connection') return this.#service.read(aws, wanted)
    return new Map(Array.from(wanted.keys(), (key) => [key, aws]))
  }
}

const badName: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-name')
const badAnswer: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

type Words = Service<unknown, unknown>['words']

function notListed({ service, listRight }: Words, { code }: Failure): SecretRefError {
  return new SecretRefError(code, `${service} could not be listed`, {
    scope: 'provider',
    hint: `allow this gateway ${listRight}, or do without`,
  })
}

function tooMany({ service }: Words): SecretRefError {
  return new SecretRefError(
    'PROVIDER_INVALID',
    `${service} holds more names than are listed at once`,
    { scope: 'provider', hint: 'ask for a narrower prefix' },
  )
}
