/** How often a start waits for its Vault, counted there: what a link of some milliseconds costs it. */
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { makeWorld, run, type World } from './support.ts'

const PATHS = 8
const FIELDS = 8
/** Nothing more comes before something is answered. */
const QUIET_MS = 100

interface Counted {
  url: string
  /** Requests, in the rounds that they came in: a connection is a round, and so is an answer. */
  rounds: () => number
  requests: string[]
}

/**
 * A Vault that answers only when nobody has anything more to ask without an answer. What is asked then has
 * waited for one more trip to the server and back than what was answered.
 */
async function countingVault(): Promise<Counted> {
  const requests: string[] = []
  const connected = new Map<Socket, number>()
  /** Of what the client knows by now. */
  let known = 0
  let most = 0
  let waiting: { round: number; answer: () => void }[] = []
  const release = (): void => {
    for (const { round } of waiting) known = Math.max(known, round)
    for (const { answer } of waiting.splice(0)) answer()
  }
  let timer = setTimeout(release, QUIET_MS)
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    const round = Math.max(known, connected.get(request.socket) ?? 0) + 1
    most = Math.max(most, round)
    clearTimeout(timer)
    timer = setTimeout(release, QUIET_MS)
    request.resume()
    waiting.push({ round, answer: () => response.end(bodyFor(request.url ?? '')) })
  })
  // The kernel answers by itself: a connection is a round of its own.
  server.on('connection', (socket) => connected.set(socket, known + 1))
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    clearTimeout(timer)
    waiting = []
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return { url: `http://127.0.0.1:${port}`, rounds: () => most, requests }
}

/** developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2, …/auth/approle */
function bodyFor(url: string): string {
  const data = Object.fromEntries(
    Array.from({ length: FIELDS }, (_, i) => [`f${i}`, `fake-value-${i}`]),
  )
  const auth = { client_token: 'fake-issued-token', lease_duration: 600, renewable: true }
  return JSON.stringify(
    url.endsWith('/login') ? { auth } : { data: { data, metadata: { version: 1 } } },
  )
}

function worldOf(url: string): World {
  const refs = Array.from({ length: PATHS * FIELDS }, (_, i) => `key-${i}`)
  const place = (i: number): object => ({
    path: `p${i % PATHS}`,
    field: `f${Math.floor(i / PATHS)}`,
  })
  const refMap = Object.fromEntries(refs.map((ref, i) => [ref, { provider: 'vault', ...place(i) }]))
  const credentials = Object.fromEntries(refs.map((secretRef) => [secretRef, { secretRef }]))
  return makeWorld({
    config: {
      secrets: { providers: { vault: { address: url } } },
      agents: { a: { 'tool-bindings': { t: { required: true, credentials } } } },
      openclaw: { gateway: { secrets: { refMap } } },
    },
  })
}

test.each([
  ['a token', { VAULT_TOKEN: 'fake-token' }, 2],
  // The login has a connection; the reads after it open seven more.
  ['a login', { VAULT_ROLE_ID: 'fake-role', VAULT_SECRET_ID: 'fake-secret-id' }, 4],
])('64 refs in 8 paths, cold, with %s', async (_, env, most) => {
  const vault = await countingVault()
  const world = worldOf(vault.url)
  const ended = await run(world, ['run', '--config', world.config, '--', 'true'], { env })
  expect(ended.code, ended.err).toBe(0)
  const reads = vault.requests.filter((line) => line.startsWith('GET /v1/secret/data/'))
  expect(reads).toHaveLength(PATHS)
  expect(vault.rounds()).toBe(most)
})
