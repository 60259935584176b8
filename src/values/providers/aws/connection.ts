/** One service of AWS, ready to be asked: its SDK loaded, signed in, each question bounded. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { httpClient } from '../../http/request.ts'
import { final, timedOut } from '../../secret/outcome.ts'
import type { Context, Failure } from '../contract.ts'
import { failureOf, loginFailureOf, statusOf } from './failures.ts'
import { giveToSdk, type AwsOptions } from './options.ts'
import { Transport } from './transport.ts'

/** Calls at once. */
const CONNECTIONS = 8
const ATTEMPTS = 3
/** Before the second attempt; three times that before the third. Half of it is chance. */
const PAUSE_MS = 150

/** What a client of the SDK is made with. */
export interface ClientSettings {
  requestHandler: Transport
  maxAttempts: 1
  logger: typeof QUIET
  region?: string
  profile?: string
  endpoint?: string
}

/** What both clients of the SDK have in common. */
export interface SdkClient {
  config: { region(): Promise<string>; credentials(): Promise<unknown> }
  /** Ends its transport too. */
  destroy(): void
}

/** The SDK would warn on a user's terminal; what it says is not ours to show. */
const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} } as const

export interface Link {
  signal: AbortSignal
  /** When `signal` aborts at the latest, by `performance.now()`. */
  endsAt: number
}

export interface Connection<Sdk, C> extends Link {
  kind: 'connection'
  /** Half of its time is over: a question that comes now would have little. */
  lateAt: number
  sdk: Sdk
  client: C
}

/**
 * Loads the SDK and signs in by its own credential chain (environment, profile, SSO, web identity,
 * container, instance). Nothing of AWS is loaded before.
 *
 * @param load imports the SDK's package, an optional peer
 * @returns a failure where it is not installed, or there is no region, no credentials, no login
 */
export async function connect<Sdk, C extends SdkClient>(
  options: AwsOptions,
  ctx: Context,
  load: () => Promise<Sdk>,
  make: (sdk: Sdk, settings: ClientSettings) => C,
): Promise<Connection<Sdk, C> | Failure> {
  const { region, profile, endpoint, timeoutMs } = options
  const endsAt = performance.now() + timeoutMs
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(timeoutMs)])
  const ca = certificatesOf(ctx.env)
  if (ca !== undefined && 'kind' in ca) return ca
  let sdk: Sdk
  try {
    sdk = await load()
  } catch {
    // Not there, or not whole: either way npm has to put it there.
    return final('malformed', 'PROVIDER_UNSUPPORTED', 'sdk-missing')
  }
  giveToSdk(ctx.env)
  const transport = new Transport(
    httpClient({ connections: CONNECTIONS, ...(ca === undefined ? {} : { tls: ca }) }),
    { signal, spend: (calls) => ctx.spend(calls) },
  )
  const client = make(sdk, {
    requestHandler: transport,
    // `ask` repeats: the SDK would sleep through a deadline where a service asks for that.
    maxAttempts: 1,
    logger: QUIET,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
  })
  const failure = await inTime(signIn(client, transport), signal)
  if (failure === undefined) {
    const lateAt = endsAt - timeoutMs / 2
    return { kind: 'connection', sdk, client, signal, endsAt, lateAt }
  }
  client.destroy()
  return failure
}

async function signIn(client: SdkClient, transport: Transport): Promise<Failure | undefined> {
  try {
    await client.config.region()
  } catch {
    // Neither in the config, nor in a variable, nor in the profile.
    return final('malformed', 'PROVIDER_INVALID', 'no-address')
  }
  try {
    await client.config.credentials()
    return undefined
  } catch (error) {
    return transport.trouble ?? loginFailureOf(error)
  }
}

/**
 * Parts of the credential chain wait outside of our transport (a profile's own program, the metadata
 * service of an instance): the deadline is theirs too.
 */
async function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T | Failure> {
  if (signal.aborted) return timedOut
  const late = Promise.withResolvers<Failure>()
  const end = (): void => late.resolve(timedOut)
  signal.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([work, late.promise])
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** AWS_CA_BUNDLE, in place of Node's roots, as in AWS's other SDKs; the JavaScript one ignores it. */
function certificatesOf(env: Context['env']): { ca: Buffer } | Failure | undefined {
  const path = env.get('AWS_CA_BUNDLE')?.toString()
  if (path === undefined || path === '') return undefined
  try {
    return { ca: readFileSync(path) }
  } catch {
    // Why is the system's word; the reader learns which variable it is.
    return final('malformed', 'PROVIDER_INVALID', 'io', 'AWS_CA_BUNDLE')
  }
}

export type Answer<T> = { kind: 'answer'; output: T } | Failure

/**
 * One question, asked again at most twice while the service cannot answer, inside the deadline.
 *
 * @param once true for what must not be done twice
 */
export async function ask<T>(
  { signal, endsAt }: Link,
  question: () => Promise<T>,
  once = false,
): Promise<Answer<T>> {
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) return timedOut
    let failure: Failure
    try {
      return { kind: 'answer', output: await question() }
    } catch (error) {
      failure = failureOf(error)
    }
    if (failure.kind !== 'unavailable' || failure.reason === 'budget') return failure
    if (once || attempt === ATTEMPTS) return failure
    const pause = failure.retryAfterMs ?? 3 ** (attempt - 1) * PAUSE_MS * (0.5 + Math.random() / 2)
    // A pause that the deadline would end is not begun: why AWS did not answer says more than "timeout".
    if (performance.now() + pause >= endsAt || !(await paused(pause, signal))) return failure
  }
}

/**
 * A question that stores something.
 *
 * @param conflict how the service calls it when somebody else was there before
 */
export async function change<T>(
  link: Link,
  question: () => Promise<T>,
  conflict: string,
  once = false,
): Promise<Answer<T> | { kind: 'conflict' } | { kind: 'unknown' }> {
  let met = false
  let unclear = false
  const answer = await ask(
    link,
    () =>
      question().catch((error: unknown) => {
        met = error instanceof Error && error.name === conflict
        // It was done, and what was said of it cannot be read.
        unclear = statusOf(error) === 200
        throw error
      }),
    once,
  )
  if (met) return { kind: 'conflict' }
  if (answer.kind === 'answer') return answer
  return unclear || MAY_BE_STORED.has(answer.reason) ? { kind: 'unknown' } : answer
}

/** Sent, and no word came back of what became of it. */
const MAY_BE_STORED: ReadonlySet<unknown> = new Set(['connection-lost', 'timeout', 'server-error'])

async function paused(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch {
    // The signal, and nothing else, ends it early.
    return false
  }
}
