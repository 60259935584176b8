/** The management API of RabbitMQ (rabbitmq.com/docs/http-api-reference), and what its answers mean. */
import { httpClient, type Client, type Trouble as HttpTrouble } from '../../../http/request.ts'
import { encodeBase64 } from '../../../secret/base64.ts'
import { wipe } from '../../../secret/bytes.ts'
import type { DriverContext, Trouble } from '../../driver.ts'
import { certificate, tlsFor } from '../database/tls.ts'
import type { Account } from '../database/url.ts'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 64 * 1024

export type Api = (
  method: 'GET' | 'PUT',
  path: string,
  body?: Readonly<Record<string, unknown>>,
) => Promise<Answered>

export type Answered =
  | { kind: 'answer'; status: number; said: Readonly<Record<string, unknown>> }
  | { kind: 'absent' }
  | Trouble

/**
 * @param base of the API, without `/api`
 * @param options what `tlsOptions` describes
 */
export async function management<T>(
  base: URL,
  by: Pick<Account, 'user' | 'password'>,
  options: Readonly<Record<string, unknown>>,
  { signal }: Pick<DriverContext, 'signal'>,
  use: (api: Api) => Promise<T>,
): Promise<T | Trouble> {
  const host = base.hostname.replace(/^\[|\]$/g, '')
  const kept = await tlsFor(options, host, base.protocol === 'https:')
  if (kept.kind !== 'tls' && kept.kind !== 'clear') return kept
  const ca = kept.kind === 'tls' ? kept.tls.ca : undefined
  const client = httpClient({ connections: 1, ...(ca === undefined ? {} : { tls: { ca } }) })
  try {
    return await use((method, path, body) =>
      call(client, method, urlOf(base, path), by, body, signal),
    )
  } finally {
    client.close()
  }
}

function urlOf(base: URL, path: string): URL {
  return new URL(`${base.origin}${base.pathname.replace(/\/+$/, '')}/api/${path}`)
}

async function call(
  client: Client,
  method: 'GET' | 'PUT',
  url: URL,
  { user, password }: Pick<Account, 'user' | 'password'>,
  body: Readonly<Record<string, unknown>> | undefined,
  signal: AbortSignal,
): Promise<Answered> {
  const pair = Buffer.from(`${user}:${password}`)
  const encoded = encodeBase64(pair)
  const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const reply = await client.send({
    method,
    url,
    headers: {
      authorization: `Basic ${encoded.toString('latin1')}`,
      accept: 'application/json',
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(sent === undefined ? {} : { body: sent }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    maxBytes: MAX_BYTES,
  })
  wipe(pair, encoded, sent)
  if (reply.kind === 'trouble') return TROUBLES[reply.trouble]
  const said = objectIn(reply.body)
  wipe(reply.body)
  if (reply.status === 404) return { kind: 'absent' }
  return reply.status >= 200 && reply.status < 300
    ? { kind: 'answer', status: reply.status, said }
    : refusalOf(reply.status, said)
}

const lost: Trouble = { kind: 'unknown', code: 'PROVIDER_UNAVAILABLE', reason: 'connection-lost' }
const unreachable: Trouble = {
  kind: 'unavailable',
  code: 'PROVIDER_UNAVAILABLE',
  reason: 'unreachable',
}

const TROUBLES: Readonly<Record<HttpTrouble, Trouble>> = {
  refused: unreachable,
  unsent: unreachable,
  broken: lost,
  timeout: lost,
  'too-large': lost,
  certificate,
}

/** With the status 401 it says all that a user may not do: only its reason tells a wrong password from it. */
const WRONG = 'Login failed'

function refusalOf(status: number, said: Readonly<Record<string, unknown>>): Trouble {
  if (status === 401 && said['reason'] === WRONG) {
    return { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'login-denied' }
  }
  if (status === 401 || status === 403) {
    return { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'not-permitted' }
  }
  // It was at it when something went wrong: it may have been done.
  if (status >= 500) {
    return { kind: 'unknown', code: 'PROVIDER_UNAVAILABLE', reason: 'server-error' }
  }
  return { kind: 'refused', code: 'PROVIDER_INVALID', reason: 'bad-answer' }
}

/** Empty where it is none. No answer holds a password; a user's holds the hash of one. */
function objectIn(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const said: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof said === 'object' && said !== null ? { ...said } : {}
  } catch {
    return {}
  }
}
