/**
 * One call to one service. No redirect is followed, no proxy is asked, nothing is sent twice. TLS trusts
 * the roots that come with Node and no others: this process has an empty environment.
 */
import { request as plain, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as secure } from 'node:https'
import { errnoOf } from '../../errors.ts'
import type { Destination } from '../../targets/destination.ts'
import { MAX_ANSWER_BYTES, type Unreached, type Unsettled } from '../../gateway/verify/words.ts'
import { exchange, NoAnswer } from '../http/exchange.ts'
import type { Body } from './judge.ts'
import type { Request } from './request.ts'

export interface Answer {
  status: number
  header(name: string): string | undefined
  body: Body
}

/** No service's own words: each error is one of ours. */
export type Unanswered =
  | { verdict: 'unreachable'; reason: Unreached }
  | { verdict: 'cannot-tell'; reason: Extract<Unsettled, 'bad-answer'> }

/**
 * @param wanted whether the body of an answer with this status is to be read
 * @param signal aborts when the call's time is over
 */
export async function ask(
  destination: Destination,
  request: Request,
  wanted: (status: number) => boolean,
  signal: AbortSignal,
): Promise<Answer | Unanswered> {
  const { method, path, headers, body } = request
  const options: RequestOptions = {
    host: destination.host,
    port: destination.port,
    method,
    path,
    headers,
    signal,
    // A connection of its own, closed after the answer.
    agent: false,
    maxHeaderSize: 32 * 1024,
  }
  const take = async (answer: IncomingMessage): Promise<Answer> => {
    const status = answer.statusCode ?? 0
    try {
      const read = wanted(status) ? await bodyOf(answer) : Buffer.alloc(0)
      return { status, header: (name) => textOf(answer.headers[name]), body: read }
    } finally {
      answer.destroy()
    }
  }
  const start = destination.secure ? secure : plain
  try {
    return await exchange((answered) => start(options, answered), body, take)
  } catch (error) {
    return failure(error, signal)
  }
}

async function bodyOf(answer: IncomingMessage): Promise<Body> {
  const coding = answer.headers['content-encoding']
  // We asked for none.
  if (coding !== undefined && coding !== 'identity') return 'unreadable'
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a body is bytes')
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) return 'too-large'
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}

function failure(error: unknown, signal: AbortSignal): Unanswered {
  if (signal.aborted) return { verdict: 'unreachable', reason: 'timeout' }
  const code = errnoOf(error) ?? ''
  if (error instanceof NoAnswer || code.startsWith('HPE_'))
    return { verdict: 'cannot-tell', reason: 'bad-answer' }
  return { verdict: 'unreachable', reason: reasonOf(code) }
}

/** getaddrinfo(3), errno(3), and the codes of Node's and OpenSSL's TLS. */
function reasonOf(code: string): Unreached {
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return 'dns'
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'ETIMEDOUT') return 'timeout'
  const tls = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$|HOSTNAME_)/
  return tls.test(code) ? 'tls' : 'connection'
}
