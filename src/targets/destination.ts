/** Where the call for a credential may go: one scheme, host and port. Pure, and read in both wings. */
import { hostFits } from './hosts.ts'
import type { Verify } from './types.ts'

export interface Destination {
  secure: boolean
  host: string
  port: number
  /** What stands before the recipe's path: empty, or `/api`. */
  base: string
}

/** `no-base-url`: only a config can say where; `base-url-misfit`: what it says is no such server. */
export type Nowhere = 'no-base-url' | 'base-url-misfit'

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\])$/

/** This machine, and nobody beyond it. By number: a name is whatever it resolves to. @param host with or without brackets */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host) || host === '::1'
}

const NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$/

/**
 * A base URL as a config may state it: https, or http to a loopback address (by number: a name is
 * whatever it resolves to). No user, no query, no fragment.
 *
 * @returns `undefined` where it is not one
 */
export function baseUrlOf(text: string): URL | undefined {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(text)) return undefined
  // To Node it means the scheme's own port.
  if (url.port === '0') return undefined
  if (url.protocol === 'https:') return url
  return url.protocol === 'http:' && LOOPBACK.test(url.hostname) ? url : undefined
}

/**
 * Asked when a call is planned, and again just before its value leaves: without a base URL the only way
 * is TLS to the host of the recipe.
 */
export function destinationOf(recipe: Verify, baseUrl: string | undefined): Destination | Nowhere {
  const { host } = recipe
  const isTemplate = host?.includes('{') === true
  if (baseUrl === undefined) {
    if (host === undefined || isTemplate) return 'no-base-url'
    if (!NAME.test(host)) return 'base-url-misfit'
    return { secure: true, host, port: 443, base: '' }
  }
  const url = baseUrlOf(baseUrl)
  if (url === undefined) return 'base-url-misfit'
  const loopback = LOOPBACK.test(url.hostname)
  if (isTemplate && !loopback && !hostFits(host, url.hostname)) return 'base-url-misfit'
  const secure = url.protocol === 'https:'
  return {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    base: url.pathname.replace(/\/+$/, ''),
  }
}

/** `api.stripe.com`, `127.0.0.1:8080`: for people and for records. */
export function shownHost({ secure, host, port }: Destination): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === (secure ? 443 : 80) ? name : `${name}:${port}`
}
