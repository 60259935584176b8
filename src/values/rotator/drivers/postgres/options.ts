/** What a config says of the connection; where it goes, the value itself says. */
import { readFile } from 'node:fs/promises'
import type { Tls } from './connection.ts'

export const connectionOptions = {
  caCert: {
    type: 'string',
    minLength: 1,
    description:
      'A PEM file of the CA that the server’s certificate is checked by. Left out: no TLS.',
  },
} as const

export async function tlsOf(options: Readonly<Record<string, unknown>>): Promise<Tls> {
  const { caCert } = options
  return typeof caCert === 'string' ? { ca: await readFile(caCert, 'utf8') } : {}
}
