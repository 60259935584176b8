/** A real OpenBao that makes users in a real PostgreSQL: its engine of dynamic secrets. */
import { join } from 'node:path'
import { openbao, startOpenbao, type Bao } from './openbao.ts'
import { postgresBin, startPostgres, type Postgres } from './postgres.ts'

/** What both need to start; `undefined`, with one loud line, where one is missing. */
export function dynamicServers(suite: string): { binary: string; bin: string } | undefined {
  const binary = openbao(suite)
  const bin = postgresBin(suite)
  return binary === undefined || bin === undefined ? undefined : { binary, bin }
}

export interface Dynamic {
  bao: Bao
  postgres: Postgres
  /** PostgreSQL's own client. */
  psql: string
  /** Adds `database/creds/<name>`. @param ttl as Vault writes it, `3s` for instance */
  addRole(name: string, ttl: string, maxTtl?: string): Promise<void>
  /** Users of PostgreSQL that were made for this role. */
  users(role: string): Promise<string[]>
  /** Ids of the leases of this role, which are secrets. */
  leases(role: string): Promise<string[]>
  /** A token as a login makes one: no default policy, its own end, the rights that docs/vault.md states. */
  token(ttl: string): Promise<string>
  stop(): Promise<void>
}

const CREATE = `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`
/** As docs/vault.md says it. */
const POLICY = `
path "database/creds/*" { capabilities = ["read"] }
path "sys/leases/renew" { capabilities = ["update"] }
path "sys/leases/revoke" { capabilities = ["update"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
`

export async function startDynamic({
  binary,
  bin,
}: {
  binary: string
  bin: string
}): Promise<Dynamic> {
  const [bao, postgres] = await Promise.all([startOpenbao(binary), startPostgres(bin)])
  const { port, user, password } = postgres
  const done = async (method: string, path: string, body: unknown): Promise<string> => {
    const answer = await bao.api(method, path, body)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text
  }
  await done('POST', 'sys/mounts/database', { type: 'database' })
  await done('POST', 'database/config/app', {
    plugin_name: 'postgresql-database-plugin',
    allowed_roles: '*',
    connection_url: `postgresql://{{username}}:{{password}}@127.0.0.1:${port}/postgres?sslmode=disable`,
    username: user,
    password,
  })
  await done('PUT', 'sys/policies/acl/gateway', { policy: POLICY })
  return {
    bao,
    postgres,
    psql: join(bin, 'psql'),
    addRole: async (name, ttl, maxTtl = '10m') => {
      const role = { db_name: 'app', creation_statements: CREATE }
      await done('POST', `database/roles/${name}`, { ...role, default_ttl: ttl, max_ttl: maxTtl })
    },
    users: async (role) => {
      const rows = await postgres.query('SELECT rolname FROM pg_roles')
      const names = rows.map(({ rolname }) => String(rolname))
      return names.filter((name) => name.startsWith('v-') && name.includes(`-${role}-`))
    },
    leases: async (role) => {
      const path = `database/creds/${role}`
      const answer = await bao.api('LIST', `sys/leases/lookup/${path}`)
      if (answer.status === 404) return []
      const { data }: { data: { keys: string[] } } = JSON.parse(await answer.text())
      return data.keys.map((key) => `${path}/${key}`)
    },
    token: async (ttl) => {
      const wanted = { policies: ['gateway'], no_default_policy: true, ttl, no_parent: true }
      const text = await done('POST', 'auth/token/create', wanted)
      const { auth }: { auth: { client_token: string } } = JSON.parse(text)
      return auth.client_token
    },
    stop: async () => {
      await Promise.all([bao.stop(), postgres.stop()])
    },
  }
}
