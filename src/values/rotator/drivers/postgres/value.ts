/** What a ref of a database holds: a password, or a whole URL (postgresql.org/docs/current/libpq-connect.html). */
import { randomInt } from 'node:crypto'
import { allocate } from '../../../secret/bytes.ts'

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')
/** 238 bits. */
const LENGTH = 40

export interface Account {
  host: string
  port: number
  database: string
  user: string
  password: string
}

/** Letters and digits: the same in a URL, in SQL and in a shell. The caller wipes it. */
export function newPassword(): Buffer {
  const password = allocate(LENGTH)
  for (let at = 0; at < LENGTH; at += 1) password[at] = ALPHABET[randomInt(ALPHABET.length)] ?? 0
  return password
}

/**
 * @param value `postgresql://user:password@host:port/database?…`
 * @returns `undefined` where it is no such URL, whole
 */
export function accountIn(value: Buffer): Account | undefined {
  const url = URL.parse(value.toString('utf8'))
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol)) return undefined
  const database = decodeURIComponent(url.pathname.slice(1))
  if (url.hostname === '' || url.username === '' || database === '') return undefined
  return {
    host: url.hostname,
    port: Number(url.port || 5432),
    database,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  }
}

/** The same URL with another user and password. The caller wipes it. */
export function withAccount(value: Buffer, user: string, password: Buffer): Buffer {
  const url = new URL(value.toString('utf8'))
  url.username = encodeURIComponent(user)
  url.password = password.toString('latin1')
  return Buffer.from(url.href)
}
