/**
 * An agent that signs in to PostgreSQL a hundred times a second, each time with what its file holds then.
 * Ended by SIGTERM, it says in one line of JSON how that went.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

const EVERY_MS = 10
/** More at once than a server that keeps up would ever see; then a turn is left out. */
const MOST = 40

export interface SignedIn {
  seconds: number
  /** Turns that were left out: the machine was too slow. */
  leftOut: number
  failures: number
  /** Of each user, how often. */
  users: Record<string, number>
}

const counted: SignedIn = { seconds: 0, leftOut: 0, failures: 0, users: {} }
const running = new Set<Promise<void>>()

async function signIn(): Promise<void> {
  const client = new Client({
    connectionString: readFileSync(process.env['DB_FILE'] ?? '', 'utf8'),
  })
  // Told by what is awaited.
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ name: string }>('SELECT session_user AS name')
    const name = rows[0]?.name ?? ''
    counted.users[name] = (counted.users[name] ?? 0) + 1
  } catch {
    counted.failures += 1
  } finally {
    await client.end().catch(() => {})
  }
}

const over = new AbortController()
process.once('SIGTERM', () => over.abort())
const begun = performance.now()
process.stdout.write('ready\n')
for (let turn = 1; !over.signal.aborted; turn += 1) {
  if (running.size < MOST) {
    const one: Promise<void> = signIn().finally(() => running.delete(one))
    running.add(one)
  } else counted.leftOut += 1
  await sleep(Math.max(0, begun + turn * EVERY_MS - performance.now()))
}
await Promise.all(running)
counted.seconds = (performance.now() - begun) / 1000
process.stdout.write(`${JSON.stringify(counted)}\n`)
