/**
 * Stands before a Vault, and lets nothing through, or something else, as its weather says; counts what
 * arrives. The answers of a Vault that is in trouble are those of
 * developer.hashicorp.com/vault/api-docs#http-status-codes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './soak.ts'

export const WEATHERS = [
  ['up', 14],
  ['slow', 3],
  ['refusing', 2],
  ['limiting', 2],
  ['sealed', 2],
  ['broken', 1],
  ['hanging', 2],
  ['resetting', 1],
  ['garbage', 1],
] as const
export type Weather = (typeof WEATHERS)[number][0]

export interface Gate {
  url: string
  /** The address of the Vault. */
  behind: string
  weather: Weather
  /** When each request arrived, by `performance.now()`. */
  arrivals: number[]
  /** The most requests there ever were at once. */
  atOnce: number
  close(): void
}

export async function gateBefore(random: Random): Promise<Gate> {
  let open = 0
  const gate: Gate = {
    url: '',
    behind: '',
    weather: 'up',
    arrivals: [],
    atOnce: 0,
    close: () => {},
  }
  const server = createServer((request, response) => {
    gate.arrivals.push(performance.now())
    open += 1
    gate.atOnce = Math.max(gate.atOnce, open)
    response.once('close', () => (open -= 1))
    answer(gate, random, request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    if (gate.weather === 'refusing') socket.resetAndDestroy()
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  gate.url = `http://127.0.0.1:${address.port}`
  gate.close = () => {
    server.closeAllConnections()
    server.close()
  }
  return gate
}

async function answer(
  { weather, behind }: Gate,
  random: Random,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(request)
  switch (weather) {
    case 'slow':
      await sleep(random.whole(100, 1200))
      break
    case 'limiting':
      response.writeHead(429, { 'retry-after': '1' }).end('{"errors":["fake-words"]}')
      return
    case 'sealed':
      response.writeHead(503).end('{"errors":["fake-words"]}')
      return
    case 'broken':
      response.writeHead(500).end('{"errors":["fake-words"]}')
      return
    case 'garbage':
      response.writeHead(200).end('<html>fake-words')
      return
    case 'resetting':
      response.writeHead(200, { 'content-length': 1000 }).write('{"data"', () => {
        request.socket.resetAndDestroy()
      })
      return
    // Never answered, or about to be reset.
    case 'hanging':
    case 'refusing':
      return
    case 'up':
  }
  const { method = 'GET', url = '/' } = request
  const token = request.headers['x-vault-token']
  const got = await fetch(behind + url, {
    method,
    headers: typeof token === 'string' ? { 'x-vault-token': token } : {},
    ...(method === 'GET' ? {} : { body }),
  })
  response.writeHead(got.status).end(Buffer.from(await got.arrayBuffer()))
}
