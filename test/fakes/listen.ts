/** A server on this machine for one test, and everything that reached it. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { onTestFinished } from 'vitest'
import { selfSigned } from './certificate.ts'

export interface Fake {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** How many connections there were, whatever came of them. */
  connections(): number
  /** Method and path of each request, in order. */
  requests: string[]
  /** All that came in: paths, headers and bodies of requests. */
  received(): Buffer
}

export function listen(answer: RequestListener): Promise<Fake> {
  return serve('http', createServer(), answer)
}

/** The same over TLS, with a certificate that nobody trusts, and that certificate. */
export async function listenSecurely(answer: RequestListener): Promise<Fake & { cert: string }> {
  const { key, cert } = selfSigned()
  return { ...(await serve('https', createSecureServer({ key, cert }), answer)), cert }
}

async function serve(scheme: string, server: Server, answer: RequestListener): Promise<Fake> {
  const requests: string[] = []
  const chunks: Buffer[] = []
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  server.on('request', (request: IncomingMessage, response) => {
    requests.push(`${request.method} ${request.url}`)
    chunks.push(Buffer.from(`${request.url}\n${request.rawHeaders.join('\n')}`, 'latin1'))
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer(request, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `${scheme}://127.0.0.1:${address.port}`,
    connections: () => connections,
    requests,
    received: () => Buffer.concat(chunks),
  }
}

/** What stands after `Bearer `. */
export function bearerOf(request: IncomingMessage): string {
  return /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}
