/** Credentials that a real OpenBao makes in a real PostgreSQL: one lease for each path, renewed and revoked. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Lease, Outcome, Session } from '../../../../src/values/providers/contract.ts'
import { provider } from '../../../../src/values/providers/vault.ts'
import { openbao, ROOT_TOKEN, startOpenbao, type Bao } from '../../../servers/openbao.ts'
import { postgresBin, startPostgres, type Postgres } from '../../../servers/postgres.ts'
import { bytesOf, contextOf, expectSafe, only } from '../conformance.ts'

const SUITE = 'dynamic secrets of OpenBao in PostgreSQL'
const binary = openbao(SUITE)
const bin = postgresBin(SUITE)
const there = binary !== undefined && bin !== undefined
let bao: Bao
let postgres: Postgres

const CREATE = `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`
/** As docs/vault.md says it. */
const POLICY = `
path "database/creds/readonly" { capabilities = ["read"] }
path "sys/leases/renew" { capabilities = ["update"] }
path "sys/leases/revoke" { capabilities = ["update"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
`

beforeAll(async () => {
  if (!there) return
  ;[bao, postgres] = await Promise.all([startOpenbao(binary), startPostgres(bin)])
  const { port, user, password } = postgres
  await bao.api('POST', 'sys/mounts/database', { type: 'database' })
  const made = await bao.api('POST', 'database/config/app', {
    plugin_name: 'postgresql-database-plugin',
    allowed_roles: '*',
    connection_url: `postgresql://{{username}}:{{password}}@127.0.0.1:${port}/postgres?sslmode=disable`,
    username: user,
    password,
  })
  expect(made.status).toBeLessThan(300)
  const role = { db_name: 'app', creation_statements: CREATE, default_ttl: '60s', max_ttl: '10m' }
  await bao.api('POST', 'database/roles/readonly', role)
  await bao.api('PUT', 'sys/policies/acl/gateway', { policy: POLICY })
}, 30_000)
afterAll(() => Promise.all([bao?.stop(), postgres?.stop()]))

/** A token as a login makes one: no default policy, its own end. */
async function tokenFor(ttl: string): Promise<string> {
  const wanted = { policies: ['gateway'], no_default_policy: true, ttl, no_parent: true }
  const answer = await bao.api('POST', 'auth/token/create', wanted)
  const { auth }: { auth: { client_token: string } } = JSON.parse(await answer.text())
  return auth.client_token
}

async function opened(token: string): Promise<Session> {
  const env = new Map([['VAULT_TOKEN', Buffer.from(token)]])
  const options = { address: bao.address, engine: 'dynamic' }
  const session = await provider.open(options, contextOf({ env }))
  onTestFinished(() => session.close())
  return session
}

const creds = (field: string, path = 'creds/readonly'): { path: string; field: string } => ({
  path,
  field,
})

function leaseOf(outcome: Outcome | undefined): Lease {
  if (outcome?.kind !== 'value' || outcome.lease === undefined) throw new Error('no lease')
  return outcome.lease
}

async function leases(): Promise<number> {
  const answer = await bao.api('LIST', 'sys/leases/lookup/database/creds/readonly')
  if (answer.status === 404) return 0
  const { data }: { data: { keys: string[] } } = JSON.parse(await answer.text())
  return data.keys.length
}

describe.skipIf(!there)('dynamic secrets', () => {
  test('issued once for both fields, used, renewed, revoked: the login ends', async () => {
    const session = await opened(await tokenFor('20m'))
    const [name, word] = await session.get([creds('username'), creds('password')])
    const [user, password] = [bytesOf(name).toString(), bytesOf(word).toString()]
    expect(await postgres.admits(user, password)).toBe(true)
    const lease = leaseOf(name)
    expect(leaseOf(word)).toEqual(lease)
    expect(lease).toMatchObject({ seconds: 60, renewable: true })
    expect(name).toMatchObject({ meta: {} })
    expect(await leases()).toBe(1)

    // As the lease-keeper does it: another process, which knows the lease alone.
    const keeper = await opened('fake-token-of-nobody')
    expect(await keeper.renew?.(lease.id, 300)).toEqual({ kind: 'ok', seconds: 300 })
    expect(await keeper.revoke?.(lease.id)).toEqual({ kind: 'ok' })
    expect(await postgres.admits(user, password)).toBe(false)
    expect(await keeper.renew?.(lease.id, 300)).toEqual({ kind: 'gone' })
    expect(['ok', 'gone']).toContain((await keeper.revoke?.(lease.id))?.kind)
  })

  test('a lease ends with the token that made it, says so, and is renewed together with it', async () => {
    const token = await tokenFor('30s')
    const session = await opened(token)
    const lease = leaseOf(await only(session, creds('password')))
    expect(lease.seconds).toBeGreaterThan(20)
    expect(lease.seconds).toBeLessThanOrEqual(30)
    const keeper = await opened('fake-token-of-nobody')
    expect(await keeper.renew?.(lease.id, 300)).toEqual({ kind: 'ok', seconds: 30 })
    await bao.api('POST', 'auth/token/revoke', { token })
    expect(await keeper.renew?.(lease.id, 300)).toMatchObject({ kind: 'denied' })
  })

  test('a read that no ref can use leaves no credential behind', async () => {
    // Those of a revoked token go a moment later.
    await expect.poll(leases).toBe(0)
    const session = await opened(await tokenFor('20m'))
    const outcome = await only(session, creds('no-such-field'))
    expect(outcome).toMatchObject({ kind: 'absent', reason: 'no-such-key' })
    expectSafe(outcome)
    expect(await leases()).toBe(0)
  })

  test('no role, no right, no database: each says what it is', async () => {
    const session = await opened(ROOT_TOKEN)
    expect(await only(session, creds('password', 'creds/none'))).toMatchObject({ kind: 'absent' })
    expect(await only(session, { ...creds('password'), version: '1' })).toMatchObject({
      kind: 'malformed',
      reason: 'bad-name',
    })
    const stranger = await opened('fake-token-of-nobody')
    expect(await only(stranger, creds('password'))).toMatchObject({ kind: 'denied' })
    await bao.api('POST', 'database/config/gone', {
      plugin_name: 'postgresql-database-plugin',
      allowed_roles: '*',
      verify_connection: false,
      connection_url: 'postgresql://fake:fake@127.0.0.1:1/postgres?sslmode=disable',
    })
    await bao.api('POST', 'database/roles/gone', { db_name: 'gone', creation_statements: CREATE })
    expect(await only(session, creds('password', 'creds/gone'))).toMatchObject({
      kind: 'unavailable',
      reason: 'server-error',
    })
    expect(await session.renew?.('nonsense', 60)).toMatchObject({ kind: 'malformed' })
    expect(Object.keys(session)).not.toEqual(expect.arrayContaining(['put']))
  })
})
