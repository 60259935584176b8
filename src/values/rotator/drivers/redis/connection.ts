/**
 * One connection to Redis, and what its errors mean (redis.io/docs/latest/develop/reference/protocol-spec,
 * "Simple errors").
 */
import type * as Redis from '@redis/client'
import { isCertificateError } from '../../../http/request.ts'
import type { DriverContext, Trouble } from '../../driver.ts'
import { certificate, tlsFor } from '../database/tls.ts'
import type { Account } from '../database/url.ts'
import { notInstalled } from '../database/users.ts'

const TIMEOUT_MS = 10_000

export type Ask = (
  command: readonly string[],
) => Promise<{ kind: 'reply'; reply: unknown } | Trouble>

/**
 * Connects, signs in, does `work`, and leaves.
 *
 * @param options what `tlsOptions` describes
 */
export async function connected<T>(
  { host, port, user, password, secure }: Account,
  options: Readonly<Record<string, unknown>>,
  ctx: Pick<DriverContext, 'signal'>,
  work: (ask: Ask) => Promise<T>,
): Promise<T | Trouble> {
  const kept = await tlsFor(options, host, secure)
  if (kept.kind !== 'tls' && kept.kind !== 'clear') return kept
  const redis = await load()
  if (redis === undefined) return notInstalled
  const { ErrorReply } = redis
  const client = redis.createClient({
    username: user,
    password,
    socket: {
      host,
      port,
      ...(kept.kind === 'tls' ? { ...kept.tls, tls: true } : {}),
      connectTimeout: TIMEOUT_MS,
      // What was sent is sent once: whether it arrived is for others to find out.
      reconnectStrategy: false,
    },
    // The server says the same to all versions of it.
    RESP: 2,
    // Which a user may be forbidden to be told.
    disableClientInfo: true,
  })
  // Told by what is awaited; without a listener a lost connection would end the process.
  client.on('error', () => {})
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(TIMEOUT_MS)])
  const stop = (): void => client.destroy()
  signal.addEventListener('abort', stop, { once: true })
  const troubleOf = (error: unknown, sent: boolean): Trouble => {
    if (error instanceof ErrorReply) return refusalOf(error.message)
    if (isCertificateError(error)) return certificate
    return sent
      ? { kind: 'unknown', code: 'PROVIDER_UNAVAILABLE', reason: 'connection-lost' }
      : { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'unreachable' }
  }
  const ask: Ask = async (command) => {
    try {
      return { kind: 'reply', reply: await client.sendCommand(command) }
    } catch (error) {
      return troubleOf(error, true)
    }
  }
  try {
    await client.connect()
  } catch (error) {
    return troubleOf(error, false)
  }
  try {
    return await work(ask)
  } finally {
    signal.removeEventListener('abort', stop)
    if (client.isOpen) client.destroy()
  }
}

/** `undefined` where it is not installed. */
async function load(): Promise<typeof Redis | undefined> {
  try {
    return await import('@redis/client')
  } catch {
    // Not there, or not whole: either way npm has to put it there.
    return undefined
  }
}

/** By the first word, which is the kind of error; what follows it is for people. */
function refusalOf(message: string): Trouble {
  const [kind = ''] = message.split(' ')
  if (kind === 'WRONGPASS' || kind === 'NOAUTH') {
    return { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'login-denied' }
  }
  if (kind === 'NOPERM' || kind === 'DENIED') {
    return { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'not-permitted' }
  }
  if (kind === 'ERR') return { kind: 'refused', code: 'PROVIDER_INVALID', reason: 'bad-answer' }
  // LOADING, BUSY, MISCONF, READONLY and the like: it was not done.
  return { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'server-error' }
}
