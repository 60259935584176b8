/** One vault, signed in to on the first question and as long as the token lives. */
import { httpClient, type Client } from '../../http/request.ts'
import { wipe } from '../../secret/bytes.ts'
import { closed, untilAborted } from '../../secret/outcome.ts'
import type {
  Context,
  Failure,
  Location,
  Outcome,
  PutOptions,
  PutOutcome,
  Session,
} from '../contract.ts'
import type { Vault } from './call.ts'
import { readDynamic } from './dynamic.ts'
import { readKv } from './kv-read.ts'
import { renewLease, revokeLease, tokenLife } from './lease.ts'
import { listNames } from './list.ts'
import { login } from './login.ts'
import type { Auth, VaultOptions } from './options.ts'
import { put } from './put.ts'
import { history, restore } from './versions.ts'

/** Reads at once; 64 refs in 8 paths are one round trip. */
const CONNECTIONS = 8

interface SignedIn {
  token: Buffer
  /** Left out: no end that is known. */
  endsAt?: number
}

export function openSession(options: VaultOptions, ctx: Context, timeoutMs: number): Session {
  const connection = new Connection(options, ctx, timeoutMs)
  return options.engine === 'kv' ? kvSession(connection) : dynamicSession(connection)
}

class Connection {
  readonly options: VaultOptions
  readonly #ctx: Context
  readonly #timeoutMs: number
  readonly #client: Client
  #login: Promise<SignedIn | Failure> | undefined
  #tokens: Buffer[] = []
  #open = true

  constructor(options: VaultOptions, ctx: Context, timeoutMs: number) {
    this.options = options
    this.#ctx = ctx
    this.#timeoutMs = timeoutMs
    this.#client = httpClient({ connections: CONNECTIONS, tls: options.tls })
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** For one piece of work: a session of a long run has a deadline for each, not one for all. */
  vault(): Vault {
    const { address, namespace, skipVerify } = this.options
    const signal = AbortSignal.any([this.#ctx.signal, AbortSignal.timeout(this.#timeoutMs)])
    const ctx = {
      signal,
      endsAt: performance.now() + this.#timeoutMs,
      spend: (calls: number) => this.#ctx.spend(calls),
    }
    return { client: this.#client, address, namespace, skipVerify, ctx }
  }

  /** Signs in, or says what is left of the time of the token there is. */
  async signIn(vault: Vault): Promise<SignedIn | Failure> {
    const earlier = this.#login
    const before = await earlier
    const hasEnded = before !== undefined && 'token' in before && this.secondsOf(before) === 0
    // Somebody else may have signed in again meanwhile.
    if (hasEnded && this.#login === earlier) this.#login = undefined
    const running = (this.#login ??= this.#signIn(vault))
    const signedIn = await running
    // An outage is asked again at the next question; a denial stands.
    if ('kind' in signedIn && signedIn.kind === 'unavailable' && this.#login === running) {
      this.#login = undefined
    }
    return signedIn
  }

  async #signIn(vault: Vault): Promise<SignedIn | Failure> {
    const signedIn = await login(vault, this.options.auth)
    if (!('token' in signedIn)) return signedIn
    const { token, seconds = 0 } = signedIn
    this.#tokens.push(token)
    return seconds === 0 ? { token } : { token, endsAt: this.#endIn(seconds) }
  }

  secondsOf({ endsAt }: SignedIn): number | undefined {
    if (endsAt === undefined) return undefined
    return Math.max(0, Math.floor((endsAt - this.#ctx.now().getTime()) / 1000))
  }

  #endIn(seconds: number): number {
    return this.#ctx.now().getTime() + seconds * 1000
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.#client.close()
    await this.#login
    wipe(...this.#tokens, ...buffersOf(this.options.auth), this.options.tls.key)
  }
}

function buffersOf(auth: Auth): (Buffer | undefined)[] {
  return Object.values(auth).filter((value) => Buffer.isBuffer(value))
}

/** What both kinds of session can do. */
function common(connection: Connection): Required<Pick<Session, 'renew' | 'revoke' | 'close'>> {
  return {
    renew: async (lease, seconds) =>
      connection.isOpen ? renewLease(connection.vault(), lease, seconds) : closed,
    revoke: async (lease) => (connection.isOpen ? revokeLease(connection.vault(), lease) : closed),
    close: () => connection.close(),
  }
}

function kvSession(connection: Connection): Session {
  const { options } = connection
  return {
    ...common(connection),
    async get(items): Promise<readonly Outcome[]> {
      const vault = connection.vault()
      return untilAborted(vault.ctx.signal, items.length, () =>
        readAll(connection, vault, items, ({ token }, group) =>
          readKv(vault, token, options, group),
        ),
      )
    },
    async put(at, value, { expect }: PutOptions): Promise<PutOutcome> {
      if (!connection.isOpen) return closed
      const vault = connection.vault()
      const signedIn = await connection.signIn(vault)
      if (!('token' in signedIn)) return signedIn
      return put(vault, signedIn.token, options, at, value, expect)
    },
    ...(options.kv === 2 ? versioned(connection) : {}),
    async *list(prefix): ReturnType<NonNullable<Session['list']>> {
      const vault = connection.vault()
      const signedIn = connection.isOpen ? await connection.signIn(vault) : closed
      yield* listNames(vault, 'token' in signedIn ? signedIn.token : signedIn, options, prefix)
    },
  }
}

function versioned(connection: Connection): Pick<Session, 'history' | 'promote'> {
  const signedIn = async <T>(
    work: (vault: Vault, token: Buffer) => Promise<T>,
  ): Promise<T | Failure> => {
    if (!connection.isOpen) return closed
    const vault = connection.vault()
    const answer = await connection.signIn(vault)
    return 'token' in answer ? work(vault, answer.token) : answer
  }
  const { options } = connection
  return {
    history: (at) => signedIn((vault, token) => history(vault, token, options, at)),
    promote: (at, from, to) =>
      signedIn((vault, token) => restore(vault, token, options, at, from, to)),
  }
}

function dynamicSession(connection: Connection): Session {
  const { options } = connection
  return {
    ...common(connection),
    // Every call heeds the signal; nothing is raced with it, so that no lease comes too late to be told of.
    async get(items): Promise<readonly Outcome[]> {
      const vault = connection.vault()
      let looked: Promise<number | undefined> | undefined
      return readAll(connection, vault, items, (signedIn, group) => {
        const { token } = signedIn
        // A token that somebody else got: nobody has said yet how long it lives. Once for all groups.
        const life = (): Promise<number | undefined> =>
          options.auth.method === 'token'
            ? (looked ??= tokenLife(vault, token))
            : Promise.resolve(connection.secondsOf(signedIn))
        return readDynamic(vault, token, life, options, group)
      })
    },
  }
}

/** One question for all locations that differ in their field alone; the outcomes in the items' order. */
async function readAll(
  connection: Connection,
  vault: Vault,
  items: readonly Location[],
  read: (signedIn: SignedIn, group: readonly Location[]) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  if (!connection.isOpen) return items.map(() => closed)
  if (items.length === 0) return []
  const signedIn = await connection.signIn(vault)
  if (!('token' in signedIn)) return items.map(() => signedIn)
  const outcomes: Outcome[] = []
  const groups = Map.groupBy(items.entries(), ([, at]) => JSON.stringify([at.path, at.version]))
  await Promise.all(
    Array.from(groups.values(), async (group) => {
      const answers = await read(
        signedIn,
        group.map(([, at]) => at),
      )
      for (const [i, [index]] of group.entries()) {
        const outcome = answers[i]
        if (outcome !== undefined) outcomes[index] = outcome
      }
    }),
  )
  return outcomes
}
