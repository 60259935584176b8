/** A way to a server on which it is seen what was asked, and on which an answer can be lost. */
import { connect, createServer } from 'node:net'

export interface Cut {
  port: number
  /** All that has come so far, of all connections. */
  asked(): string
  close(): Promise<void>
}

/** @param after the line dies when this has been passed on; the answer to it never comes back. Left out: never */
export async function cutLine(to: number, after?: string): Promise<Cut> {
  let asked = ''
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1')
    let lost = false
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    client.on('data', (chunk: Buffer) => {
      upstream.write(chunk)
      asked += chunk.toString('latin1')
      lost ||= after !== undefined && chunk.includes(after)
    })
    upstream.on('data', (chunk: Buffer) => {
      // It has answered, and so it has done it.
      if (lost) end()
      else client.write(chunk)
    })
    for (const one of [client, upstream]) one.on('error', end).on('close', end)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    asked: () => asked,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}
