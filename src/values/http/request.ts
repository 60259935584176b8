/**
 * One HTTP call of the value wing: bounded in time and size, no redirect followed, no proxy asked.
 * What a server says in words is never kept; a status, a few headers and the bytes are.
 *
 * Header values are strings, because Node takes nothing else, and a string cannot be wiped: the process
 * that makes such calls ends with its work.
 */
import {
  request as plain,
  Agent as PlainAgent,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http'
import { request as secure, Agent as SecureAgent, type AgentOptions } from 'node:https'
import { errnoOf } from '../../errors.ts'
import { concat, wipe } from '../secret/bytes.ts'
import { exchange } from './exchange.ts'

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'LIST'
  url: URL
  headers: Readonly<Record<string, string>>
  /** The caller's, who wipes it. */
  body?: Buffer
  signal: AbortSignal
  /** A longer answer is broken off. */
  maxBytes: number
}

/**
 * `refused`, and `unsent` where the time was up first: no connection came to be, so nothing was sent.
 * `broken` and `timeout`: no whole answer came, and what was asked for may have been done.
 */
export type Trouble = 'refused' | 'unsent' | 'broken' | 'certificate' | 'too-large' | 'timeout'

export type Reply =
  | { kind: 'answer'; status: number; retryAfter?: string; body: Buffer }
  | { kind: 'trouble'; trouble: Trouble }

export interface Client {
  /** Never throws. The body of an answer belongs to the caller, who wipes it. */
  send(call: Call): Promise<Reply>
  close(): void
}

export interface ClientOptions {
  /** How many calls at once; the others wait. */
  connections: number
  tls?: Pick<AgentOptions, 'ca' | 'cert' | 'key' | 'servername'>
}

export function httpClient({ connections, tls = {} }: ClientOptions): Client {
  const common = { keepAlive: true, maxSockets: connections, scheduling: 'fifo' } as const
  const agents = {
    'https:': new SecureAgent({ ...common, ...tls, minVersion: 'TLSv1.2' }),
    'http:': new PlainAgent(common),
  }
  return {
    send: (call) =>
      call.url.protocol === 'https:'
        ? send(call, (options, answered) =>
            secure(call.url, { ...options, agent: agents['https:'] }, answered),
          )
        : send(call, (options, answered) =>
            plain(call.url, { ...options, agent: agents['http:'] }, answered),
          ),
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

interface Options {
  method: string
  headers: Record<string, string | number>
  signal: AbortSignal
}

type Start = (options: Options, answered: (message: IncomingMessage) => void) => ClientRequest

async function send(call: Call, start: Start): Promise<Reply> {
  const length = call.body === undefined ? {} : { 'content-length': call.body.length }
  const options = {
    method: call.method,
    headers: { ...call.headers, ...length },
    signal: call.signal,
  }
  let connected = false
  const ready = call.url.protocol === 'https:' ? 'secureConnect' : 'connect'
  const begin = (answered: (message: IncomingMessage) => void): ClientRequest =>
    start(options, answered).on('socket', (socket) => {
      if (socket.connecting) socket.once(ready, () => (connected = true))
      else connected = true
    })
  try {
    return await exchange(begin, call.body, (message) => {
      connected = true
      return receive(message, call.maxBytes)
    })
  } catch (error) {
    const late = connected ? 'timeout' : 'unsent'
    const trouble = call.signal.aborted ? late : troubleOf(error, connected)
    return { kind: 'trouble', trouble }
  }
}

async function receive(message: IncomingMessage, maxBytes: number): Promise<Reply> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of message) {
      if (!Buffer.isBuffer(chunk)) continue
      chunks.push(chunk)
      size += chunk.length
      if (size > maxBytes) return { kind: 'trouble', trouble: 'too-large' }
    }
    const retryAfter = message.headers['retry-after']
    return {
      kind: 'answer',
      status: message.statusCode ?? 0,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      body: concat(...chunks),
    }
  } finally {
    wipe(...chunks)
    message.destroy()
  }
}

/** OpenSSL's verification errors as Node names them (nodejs.org/api/tls.html, "X509 certificate error codes"). */
const CERTIFICATE =
  /^(?:ERR_TLS_CERT_ALTNAME_INVALID|CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|CRL_|HOSTNAME_MISMATCH)/

/** The certificate of the other side does not hold. */
export function isCertificateError(error: unknown): boolean {
  return CERTIFICATE.test(errnoOf(error) ?? '')
}

function troubleOf(error: unknown, connected: boolean): Trouble {
  if (isCertificateError(error)) return 'certificate'
  return connected ? 'broken' : 'refused'
}
