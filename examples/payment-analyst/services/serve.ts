/**
 * What both stand-ins share as processes: they read one line on stdin (the digests they accept), listen
 * on 127.0.0.1 and a free port, and say what happens as lines of JSON on stdout. They end with their
 * stdin, so that none outlives the program that started it.
 */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createInterface } from 'node:readline'
import { parseAccepted, type Accepted } from './keys.ts'

/** One line on stdout. No key and no header value is ever part of it. */
export type ServiceEvent =
  | { event: 'listening'; url: string }
  | { event: 'request'; method: string; path: string; status: number }
  | { event: 'message'; channel: string; text: string }

export type Report = (event: ServiceEvent) => void

const report: Report = (event) => {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

export async function serve(
  listenerFor: (accepted: Accepted, report: Report) => RequestListener,
): Promise<void> {
  const lines = createInterface({ input: process.stdin })
  const first = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve)
    lines.once('close', () => reject(new Error('stdin ended before it named a digest')))
  })
  const server = createServer(listenerFor(parseAccepted(first), report))
  lines.once('close', () => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new Error('not listening on a port')
    report({ event: 'listening', url: `http://127.0.0.1:${address.port}` })
  })
}

/** The body as text; `undefined` where it is longer than `limit` bytes. */
export async function bodyOf(
  request: IncomingMessage,
  limit = 1024 * 1024,
): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
