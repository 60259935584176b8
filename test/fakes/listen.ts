/** A server on this machine for one test, and everything that reached it. */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Fake {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** Method and path of each request, in order. */
  requests: string[]
  /** All bytes that came in, heads and bodies of requests. */
  received(): Buffer
}

/** Also for what is no HTTP: a connection alone is noted. */
export async function listen(answer: RequestListener): Promise<Fake> {
  const requests: string[] = []
  const chunks: Buffer[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    answer(request, response)
  })
  server.on('connection', (socket) => {
    // Seen before the parser has it.
    socket.prependListener('data', (chunk: Buffer) => chunks.push(chunk))
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
    url: `http://127.0.0.1:${address.port}`,
    requests,
    received: () => Buffer.concat(chunks),
  }
}

/** What stands after `Bearer `. */
export function bearerOf(request: IncomingMessage): string {
  return /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

/** Whether somebody listens there at all. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
