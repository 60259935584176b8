/** One question to PostgreSQL, and what its errors mean (postgresql.org/docs/current/errcodes-appendix.html). */
import type { Client, ClientConfig } from 'pg'
import { errnoOf } from '../../../../errors.ts'
import { isCertificateError } from '../../../http/request.ts'
import type { DriverContext, Trouble } from '../../driver.ts'
import { notInstalled } from '../database/users.ts'
import { certificate, noTls, tlsFor, type Tls } from '../database/tls.ts'
import type { Account } from '../database/url.ts'

const TIMEOUT_MS = 10_000

export type Rows = { kind: 'rows'; rows: readonly Record<string, unknown>[] } | Trouble

/** Connects, asks, and leaves. @param options what `tlsOptions` describes */
export async function ask(
  account: Account,
  options: Readonly<Record<string, unknown>>,
  sql: string,
  { signal }: Pick<DriverContext, 'signal'>,
): Promise<Rows> {
  const kept = await tlsFor(options, account.host)
  if (kept.kind !== 'tls' && kept.kind !== 'clear') return kept
  const pg = await load()
  if (pg === undefined) return notInstalled
  const tls = kept.kind === 'tls' ? kept.tls : undefined
  const client = new pg.Client(configOf(account, tls))
  let connected = false
  const stop = (): void => void client.end()
  signal.addEventListener('abort', stop, { once: true })
  try {
    // Told by what is awaited; without a listener a lost connection would end the process.
    client.on('error', () => {})
    await client.connect()
    connected = true
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return { kind: 'rows', rows }
  } catch (error) {
    return troubleOf(error, connected)
  } finally {
    signal.removeEventListener('abort', stop)
    await client.end().catch(() => {})
  }
}

function configOf({ host, port, path, user, password }: Account, tls?: Tls): ClientConfig {
  return {
    host,
    port,
    // Without one, libpq's own habit: the one of the user's name.
    database: path === '' ? user : path,
    user,
    password,
    ...(tls === undefined ? {} : { ssl: tls }),
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    application_name: 'secretref',
  }
}

/** `undefined` where it is not installed. */
async function load(): Promise<{ Client: new (config: ClientConfig) => Client } | undefined> {
  try {
    return await import('pg')
  } catch {
    // Not there, or not whole: either way npm has to put it there.
    return undefined
  }
}

const NO_TLS = 'The server does not support SSL connections'

function troubleOf(error: unknown, connected: boolean): Trouble {
  const code = errnoOf(error) ?? ''
  if (code === '28P01') {
    return { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'login-denied' }
  }
  // Others of 28 are no word about the password: this user may not sign in, or not from here. 42501:
  // insufficient privilege.
  if (code === '42501' || code.startsWith('28')) {
    return { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'not-permitted' }
  }
  // No such role.
  if (code === '42704') {
    return { kind: 'refused', code: 'PROVIDER_INVALID', reason: 'unfit-user' }
  }
  // 22, 42: the statement itself, which asking again does not mend.
  if (/^(?:22|42)/.test(code)) {
    return { kind: 'refused', code: 'PROVIDER_INVALID', reason: 'bad-answer' }
  }
  if (isCertificateError(error)) return certificate
  // pg's own words, for which it has no code.
  if (error instanceof Error && error.message === NO_TLS) return noTls
  if (!connected) {
    return { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'unreachable' }
  }
  return { kind: 'unknown', code: 'PROVIDER_UNAVAILABLE', reason: 'connection-lost' }
}
