/**
 * One connection to MySQL or MariaDB, and what its errors mean (dev.mysql.com/doc/mysql-errors,
 * mariadb.com/docs, "MariaDB Error Codes").
 */
import type * as Mysql from 'mysql2/promise'
import type { Connection, ConnectionOptions } from 'mysql2/promise'
import { isIP } from 'node:net'
import { errnoOf } from '../../../../errors.ts'
import { isLoopback } from '../../../../targets/destination.ts'
import type { DriverContext, Trouble } from '../../driver.ts'
import { certificate, noTls, tlsFor, type Tls } from '../database/tls.ts'
import type { Account } from '../database/url.ts'
import { notInstalled } from '../database/users.ts'

const TIMEOUT_MS = 10_000

export type Asked = { kind: 'rows'; rows: readonly Record<string, unknown>[] } | Trouble
export type Ask = (sql: string) => Promise<Asked>

/**
 * Connects, does `work`, and leaves.
 *
 * @param options what `tlsOptions` describes
 * @param work is given who asks, and who quotes a text for a statement
 */
export async function connected<T>(
  account: Account,
  options: Readonly<Record<string, unknown>>,
  { signal }: Pick<DriverContext, 'signal'>,
  work: (ask: Ask, quote: (text: string) => string) => Promise<T>,
): Promise<T | Trouble> {
  const kept = await tlsFor(options, account.host)
  if (kept.kind !== 'tls' && kept.kind !== 'clear') return kept
  // mysql2 would check the certificate of an address against the name `localhost`.
  if (kept.kind === 'tls' && isIP(account.host) !== 0 && !isLoopback(account.host))
    return certificate
  const mysql = await load()
  if (mysql === undefined) return notInstalled
  const tls = kept.kind === 'tls' ? kept.tls : undefined
  let connection: Connection
  try {
    connection = await mysql.createConnection(configOf(account, tls))
  } catch (error) {
    return troubleOf(error, false)
  }
  const stop = (): void => connection.destroy()
  signal.addEventListener('abort', stop, { once: true })
  // Told by what is awaited; without a listener a lost connection would end the process.
  connection.on('error', () => {})
  const ask: Ask = async (sql) => {
    try {
      const [rows]: readonly unknown[] = await connection.query({ sql, timeout: TIMEOUT_MS })
      return { kind: 'rows', rows: Array.isArray(rows) ? rows.filter(isRow) : [] }
    } catch (error) {
      return troubleOf(error, true)
    }
  }
  try {
    return await work(ask, (text) => mysql.escape(text))
  } finally {
    signal.removeEventListener('abort', stop)
    connection.destroy()
  }
}

function isRow(row: unknown): row is Record<string, unknown> {
  return typeof row === 'object' && row !== null && !Array.isArray(row)
}

function configOf({ host, port, path, user, password }: Account, tls?: Tls): ConnectionOptions {
  return {
    host,
    port,
    user,
    password,
    ...(path === '' ? {} : { database: path }),
    // By itself it checks who signed the certificate, and not whose it is.
    ...(tls === undefined ? {} : { ssl: { ...tls, verifyIdentity: true } }),
    // A server may not ask for files of this machine.
    flags: ['-LOCAL_FILES'],
    connectTimeout: TIMEOUT_MS,
  }
}

/** `undefined` where it is not installed. */
async function load(): Promise<typeof Mysql | undefined> {
  try {
    return await import('mysql2/promise')
  } catch {
    // Not there, or not whole: either way npm has to put it there.
    return undefined
  }
}

/** This password is not this user's. */
const LOGIN = new Set([1045, 1698])
/**
 * What this user may not do, and what nobody may on this server (1290); nor sign in from here, or with a
 * password that is too old, or locked, or by this plugin, which is no word about the password.
 */
const NOT_PERMITTED = new Set([
  1044, 1130, 1142, 1143, 1227, 1251, 1290, 1370, 1410, 1524, 1820, 1862, 1873, 3118, 3955, 4151,
])
/** There is no such user, or one that another plugin lets in, by no password or by one of another form. */
const UNFIT = new Set([1133, 1372, 1396, 1699])
/** Busy, or full: 1213 and 1205 undid the statement. */
const BUSY = new Set([1040, 1129, 1203, 1205, 1213, 1226, 1836])

const unfit: Trouble = { kind: 'refused', code: 'PROVIDER_INVALID', reason: 'unfit-user' }

function troubleOf(error: unknown, sent: boolean): Trouble {
  const { errno, sqlState } = partsOf(error)
  // The server itself has answered.
  if (sqlState !== undefined && errno !== undefined) {
    if (LOGIN.has(errno)) {
      return { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'login-denied' }
    }
    if (NOT_PERMITTED.has(errno)) {
      return { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'not-permitted' }
    }
    if (UNFIT.has(errno)) return unfit
    if (BUSY.has(errno)) {
      return { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'server-error' }
    }
    return { kind: 'refused', code: 'PROVIDER_INVALID', reason: 'bad-answer' }
  }
  // Whatever OpenSSL said of it; a line that died is one of the system's errors.
  if (errnoOf(error) === 'HANDSHAKE_SSL_ERROR' && errno === undefined) return certificate
  if (errnoOf(error) === 'HANDSHAKE_NO_SSL_SUPPORT') return noTls
  // It lets this user in by a plugin that the library does not speak.
  if (errnoOf(error) === 'AUTH_SWITCH_PLUGIN_ERROR') return unfit
  if (!sent) {
    return { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'unreachable' }
  }
  return { kind: 'unknown', code: 'PROVIDER_UNAVAILABLE', reason: 'connection-lost' }
}

function partsOf(error: unknown): { errno?: number; sqlState?: string } {
  if (!(error instanceof Error)) return {}
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined
  const sqlState =
    'sqlState' in error && typeof error.sqlState === 'string' && error.sqlState !== ''
      ? error.sqlState
      : undefined
  return {
    ...(errno === undefined ? {} : { errno }),
    ...(sqlState === undefined ? {} : { sqlState }),
  }
}
