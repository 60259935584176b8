/** A real MariaDB in a folder of its own, on a free port of the loopback address. */
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection, type Connection } from 'mysql2/promise'
import { isRoot, loudly } from '../values/loud.ts'
import { certificateIn } from './certificate.ts'
import { freePort } from './free-port.ts'
import { idsOf } from './ids.ts'

const PROGRAM = '/usr/sbin/mariadbd'

/** Whether Debian's is there; else said loudly. */
export function hasMariadb(suite: string): boolean {
  if (existsSync(PROGRAM)) return true
  loudly(suite, 'no MariaDB: install mariadb-server')
  return false
}

export interface Mariadb {
  port: number
  user: string
  password: string
  /** PEM file of the CA that its certificate, for `localhost`, is signed by. */
  ca: string
  /** Asks as the superuser. */
  query(sql: string): Promise<readonly unknown[]>
  /** Whether this user can sign in. */
  admits(user: string, password: string): Promise<boolean>
  /** Its general log, every statement among it, and its binary log, as the bytes that they are. */
  logs(): string
  /** From now on its certificate is for that host. */
  named(host: string): Promise<void>
  stop(): Promise<void>
}

export async function startMariadb(): Promise<Mariadb> {
  const dir = mkdtempSync(join(tmpdir(), 'mariadb-'))
  const data = join(dir, 'data')
  const [user, password] = ['root', ['fake', 'superuser', 'word'].join('-')]
  const tls = certificateIn(dir, 'localhost')
  chmodSync(dir, 0o755)
  if (isRoot) {
    const { uid, gid } = idsOf('mysql')
    for (const path of [dir, tls.key, tls.cert, tls.ca]) chownSync(path, uid, gid)
  }
  // The server refuses to run as root.
  const as = isRoot ? ['setpriv', '--reuid=mysql', '--regid=mysql', '--clear-groups'] : []
  const made = spawnSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--skip-test-db',
      '--auth-root-authentication-method=normal',
      ...(isRoot ? ['--user=mysql'] : []),
    ],
    { cwd: dir, encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stderr}`)
  const port = await freePort()
  const [general, errors] = [join(data, 'general.log'), join(dir, 'errors')]
  const [program, ...args] = [
    ...as,
    PROGRAM,
    '--no-defaults',
    `--datadir=${data}`,
    `--socket=${join(dir, 'socket')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--general-log',
    `--general-log-file=${general}`,
    '--log-bin=binary',
    '--innodb-flush-log-at-trx-commit=0',
    `--ssl-cert=${tls.cert}`,
    `--ssl-key=${tls.key}`,
    // The accounts' own passwords are the matter here, not where they come from.
    '--skip-name-resolve',
  ]
  const child = spawn(program, args, {
    cwd: dir,
    stdio: ['ignore', 'ignore', openSync(errors, 'w', 0o600)],
  })
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  const connect = (who: string, word: string): Promise<Connection> =>
    createConnection({ host: '127.0.0.1', port, user: who, password: word })
  const admits = async (who: string, word: string): Promise<boolean> => {
    try {
      const connection = await connect(who, word)
      await connection.end()
      return true
    } catch {
      return false
    }
  }
  for (let i = 0; !(await admits(user, '')); i += 1) {
    if (i > 200 || child.exitCode !== null) throw new Error('MariaDB did not start')
    await sleep(50)
  }
  const connection = await connect(user, '')
  await connection.query(`SET PASSWORD = PASSWORD('${password}')`)
  return {
    port,
    user,
    password,
    ca: tls.ca,
    query: async (sql) => {
      const [rows]: readonly unknown[] = await connection.query(sql)
      return Array.isArray(rows) ? rows : []
    },
    admits,
    logs: () =>
      readFileSync(general, 'latin1') + readFileSync(join(data, 'binary.000001'), 'latin1'),
    named: async (host) => {
      certificateIn(dir, host)
      await connection.query('FLUSH SSL')
    },
    stop: async () => {
      connection.destroy()
      child.kill('SIGKILL')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
