/** The table of faults for a write: what is asked before it, and what came of it where no word came back. */
import { createServer, type ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { PutOutcome, Session } from '../../../../src/values/providers/contract.ts'
import { provider } from '../../../../src/values/providers/vault.ts'
import { contextOf, expectSafe } from '../conformance.ts'
import { withstandsFaults } from '../faults.ts'

const env = new Map([['VAULT_TOKEN', Buffer.from('fake-token')]])
const VALUE = Buffer.from('fake-new-value')
const SAID = 'fake-words-of-the-server'

async function put(session: Session): Promise<PutOutcome> {
  const written = await session.put?.({ path: 'a' }, VALUE, { expect: 'any', operation: 'fake' })
  return written ?? expect.unreachable('it can write')
}

withstandsFaults('vault, the read before a write', {
  at: { path: 'a' },
  open: (address, timeoutMs, spend = () => true) =>
    provider.open({ address, timeoutMs }, contextOf({ env, spend })),
  // Nothing is there: it is written.
  absent: { status: 403, body: '{"errors":[]}', kind: 'denied' },
  ask: put,
})

/** Reads are answered; the write is answered so. */
async function opened(
  answer: (response: ServerResponse) => void,
): Promise<{ session: Session; writes: () => number }> {
  let writes = 0
  const server = createServer((request, response) => {
    request.resume().on('error', () => {})
    if (request.method === 'GET') {
      response.end('{"data":{"data":{"value":"fake-old"},"metadata":{"version":1}}}')
      return
    }
    writes += 1
    answer(response)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const options = { address: `http://127.0.0.1:${port}`, timeoutMs: 700 }
  const session = await provider.open(options, contextOf({ env }))
  onTestFinished(() => session.close())
  return { session, writes: () => writes }
}

const say =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(`{"errors":["${SAID}"]}`)

describe('vault, a write that was sent', () => {
  test.each<[string, (response: ServerResponse) => void, Partial<PutOutcome>]>([
    ['no answer', () => {}, { kind: 'unknown' }],
    [
      'a reset half way',
      (response) =>
        void response
          .writeHead(200, { 'content-length': 999 })
          .write('{', () => response.destroy()),
      { kind: 'unknown' },
    ],
    ['500', say(500), { kind: 'unknown' }],
    ['garbage for JSON', (response) => void response.end(`<html>${SAID}`), { kind: 'unknown' }],
    ['ten megabytes', (response) => void response.end(SAID.repeat(500_000)), { kind: 'unknown' }],
    ['503: sealed', say(503), { kind: 'unavailable', reason: 'sealed' }],
    ['429', say(429, { 'retry-after': '1' }), { kind: 'unavailable', reason: 'rate-limited' }],
    [
      'a redirect',
      say(307, { location: 'http://127.0.0.1:1/' }),
      { kind: 'unavailable', reason: 'redirect' },
    ],
    ['403', say(403), { kind: 'denied' }],
    ['400', say(400), { kind: 'malformed' }],
  ])('%s', async (_, answer, outcome) => {
    const { session, writes } = await opened(answer)
    const got = await put(session)
    expect(got).toMatchObject(outcome)
    if ('code' in got) expectSafe(got, [Buffer.from(SAID), VALUE])
    // It is never sent twice.
    expect(writes()).toBe(1)
  })
})
