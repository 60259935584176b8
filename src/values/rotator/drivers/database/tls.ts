/** How a connection to a server is kept from others: by TLS, everywhere but on this machine. */
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { isLoopback } from '../../../../targets/destination.ts'
import type { Trouble } from '../../driver.ts'

export const tlsOptions = {
  caCert: {
    type: 'string',
    pattern: '^/',
    description:
      'A PEM file of the CA that the server’s certificate is checked by; absolute path. Left out: Node’s own, and no TLS on a loopback address by its number.',
  },
} as const

/** As `tls.connect` takes them. */
export interface Tls {
  ca?: string
  /** Whom the certificate must name. */
  host: string
  servername?: string
  rejectUnauthorized: true
  minVersion: 'TLSv1.2'
}

/**
 * @param options what `tlsOptions` describes
 * @param host a name, or an address without brackets
 * @param asked whether the URL asks for TLS; left out: it cannot say, and so the address decides
 * @returns `clear` where nothing leaves this machine and nobody asked for more
 */
export async function tlsFor(
  options: Readonly<Record<string, unknown>>,
  host: string,
  asked?: boolean,
): Promise<{ kind: 'tls'; tls: Tls } | { kind: 'clear' } | Trouble> {
  const { caCert } = options
  if (asked === false) return isLoopback(host) ? { kind: 'clear' } : noTls
  if (asked === undefined && caCert === undefined && isLoopback(host)) return { kind: 'clear' }
  const tls: Tls = {
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  }
  if (typeof caCert !== 'string') return { kind: 'tls', tls }
  try {
    return { kind: 'tls', tls: { ...tls, ca: await readFile(caCert, 'utf8') } }
  } catch {
    return { kind: 'refused', code: 'CONFIG_INVALID', reason: 'no-such-file' }
  }
}

export const certificate: Trouble = {
  kind: 'refused',
  code: 'PROVIDER_INVALID',
  reason: 'certificate',
}

export const noTls: Trouble = {
  kind: 'refused',
  code: 'PROVIDER_INVALID',
  reason: 'no-tls',
}
