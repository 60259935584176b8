/** A real Redis in a folder of its own, on a free port of the loopback address. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { loudly } from '../values/loud.ts'
import { certificateIn } from './certificate.ts'
import { freePort } from './free-port.ts'

/** Whether there is one on PATH; else said loudly. */
export function hasRedis(suite: string): boolean {
  if (spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0) return true
  loudly(suite, 'no Redis: install redis-server')
  return false
}

export interface Redis {
  port: number
  /** For TLS, with a certificate for 127.0.0.1. */
  tlsPort: number
  user: string
  password: string
  /** PEM file of the CA that its certificate is signed by. */
  ca: string
  /** Asks as the master of it. */
  ask(...command: string[]): Promise<unknown>
  /** Whether this user can sign in. */
  admits(user: string, password: string): Promise<boolean>
  /** How many passwords this user has. */
  passwords(user: string): Promise<number>
  /** What its users' file says now; undefined where it has none. */
  aclFile(): string | undefined
  stop(): Promise<void>
}

/** @param keeps in what it keeps its users */
export async function startRedis(keeps: 'aclfile' | 'nothing' = 'aclfile'): Promise<Redis> {
  const dir = mkdtempSync(join(tmpdir(), 'redis-'))
  const [port, tlsPort] = [await freePort(), await freePort()]
  const [user, password] = ['dba', ['fake', 'master', 'word'].join('-')]
  const tls = certificateIn(dir, '127.0.0.1')
  const users = join(dir, 'users.acl')
  const line = `user ${user} on ~* &* +@all >${password}\n`
  writeFileSync(users, line, { mode: 0o600 })
  const config = [
    `port ${port}`,
    `tls-port ${tlsPort}`,
    `tls-cert-file ${tls.cert}`,
    `tls-key-file ${tls.key}`,
    `tls-ca-cert-file ${tls.ca}`,
    'tls-auth-clients no',
    'bind 127.0.0.1',
    'save ""',
    `dir ${dir}`,
    // Every command is slow enough to be noted.
    'slowlog-log-slower-than 0',
    keeps === 'aclfile' ? `aclfile ${users}` : line,
  ]
  const child = spawn('redis-server', ['-'], { cwd: dir, stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  child.stdin.end(config.join('\n'))
  const clientOf = (who: string, word: string) => {
    const client = createClient({
      username: who,
      password: word,
      socket: { host: '127.0.0.1', port, reconnectStrategy: false },
    })
    // Told by what is awaited.
    client.on('error', () => {})
    return client
  }
  const admits = async (who: string, word: string): Promise<boolean> => {
    const client = clientOf(who, word)
    try {
      await client.connect()
      client.destroy()
      return true
    } catch {
      return false
    }
  }
  for (let i = 0; !(await admits(user, password)); i += 1) {
    if (i > 200 || child.exitCode !== null) throw new Error('Redis did not start')
    await sleep(25)
  }
  const client = clientOf(user, password)
  await client.connect()
  return {
    port,
    tlsPort,
    user,
    password,
    ca: tls.ca,
    ask: (...command) => client.sendCommand(command),
    admits,
    passwords: async (who) => (await client.aclGetUser(who))?.passwords.length ?? 0,
    aclFile: () => (keeps === 'aclfile' ? readFileSync(users, 'utf8') : undefined),
    stop: async () => {
      client.destroy()
      child.kill('SIGKILL')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
