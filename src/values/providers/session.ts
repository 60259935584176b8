/** One provider, opened for one piece of work. */
import { readEnvironment } from '../resolver/environ.ts'
import { wipe } from '../secret/bytes.ts'
import type { Location, Session } from './contract.ts'
import { PROVIDERS } from './registry.generated.ts'

export interface Opening {
  /** As the config names it. */
  provider: string
  type: string
  options: Readonly<Record<string, unknown>>
  at: Location
  /** Whose variables the provider may see, where there is a /proc to read them from. */
  gatewayPid?: number
  /**
   * Ends it. Left out: a provider that asks over a network has a deadline of its own; a write to a file
   * has none.
   */
  signal?: AbortSignal
}

/** Counts what a provider is asked, against what control has allotted; left out: as often as it likes. */
export class CallCount {
  spent = 0
  /** Whether more was wanted than there was. */
  exhausted = false
  #most: number

  constructor(most = Infinity) {
    this.#most = most
  }

  /** From now on; what was made before is told already. Left out: as often as it likes. */
  allow(most = Infinity): void {
    this.#most = most
    this.spent = 0
    this.exhausted = false
  }

  /** False where that is more than is left; then nothing is taken. */
  spend(calls: number): boolean {
    if (this.spent + calls > this.#most) {
      this.exhausted = true
      return false
    }
    this.spent += calls
    return true
  }
}

/** What `work` made of the session; `undefined` for a type that is not known. */
export async function withSession<T>(
  { provider: name, type, options, at, gatewayPid, signal = new AbortController().signal }: Opening,
  work: (session: Session) => Promise<T>,
  count = new CallCount(),
): Promise<T | undefined> {
  const load = Object.hasOwn(PROVIDERS, type) ? PROVIDERS[type] : undefined
  if (load === undefined) return undefined
  const provider = await load()
  const names = new Set(gatewayPid === undefined ? [] : provider.spec.env(options, [at]))
  const env = readEnvironment(gatewayPid, names)
  try {
    const session = await provider.open(options, {
      name,
      signal,
      now: () => new Date(),
      spend: (calls) => count.spend(calls),
      env,
    })
    try {
      return await work(session)
    } finally {
      await session.close()
    }
  } finally {
    wipe(...env.values())
  }
}
