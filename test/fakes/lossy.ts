/** Stands before a server, hands on what comes as it is, and loses answers: all is done, and nobody hears of it. */
import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { listen, type Fake } from './listen.ts'

export interface Lossy extends Fake {
  /** How many answers are still to be lost. */
  toLose: number
}

/** @param isLost which answers may be lost */
export async function lossy(
  behind: string,
  isLost: (request: IncomingMessage) => boolean,
): Promise<Lossy> {
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request)
    const answer = await ask(behind, request, body)
    const bytes = await buffer(answer)
    if (gate.toLose > 0 && isLost(request)) {
      gate.toLose -= 1
      response.destroy()
      return
    }
    const { 'transfer-encoding': _, ...headers } = answer.headers
    response.writeHead(answer.statusCode ?? 0, headers).end(bytes)
  }
  const fake = await listen((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })
  const gate: Lossy = { ...fake, toLose: 0 }
  return gate
}

/** With all of its headers: a signature covers the host that was asked. */
function ask(
  behind: string,
  { method, url = '/', headers }: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  forward(new URL(url, behind), { headers, ...(method && { method }) }, resolve)
    .on('error', reject)
    .end(body)
  return promise
}
