/**
 * A cold start with 64 refs in 8 paths of a Vault behind a link of 20 ms there and back, against the same
 * Vault without the link; the difference, in round trips. The goal is about three: a connection, and the
 * reads of all paths side by side. The link is a proxy that holds each piece for 10 ms on either way, and
 * a new connection for 20.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp, type Server as HttpServer } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { table } from '../src/cli/table.ts'

const ROUNDS = 15
const TRIP_MS = 20
const PATHS = 8
const FIELDS = 8
const CLI = resolve('dist/secretref.cjs')

export async function benchVault(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-bench-'))
  const fields = Object.fromEntries(
    Array.from({ length: FIELDS }, (_, i) => [`f${i}`, `fake-value-${i}`]),
  )
  // developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
  const body = JSON.stringify({ data: { data: fields, metadata: { version: 1 } } })
  const vault = createHttp((request, response) => {
    request.resume()
    response.end(body)
  })
  const direct = await listening(vault)
  const link = createServer((near) => relay(near, direct))
  try {
    const ports = [direct, await listening(link)]
    const times: number[][] = [[], []]
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const [i, port] of ports.entries()) {
        const ms = await startOver(dir, port)
        if (round >= 0) times[i]?.push(ms)
      }
    }
    const [plain = 0, far = 0] = times.map(median)
    const trips = (far - plain) / TRIP_MS
    process.stdout.write(
      table([
        ['64 refs in 8 paths, cold', 'median ms', 'round trips'],
        ['no link', plain.toFixed(1), ''],
        ['20 ms link', far.toFixed(1), trips.toFixed(1)],
      ]),
    )
  } finally {
    vault.closeAllConnections()
    vault.close()
    link.close()
    rmSync(dir, { recursive: true })
  }
}

async function startOver(dir: string, port: number): Promise<number> {
  const config = join(dir, `config-${port}.json`)
  writeFileSync(config, JSON.stringify(configFor(port)), { mode: 0o600 })
  const env = { ...process.env, HOME: dir, SECRETREF_HOME: join(dir, 'home'), VAULT_TOKEN: 'fake' }
  const began = performance.now()
  const child = spawn(process.execPath, [CLI, 'run', '--config', config, '--', 'true'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`the start ended with ${String(code)}`)
  return performance.now() - began
}

function configFor(port: number): unknown {
  const refs = Array.from({ length: PATHS * FIELDS }, (_, i) => `key-${i}`)
  const address = `http://127.0.0.1:${port}`
  const refMap = Object.fromEntries(
    refs.map((ref, i) => [
      ref,
      { provider: 'vault', path: `p${i % PATHS}`, field: `f${Math.floor(i / PATHS)}` },
    ]),
  )
  const credentials = Object.fromEntries(refs.map((secretRef) => [secretRef, { secretRef }]))
  return {
    secrets: { providers: { vault: { address, callsPerMinute: 100_000 } } },
    agents: { bench: { 'tool-bindings': { bench: { required: true, credentials } } } },
    openclaw: { gateway: { secrets: { refMap } } },
  }
}

/** What arrives is held for half a trip; before the first piece lies the handshake, a whole one. */
function relay(near: Socket, port: number): void {
  const far = connect(port, '127.0.0.1')
  const open = performance.now() + TRIP_MS
  const pass = (from: Socket, to: Socket): void => {
    from.on('data', (piece: Buffer) => {
      const wait = Math.max(0, open - performance.now()) + TRIP_MS / 2
      setTimeout(() => to.write(piece), wait)
    })
    from.on('close', () => setTimeout(() => to.destroy(), TRIP_MS))
    from.on('error', () => to.destroy())
  }
  pass(near, far)
  pass(far, near)
}

async function listening(server: Server | HttpServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
