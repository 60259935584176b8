/** The `keychain` provider: items of the OS keychain, one for each name. */
import {
  enterKeychain,
  isItemName,
  KEYCHAIN_VARIABLES,
  readItem,
  removeItem,
  writeItem,
  type ItemChange,
} from '../keychain/items.ts'
import { closed, final, found, timedOut, untilAborted } from '../secret/outcome.ts'
import type {
  Context,
  Failure,
  Location,
  Outcome,
  Provider,
  PutOptions,
  PutOutcome,
  Session,
} from './contract.ts'

const SERVICE = 'secretref'

export const provider: Provider = {
  spec: {
    type: 'keychain',
    summary: 'The keychain of the desktop: macOS Keychain, or the Secret Service on Linux.',
    options: {
      type: 'object',
      properties: {
        service: {
          type: 'string',
          minLength: 1,
          maxLength: 256,
          description: 'The service that the items are kept under. Left out: `secretref`.',
        },
      },
      additionalProperties: false,
    },
    env: () => KEYCHAIN_VARIABLES,
  },
  async open({ service }, ctx): Promise<Session> {
    enterKeychain(ctx.env)
    return new KeychainSession(typeof service === 'string' ? service : SERVICE, ctx)
  },
}

const badName: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-name')

/**
 * Without `list`: the library names items only by reading all of their values, as strings. Without
 * versions: a keychain keeps none, and so nothing to compare before a write.
 */
class KeychainSession implements Session {
  readonly #service: string
  readonly #ctx: Context
  #open = true

  constructor(service: string, ctx: Context) {
    this.#service = service
    this.#ctx = ctx
  }

  get(items: readonly Location[]): Promise<readonly Outcome[]> {
    return untilAborted(this.#ctx.signal, items.length, async () => {
      if (!this.#open) return items.map(() => closed)
      const outcomes: Outcome[] = []
      // One after the other: a keychain that asks its user to unlock it asks once.
      for (const at of items) outcomes.push(await this.#read(at))
      return outcomes
    })
  }

  async put(
    at: Location,
    value: Buffer,
    { expect, stage = 'current' }: PutOptions,
  ): Promise<PutOutcome> {
    if (value.length === 0) return final('malformed', 'SECRET_EMPTY', 'empty')
    if (stage === 'pending') return final('malformed', 'UNSUPPORTED', 'no-stages')
    return this.#change(at, expect, (item) => writeItem(item, value))
  }

  async remove(at: Location, expect: string): Promise<PutOutcome> {
    return this.#change(at, expect, removeItem)
  }

  async close(): Promise<void> {
    this.#open = false
  }

  async #read(at: Location): Promise<Outcome> {
    if (!isPlace(at)) return badName
    const read = await readItem(this.#item(at), this.#ctx.signal)
    return read.kind === 'item' ? found(read.bytes) : read
  }

  async #change(
    at: Location,
    expect: string,
    change: (item: { service: string; account: string }) => Promise<ItemChange>,
  ): Promise<PutOutcome> {
    if (!this.#open) return closed
    if (this.#ctx.signal.aborted) return timedOut
    if (!isPlace(at)) return badName
    if (expect !== 'any') return final('malformed', 'UNSUPPORTED', 'no-compare')
    const changed = await change(this.#item(at))
    if (changed.kind !== 'done') return changed
    // It knows no versions.
    return { kind: 'written', version: '0', at: { path: at.path } }
  }

  #item({ path }: Location): { service: string; account: string } {
    return { service: this.#service, account: path }
  }
}

/** A version or a field that is not obeyed would deliver something else than was asked for. */
function isPlace({ path, field, version, alias }: Location): boolean {
  return field === undefined && version === undefined && alias === undefined && isItemName(path)
}
