/**
 * A real OpenBao as production has it: storage on disk (raft), TLS with a CA of its own, sealed when it starts,
 * one share. developer.hashicorp.com/vault/docs/configuration says the same words.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

export interface SealedBao {
  address: string
  /** PEM files: the CA that signed its certificate, and another that did not. */
  caCert: string
  otherCa: string
  /** Makes the one share and the first token. */
  init(): Promise<{ share: string; token: string }>
  api(token: string, method: string, path: string, body?: unknown): Promise<number>
  stop(): Promise<void>
}

/** Neither initialised nor unsealed when this resolves. */
export async function startSealedOpenbao(binary: string): Promise<SealedBao> {
  const folder = mkdtempSync(join(tmpdir(), 'secretref-sealed-'))
  const tls = certificates(folder)
  const port = await freePort()
  const address = `https://127.0.0.1:${port}`
  mkdirSync(join(folder, 'data'))
  const listener = { address: `127.0.0.1:${port}`, tls_cert_file: tls.cert, tls_key_file: tls.key }
  const config = {
    listener: { tcp: listener },
    // 1: it elects itself in about a second instead of five.
    storage: { raft: { path: join(folder, 'data'), node_id: 'one', performance_multiplier: '1' } },
    api_addr: address,
    cluster_addr: `https://127.0.0.1:${await freePort()}`,
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const child = spawn(binary, ['server', `-config=${join(folder, 'config.json')}`], {
    stdio: 'ignore',
    env: {},
  })
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  const ca = readFileSync(tls.ca)
  const ask = (
    token: string,
    method: string,
    path: string,
    body: unknown,
  ): Promise<{ status: number; text: string }> => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
    const headers = token === '' ? {} : { 'x-vault-token': token }
    request(`${address}/v1/${path}`, { method, ca, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body))
    return promise
  }
  const isUp = (): Promise<boolean> =>
    ask('', 'GET', 'sys/seal-status', undefined).then(
      ({ status }) => status === 200,
      () => false,
    )
  for (let i = 0; !(await isUp()); i += 1) {
    if (i > 200 || child.exitCode !== null) throw new Error('OpenBao did not start')
    await sleep(50)
  }
  return {
    address,
    caCert: tls.ca,
    otherCa: tls.otherCa,
    init: async () => {
      const made = await ask('', 'PUT', 'sys/init', { secret_shares: 1, secret_threshold: 1 })
      const { keys, root_token: token }: { keys: string[]; root_token: string } = JSON.parse(
        made.text,
      )
      return { share: keys[0] ?? '', token }
    },
    api: async (token, method, path, body) => (await ask(token, method, path, body)).status,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

/** A CA, a certificate of it for 127.0.0.1, and a CA of somebody else. */
function certificates(folder: string): { ca: string; cert: string; key: string; otherCa: string } {
  const at = (name: string): string => join(folder, name)
  const openssl = (line: string, ...more: string[]): void => {
    execFileSync('openssl', [...line.split(' '), ...more], { stdio: 'ignore', cwd: folder })
  }
  const ec = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  for (const name of ['ca', 'other']) {
    openssl(`req -x509 ${ec} -days 1 -keyout ${name}.key -out ${name}.pem`, '-subj', `/CN=${name}`)
  }
  openssl(`req ${ec} -keyout key.pem -out request.pem`, '-subj', '/CN=127.0.0.1')
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1')
  const signed = 'x509 -req -in request.pem -CA ca.pem -CAkey ca.key -days 1 -extfile names'
  openssl(`${signed} -out cert.pem -set_serial 1`)
  return { ca: at('ca.pem'), cert: at('cert.pem'), key: at('key.pem'), otherCa: at('other.pem') }
}
