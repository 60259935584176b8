/** The options of a vault provider and its client's variables, as one thing. Config has checked the options. */
import { readFileSync } from 'node:fs'
import { final } from '../../secret/outcome.ts'
import type { Context, Failure } from '../contract.ts'

/** The variables of Vault's own client that say where it is and who asks, and OpenBao's for the same. */
export const VARIABLES = [
  'VAULT_ADDR',
  'VAULT_TOKEN',
  'VAULT_NAMESPACE',
  'VAULT_ROLE_ID',
  'VAULT_SECRET_ID',
  'VAULT_CACERT',
  'VAULT_CLIENT_CERT',
  'VAULT_CLIENT_KEY',
  'VAULT_TLS_SERVER_NAME',
  'BAO_ADDR',
  'BAO_TOKEN',
  'BAO_NAMESPACE',
  'BAO_CACERT',
  'BAO_CLIENT_CERT',
  'BAO_CLIENT_KEY',
  'BAO_TLS_SERVER_NAME',
] as const

export interface VaultOptions {
  /** Without a path. */
  address: URL
  namespace: string | undefined
  mount: string
  kv: 1 | 2
  field: string | undefined
  auth: Auth
  tls: { ca?: Buffer; cert?: Buffer; key?: Buffer; servername?: string }
}

export type Auth =
  | { method: 'token'; token: Buffer }
  | { method: 'approle'; mount: string; roleId: Buffer; secretId: Buffer | undefined }
  | { method: 'kubernetes' | 'jwt'; mount: string; role: string; jwt: Buffer }
  | { method: 'cert'; mount: string; role: string | undefined }

type Fields = Readonly<Record<string, unknown>>

/** A failure where something is missing or cannot be read; its `place` is a path that the config names. */
export function readOptions(options: Fields, env: Context['env']): VaultOptions | Failure {
  try {
    return read(options, env)
  } catch (error) {
    if (error instanceof Missing) return error.failure
    throw error
  }
}

class Missing extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super('a vault provider cannot be opened')
    this.failure = failure
  }
}

function read(options: Fields, env: Context['env']): VaultOptions {
  const variable = (name: string): Buffer | undefined =>
    nonEmpty(env.get(`VAULT_${name}`)) ?? nonEmpty(env.get(`BAO_${name}`))
  const words = (name: string): string | undefined => variable(name)?.toString()
  const address = text(options['address']) ?? words('ADDR')
  const url = address === undefined ? undefined : URL.parse(address)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new Missing(final('malformed', 'PROVIDER_INVALID', 'no-address'))
  }
  const path = (option: string, name: string): string | undefined =>
    text(options[option]) ?? words(name)
  const [ca, cert, key] = [
    path('caCert', 'CACERT'),
    path('clientCert', 'CLIENT_CERT'),
    path('clientKey', 'CLIENT_KEY'),
  ]
  const servername = text(options['tlsServerName']) ?? words('TLS_SERVER_NAME')
  return {
    address: url,
    namespace: text(options['namespace']) ?? words('NAMESPACE'),
    mount: text(options['mount']) ?? 'secret',
    kv: options['kv'] === 1 ? 1 : 2,
    field: text(options['field']),
    auth: authOf(options['auth'], variable),
    tls: {
      ...(ca === undefined ? {} : { ca: file(ca) }),
      ...(cert === undefined ? {} : { cert: file(cert) }),
      ...(key === undefined ? {} : { key: file(key) }),
      ...(servername === undefined ? {} : { servername }),
    },
  }
}

/** Without `auth`: the token variable, else the two of AppRole. */
function authOf(auth: unknown, variable: (name: string) => Buffer | undefined): Auth {
  const stated: Fields = typeof auth === 'object' && auth !== null ? { ...auth } : {}
  const token = variable('TOKEN')
  const roleId = variable('ROLE_ID')
  const method =
    text(stated['method']) ?? (token === undefined && roleId !== undefined ? 'approle' : 'token')
  const mount = text(stated['mount']) ?? method
  const role = text(stated['role'])
  switch (method) {
    case 'token': {
      const path = text(stated['tokenFile'])
      const bytes = path === undefined ? token : trimmed(file(path))
      if (bytes === undefined || bytes.length === 0) throw new Missing(noCredentials)
      return { method, token: bytes }
    }
    case 'approle': {
      const idFile = text(stated['roleIdFile'])
      const secretFile = text(stated['secretIdFile'])
      const id = text(stated['roleId'])
      const known = id === undefined ? idFile && trimmed(file(idFile)) : Buffer.from(id)
      const secretId = secretFile === undefined ? variable('SECRET_ID') : trimmed(file(secretFile))
      const own = known || roleId
      if (own === undefined) throw new Missing(noCredentials)
      return { method, mount, roleId: own, secretId }
    }
    case 'kubernetes':
    case 'jwt': {
      const path =
        text(stated['jwtFile']) ??
        (method === 'kubernetes'
          ? '/var/run/secrets/kubernetes.io/serviceaccount/token'
          : undefined)
      if (path === undefined || role === undefined) throw new Missing(noCredentials)
      return { method, mount, role, jwt: trimmed(file(path)) }
    }
    default:
      return { method: 'cert', mount, role }
  }
}

const noCredentials: Failure = final('malformed', 'PROVIDER_INVALID', 'no-credentials')

/** Small files that somebody placed for us: a CA, a token. */
function file(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    // Why is the system's word; the reader learns which file it is.
    throw new Missing(final('malformed', 'PROVIDER_INVALID', 'io', path))
  }
}

/** Editors and `vault write -field` end a file with a newline that is no part of a token. */
function trimmed(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] ?? 0) <= 0x20) end -= 1
  return bytes.subarray(0, end)
}

function nonEmpty(bytes: Buffer | undefined): Buffer | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : bytes
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
