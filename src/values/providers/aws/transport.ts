/**
 * How the SDK's requests leave: through our own HTTP client instead of the SDK's. Bounded in size, no
 * redirect, no proxy, one deadline, each call counted; the SDK signs and understands, no more.
 */
import type { Client } from '../../http/request.ts'
import { copy, wipe } from '../../secret/bytes.ts'
import { final, unavailable } from '../../secret/outcome.ts'
import type { Context, Failure } from '../contract.ts'
import { BY_TROUBLE, TransportError } from './failures.ts'

/** More than 20 secrets of 64 KiB (the service's own bounds) with every byte escaped. */
const MAX_BYTES = 8 * 1024 * 1024

/** What the SDK hands to a request handler, as far as it is used here. */
export interface SdkRequest {
  method: string
  protocol: string
  hostname: string
  port?: number
  path: string
  query?: Readonly<Record<string, string | string[] | null>>
  headers: Readonly<Record<string, string>>
  body?: unknown
}

interface SdkResponse {
  statusCode: number
  headers: Record<string, string>
  body: Buffer
}

/** The SDK's `requestHandler`. */
export class Transport {
  /** Why the last request had no answer: the SDK's login wraps such errors in words of its own. */
  trouble: Failure | undefined
  readonly #client: Client
  readonly #ctx: Pick<Context, 'signal' | 'spend'>
  /** Answers, which may hold values; wiped at the end. */
  readonly #bodies: Buffer[] = []

  constructor(client: Client, ctx: Pick<Context, 'signal' | 'spend'>) {
    this.#client = client
    this.#ctx = ctx
  }

  async handle(request: SdkRequest): Promise<{ response: SdkResponse }> {
    const url = urlOf(request)
    const { method } = request
    if (url === undefined || (method !== 'GET' && method !== 'POST' && method !== 'PUT')) {
      throw this.#failed(final('malformed', 'PROVIDER_INVALID', 'no-address'))
    }
    if (!this.#ctx.spend(1)) throw this.#failed(unavailable('budget'))
    const body = bytesOf(request.body)
    const reply = await this.#client.send({
      method,
      url,
      headers: request.headers,
      ...(body === undefined ? {} : { body }),
      signal: this.#ctx.signal,
      maxBytes: MAX_BYTES,
    })
    wipe(body, request.body instanceof Uint8Array ? request.body : undefined)
    if (reply.kind === 'trouble') throw this.#failed(BY_TROUBLE[reply.trouble])
    this.trouble = undefined
    this.#bodies.push(reply.body)
    const { status: statusCode, retryAfter } = reply
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
    return { response: { statusCode, headers, body: reply.body } }
  }

  /** Settings that the SDK would change in a handler of its own; none of them is one of ours. */
  updateHttpClientConfig(): void {}
  httpHandlerConfigs(): Record<string, never> {
    return {}
  }

  destroy(): void {
    this.#client.close()
    wipe(...this.#bodies.splice(0))
  }

  #failed(failure: Failure): TransportError {
    this.trouble = failure
    return new TransportError(failure)
  }
}

/** Wherever the address was written (config, variable, profile): nothing is sent in the clear but to this machine. */
function urlOf(request: SdkRequest): URL | undefined {
  const { protocol, hostname, port, path, query = {} } = request
  const url = URL.parse(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`)
  if (url === null) return undefined
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) return undefined
  url.pathname = path
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value ?? ''])
      url.searchParams.append(name, one)
  }
  return url
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
}

/** In own memory: what is sent may be a value. */
function bytesOf(body: unknown): Buffer | undefined {
  if (typeof body === 'string') return Buffer.from(body)
  return body instanceof Uint8Array ? copy(body) : undefined
}
