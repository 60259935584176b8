/**
 * Many services of issuer.ts in one process that stays, reached by a program that only hands a request on:
 * a rotation asks its program eight times, and a Node process for each would be most of what it costs.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { serve, type IssuerState, type Request } from './issuer.ts'

export class IssuerServer {
  readonly #states = new Map<string, IssuerState>()
  readonly #socket: string
  readonly #server: Server

  private constructor(socket: string) {
    this.#socket = socket
    this.#server = createServer((asked, answer) => {
      const chunks: Buffer[] = []
      asked.on('data', (chunk: Buffer) => chunks.push(chunk))
      asked.on('end', () => {
        const request: Request = JSON.parse(Buffer.concat(chunks).toString())
        answer.end(JSON.stringify(serve(this.state(asked.url?.slice(1) ?? ''), request).reply))
      })
    })
  }

  static async listen(socket: string): Promise<IssuerServer> {
    const server = new IssuerServer(socket)
    server.#server.listen(socket)
    await once(server.#server, 'listening')
    return server
  }

  add(name: string, state: IssuerState): void {
    this.#states.set(name, state)
  }

  state(name: string): IssuerState {
    const state = this.#states.get(name)
    if (state === undefined) throw new Error(`no service is called ${name}`)
    return state
  }

  /** The text of a program that asks one of them. */
  program(name: string): string {
    return `#!/bin/sh\nexec curl --silent --data-binary @- --unix-socket '${this.#socket}' http://issuer/${name}\n`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
