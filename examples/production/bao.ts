/** A throw-away OpenBao: in memory, on this machine alone, gone with this process. */
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Bao {
  address: string
  /** Calls its API as root. @throws where it refuses */
  api(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
  stop(): Promise<void>
}

/** `$OPENBAO`, else `bao` on PATH. */
export async function startBao(): Promise<Bao> {
  const binary = process.env['OPENBAO'] ?? 'bao'
  if (spawnSync(binary, ['version'], { stdio: 'ignore' }).status !== 0) {
    throw new Error('there is no OpenBao: put `bao` on PATH, or set OPENBAO to its binary')
  }
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const root = randomBytes(16).toString('hex')
  const child = spawn(
    binary,
    ['server', '-dev', '-dev-no-store-token', `-dev-listen-address=127.0.0.1:${port}`],
    { stdio: 'ignore', env: { BAO_DEV_ROOT_TOKEN_ID: root } },
  )
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  process.once('exit', () => child.kill('SIGKILL'))
  const api: Bao['api'] = async (method, path, body) => {
    const answer = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': root },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`OpenBao answered ${answer.status} to ${method} ${path}`)
    const text = await answer.text()
    const parsed: Record<string, unknown> = text === '' ? {} : JSON.parse(text)
    return parsed
  }
  for (let tries = 0; ; tries += 1) {
    const up = await api('GET', 'secret/config').then(
      () => true,
      () => false,
    )
    if (up) break
    if (tries === 200 || child.exitCode !== null) throw new Error('OpenBao did not start')
    await sleep(50)
  }
  return {
    address,
    api,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer().once('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    server.close(() => resolve(port))
  })
  return promise
}
