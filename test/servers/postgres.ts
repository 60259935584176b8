/** A real PostgreSQL in a folder of its own, on a free port of the loopback address. */
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { isRoot, loudly } from '../values/loud.ts'
import { freePort } from './free-port.ts'
import { idsOf } from './ids.ts'

/** Where Debian puts each version's programs, none of them on PATH. */
const DEBIAN = '/usr/lib/postgresql'

/** The folder of its programs: `$POSTGRES_BIN`, which `.ci/run` sets, else Debian's newest; else undefined, loudly. */
export function postgresBin(suite: string): string | undefined {
  const stated = process.env['POSTGRES_BIN']
  const installed = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted() : []
  const dir = stated ?? join(DEBIAN, installed.at(-1) ?? '', 'bin')
  if (existsSync(join(dir, 'initdb'))) return dir
  if (stated !== undefined) throw new Error('$POSTGRES_BIN has no initdb')
  loudly(suite, 'no PostgreSQL: install it, or set $POSTGRES_BIN to the folder of initdb')
  return undefined
}

export interface Postgres {
  port: number
  user: string
  password: string
  /** Asks as the superuser. */
  query(sql: string): Promise<readonly Record<string, unknown>[]>
  /** Whether this user can sign in. */
  admits(user: string, password: string): Promise<boolean>
  /** What it has logged, every statement among it. */
  log(): string
  stop(): Promise<void>
}

/** @param bin what `postgresBin` found */
export async function startPostgres(bin: string): Promise<Postgres> {
  const dir = mkdtempSync(join(tmpdir(), 'postgres-'))
  const user = 'postgres'
  const password = ['fake', 'superuser', 'word'].join('-')
  const data = join(dir, 'data')
  const passwordFile = join(dir, 'password')
  writeFileSync(passwordFile, password)
  chmodSync(dir, 0o755)
  // initdb and postgres refuse to run as root.
  const as = isRoot ? ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : []
  if (isRoot) {
    const { uid, gid } = idsOf(user)
    for (const path of [dir, passwordFile]) chownSync(path, uid, gid)
  }
  const run = (program: string, args: readonly string[]): [string, string[]] => {
    const [first = '', ...rest] = [...as, join(bin, program), ...args]
    return [first, rest]
  }
  const locale = { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' }
  const made = spawnSync(
    ...run('initdb', [
      '-D',
      data,
      '-U',
      user,
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-N',
    ]),
    { cwd: dir, env: locale, encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const log = join(dir, 'log')
  const child = spawn(
    ...run('postgres', [
      '-D',
      data,
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-c',
      'fsync=off',
      '-c',
      'log_statement=all',
      '-c',
      `unix_socket_directories=${dir}`,
    ]),
    { cwd: dir, env: locale, stdio: ['ignore', 'ignore', openSync(log, 'w', 0o600)] },
  )
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))

  const ask = async (
    who: string,
    word: string,
    sql: string,
  ): Promise<Record<string, unknown>[]> => {
    const client = new Client({
      host: '127.0.0.1',
      port,
      user: who,
      password: word,
      database: user,
    })
    // Told by what is awaited; without a listener Node would take it for a crash.
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query<Record<string, unknown>>(sql)
      return rows
    } finally {
      await client.end().catch(() => {})
    }
  }
  const admits = (who: string, word: string): Promise<boolean> =>
    ask(who, word, 'SELECT 1').then(
      () => true,
      () => false,
    )
  for (let i = 0; !(await admits(user, password)); i += 1) {
    if (i > 200 || child.exitCode !== null) throw new Error('PostgreSQL did not start')
    await sleep(50)
  }
  return {
    port,
    user,
    password,
    query: (sql) => ask(user, password, sql),
    admits,
    log: () => readFileSync(log, 'utf8'),
    stop: async () => {
      // Immediate shutdown: its children go too.
      child.kill('SIGQUIT')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
