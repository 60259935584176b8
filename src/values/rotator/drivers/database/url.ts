/** What a ref of a server holds: a URL with a user and a password in it. */
import { copy, wipe } from '../../../secret/bytes.ts'

/** What such a URL looks like for one kind of server. */
export interface Form {
  /** With its colon. */
  protocol: RegExp
  /** Of those that mean TLS; left out: the URL does not say. */
  secure?: RegExp
  port: number
  securePort?: number
}

export interface Account {
  host: string
  port: number
  /** With its colon. */
  protocol: string
  /** Whether the URL asks for TLS; `undefined` where its kind cannot say. */
  secure: boolean | undefined
  /** What stands after the first slash; may be empty. */
  path: string
  user: string
  password: string
}

/**
 * @param value `protocol://user:password@host:port/path?…`
 * @returns `undefined` where it is no such URL, whole
 */
export function accountIn(value: Buffer, form: Form): Account | undefined {
  const url = URL.parse(value.toString('utf8'))
  if (url === null || !form.protocol.test(url.protocol)) return undefined
  const [user, password, path] = [url.username, url.password, url.pathname.slice(1)].map(decoded)
  if (user === undefined || password === undefined || path === undefined) return undefined
  if (url.hostname === '' || user === '' || url.port === '0') return undefined
  const secure = form.secure?.test(url.protocol)
  return {
    // A URL has brackets around an address of IPv6; nobody else has.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (secure === true ? (form.securePort ?? form.port) : form.port)),
    protocol: url.protocol,
    secure,
    path,
    user,
    password,
  }
}

/** The same URL with another user and password. The caller wipes it. */
export function withAccount(value: Buffer, user: string, password: Buffer): Buffer {
  const url = new URL(value.toString('utf8'))
  url.username = encodeURIComponent(user)
  url.password = password.toString('latin1')
  const href = Buffer.from(url.href)
  const own = copy(href)
  wipe(href)
  return own
}

/** `undefined` where a percent sign stands for nothing. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
