/** The options of a vault provider and its client's variables, as one thing. Config has checked the options. */
import { baseUrlOf } from '../../../targets/destination.ts'
import { copy } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Context, Failure } from '../contract.ts'
import { credentialFile, Missing, placedFile, trimmed } from './files.ts'

export interface VaultOptions {
  /** Without a path. */
  address: URL
  namespace: string | undefined
  engine: 'kv' | 'dynamic'
  mount: string
  kv: 1 | 2
  field: string | undefined
  auth: Auth
  tls: { ca?: Buffer; cert?: Buffer; key?: Buffer; servername?: string }
  /** Somebody asked for certificates not to be checked; they are, and a failure says so. */
  skipVerify: boolean
}

/** Its buffers are the session's, which wipes them. */
export type Auth =
  | { method: 'token'; token: Buffer }
  | AppRole
  | { method: 'kubernetes' | 'jwt'; mount: string; role: string; jwt: Buffer }
  | { method: 'cert'; mount: string; role: string | undefined }

export interface AppRole {
  method: 'approle'
  mount: string
  roleId: Buffer
  secretId: Buffer | undefined
  /** True: `secretId` is a wrapping token. */
  wrapped: boolean
  /** Whose secret id must be in it; left out, any role's of that mount. */
  role: string | undefined
}

type Fields = Readonly<Record<string, unknown>>
type Variable = (name: string) => Buffer | undefined

/** A failure where something is missing or cannot be read; its `place` is a path that the config names. */
export async function readOptions(
  options: Fields,
  env: Context['env'],
): Promise<VaultOptions | Failure> {
  try {
    return await read(options, env)
  } catch (error) {
    if (error instanceof Missing) return error.failure
    throw error
  }
}

async function read(options: Fields, env: Context['env']): Promise<VaultOptions> {
  const variable: Variable = (name) =>
    nonEmpty(env.get(`VAULT_${name}`)) ?? nonEmpty(env.get(`BAO_${name}`))
  const words = (name: string): string | undefined => variable(name)?.toString()
  const path = (option: string, name: string): string | undefined =>
    text(options[option]) ?? words(name)
  const address = addressOf(path('address', 'ADDR'))
  const auth = await authOf(options['auth'], variable)
  const [ca, cert, key] = await Promise.all([
    optional(path('caCert', 'CACERT'), placedFile),
    optional(path('clientCert', 'CLIENT_CERT'), placedFile),
    optional(path('clientKey', 'CLIENT_KEY'), credentialFile),
  ])
  const servername = path('tlsServerName', 'TLS_SERVER_NAME')
  const engine = options['engine'] === 'dynamic' ? 'dynamic' : 'kv'
  return {
    address,
    namespace: path('namespace', 'NAMESPACE'),
    engine,
    mount: text(options['mount']) ?? (engine === 'kv' ? 'secret' : 'database'),
    kv: options['kv'] === 1 ? 1 : 2,
    field: text(options['field']),
    auth,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(servername === undefined ? {} : { servername }),
    },
    skipVerify: !/^(?:|0|f|false)$/i.test(words('SKIP_VERIFY') ?? ''),
  }
}

/** Plain http would carry the token for everyone on the way to read: to this machine alone. */
function addressOf(address: string | undefined): URL {
  const url = address === undefined ? undefined : URL.parse(address)
  if (
    address === undefined ||
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.username ||
    url.password
  ) {
    throw new Missing(final('malformed', 'PROVIDER_INVALID', 'no-address'))
  }
  const safe = baseUrlOf(address)
  if (safe !== undefined) return safe
  const reason = url.protocol === 'http:' ? 'insecure-address' : 'no-address'
  throw new Missing(final('malformed', 'PROVIDER_INVALID', reason))
}

async function optional(
  path: string | undefined,
  file: (path: string) => Promise<Buffer>,
): Promise<Buffer | undefined> {
  return path === undefined ? undefined : file(path)
}

/** Without `auth`: the token variable, else the two of AppRole. */
async function authOf(auth: unknown, variable: Variable): Promise<Auth> {
  const stated: Fields = typeof auth === 'object' && auth !== null ? { ...auth } : {}
  const token = variable('TOKEN')
  const byRole = token === undefined && variable('ROLE_ID') !== undefined
  const method = text(stated['method']) ?? (byRole ? 'approle' : 'token')
  const mount = text(stated['mount']) ?? method
  const role = text(stated['role'])
  switch (method) {
    case 'token': {
      const bytes = await credential(text(stated['tokenFile']), token)
      if (bytes === undefined) throw new Missing(noCredentials)
      return { method, token: bytes }
    }
    case 'approle':
      return appRole(stated, variable, mount, role)
    case 'kubernetes':
    case 'jwt': {
      const own = method === 'kubernetes' ? POD_TOKEN : undefined
      const path = text(stated['jwtFile']) ?? own
      if (path === undefined || role === undefined) throw new Missing(noCredentials)
      return { method, mount, role, jwt: trimmed(await placedFile(path)) }
    }
    default:
      return { method: 'cert', mount, role }
  }
}

const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

async function appRole(
  stated: Fields,
  variable: Variable,
  mount: string,
  role: string | undefined,
): Promise<AppRole> {
  const id = text(stated['roleId'])
  const roleId =
    id === undefined
      ? await credential(text(stated['roleIdFile']), variable('ROLE_ID'))
      : Buffer.from(id)
  const secretId = await credential(text(stated['secretIdFile']), variable('SECRET_ID'))
  const wrapped = stated['secretIdWrapped'] === true
  if (roleId === undefined || (wrapped && secretId === undefined)) throw new Missing(noCredentials)
  return { method: 'approle', mount, roleId, secretId, wrapped, role }
}

/** What the file holds, or a copy of the variable; `undefined` where there is nothing in it. */
async function credential(
  path: string | undefined,
  variable: Buffer | undefined,
): Promise<Buffer | undefined> {
  if (path === undefined) return variable === undefined ? undefined : copy(variable)
  return nonEmpty(trimmed(await credentialFile(path)))
}

const noCredentials: Failure = final('malformed', 'PROVIDER_INVALID', 'no-credentials')

function nonEmpty(bytes: Buffer | undefined): Buffer | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : bytes
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
