/**
 * The providers of one start. Each is opened once for all that comes to it, along whatever chain: it is
 * signed in to once, and a credential that is good for one login serves all of them.
 */
import type { Sheet } from '../../gateway/sheet.ts'
import type { Provider, Session } from '../providers/contract.ts'
import type { Calls } from './calls.ts'

export type ProviderTypes = Readonly<Record<string, () => Promise<Provider>>>

export interface Opening {
  sheet: Sheet
  /** The gateway's variables that providers may see; each provider gets its own names only. */
  env: ReadonlyMap<string, Buffer>
  /** Ends the whole start. */
  signal: AbortSignal
  calls: Calls
  /** Without a prototype. */
  types: ProviderTypes
}

export class Sessions {
  readonly #opening: Opening
  readonly #opened = new Map<string, Promise<Session | undefined>>()

  constructor(opening: Opening) {
    this.#opening = opening
  }

  /** `undefined` where the sheet has no such provider, or nobody knows its type. Rejects where it throws. */
  of(name: string): Promise<Session | undefined> {
    const known = this.#opened.get(name)
    if (known !== undefined) return known
    const opened = this.#open(name)
    this.#opened.set(name, opened)
    return opened
  }

  async #open(name: string): Promise<Session | undefined> {
    const { sheet, env, signal, calls, types } = this.#opening
    const configured = Object.hasOwn(sheet.providers, name) ? sheet.providers[name] : undefined
    const load = configured === undefined ? undefined : types[configured.type]
    if (configured === undefined || load === undefined) return undefined
    const { options } = configured
    const provider = await load()
    return provider.open(options, {
      name,
      signal,
      now: () => new Date(),
      spend: (count) => calls.spend(name, count),
      env: visible(provider, options, sheet, name, env),
    })
  }

  /** When every outcome is in: a session that cannot close cleanly dies with this process. */
  async close(): Promise<void> {
    await Promise.allSettled(
      Array.from(this.#opened.values(), async (opened) => (await opened)?.close()),
    )
  }
}

/** What this provider may see of the gateway's variables, for every location any chain has in it. */
function visible(
  provider: Provider,
  options: Readonly<Record<string, unknown>>,
  sheet: Sheet,
  name: string,
  env: ReadonlyMap<string, Buffer>,
): Map<string, Buffer> {
  const locations = sheet.items.flatMap((item) =>
    item.chain.filter((step) => step.provider === name).map((step) => step.at),
  )
  const seen = new Map<string, Buffer>()
  for (const variable of provider.spec.env(options, locations)) {
    const value = env.get(variable)
    if (value !== undefined) seen.set(variable, value)
  }
  return seen
}
