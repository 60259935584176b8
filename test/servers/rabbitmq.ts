/** A real RabbitMQ with its management API, in a folder of its own, on free ports of the loopback address. */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRoot, loudly } from '../values/loud.ts'
import { certificateIn } from './certificate.ts'
import { freePort } from './free-port.ts'
import { idsOf } from './ids.ts'

/** Debian's own; the one on PATH is a script that wants the system's folders. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server'

/** Whether Debian's is there; else said loudly. */
export function hasRabbitmq(suite: string): boolean {
  if (existsSync(PROGRAM)) return true
  loudly(suite, 'no RabbitMQ: install rabbitmq-server')
  return false
}

export interface Rabbitmq {
  port: number
  tlsPort: number
  /** PEM file of the CA that its certificate, for 127.0.0.1, is signed by. */
  ca: string
  /** Of its management API. */
  management: string
  user: string
  password: string
  /** Calls the API as an administrator. */
  api(method: string, path: string, body?: unknown): Promise<Response>
  /** What it has logged. */
  log(): string
  stop(): Promise<void>
}

export async function startRabbitmq(): Promise<Rabbitmq> {
  const dir = mkdtempSync(join(tmpdir(), 'rabbitmq-'))
  const [port, tlsPort, managementPort, distribution, names] = await Promise.all(
    Array.from({ length: 5 }, () => freePort()),
  )
  const [user, password] = ['dba', ['fake', 'administrator', 'word'].join('-')]
  const tls = certificateIn(dir, '127.0.0.1')
  const files: Record<string, string> = {
    enabled_plugins: '[rabbitmq_management].\n',
    'rabbitmq.conf': [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
      `ssl_options.certfile = ${tls.cert}`,
      `ssl_options.keyfile = ${tls.key}`,
      'management.tcp.ip = 127.0.0.1',
      `management.tcp.port = ${managementPort}`,
      `default_user = ${user}`,
      `default_pass = ${password}`,
      'log.console = true',
      'log.console.level = debug',
      '',
    ].join('\n'),
    '.erlang.cookie': ['fake', 'cookie', String(port)].join(''),
  }
  chmodSync(dir, 0o755)
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(dir, name), text, { mode: 0o600 })
  mkdirSync(join(dir, 'log'))
  const owned = ['.', 'log', ...Object.keys(files)]
  if (isRoot) {
    const { uid, gid } = idsOf('rabbitmq')
    for (const path of [...owned.map((name) => join(dir, name)), tls.cert, tls.key]) {
      chownSync(path, uid, gid)
    }
  }
  const as = isRoot ? ['setpriv', '--reuid=rabbitmq', '--regid=rabbitmq', '--clear-groups'] : []
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    RABBITMQ_NODENAME: `t${port}@localhost`,
    RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq.conf'),
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  }
  const log = join(dir, 'output')
  // The service of Erlang's node names: it would stay behind, if the server had to start it.
  const epmd = spawn('epmd', [], { env, stdio: 'ignore' })
  const [program, ...args] = [...as, PROGRAM]
  // A group of its own: what it starts ends with it.
  const child = spawn(program, args, {
    cwd: dir,
    env,
    detached: true,
    stdio: ['ignore', openSync(log, 'w', 0o600), 'inherit'],
  })
  const ended = Promise.all(
    [epmd, child].map(
      (one) => new Promise<void>((resolve) => void one.once('close', () => resolve())),
    ),
  )
  const management = `http://127.0.0.1:${managementPort}`
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const api = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${management}/api/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  for (let i = 0; ; i += 1) {
    const up = await api('GET', 'whoami').then(
      ({ ok }) => ok,
      () => false,
    )
    if (up && readFileSync(log, 'utf8').includes('started TLS')) break
    if (i > 600 || child.exitCode !== null) throw new Error('RabbitMQ did not start')
    await sleep(50)
  }
  return {
    port: port ?? 0,
    tlsPort: tlsPort ?? 0,
    ca: tls.ca,
    management,
    user,
    password,
    api,
    log: () => readFileSync(log, 'utf8'),
    stop: async () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      epmd.kill('SIGKILL')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
