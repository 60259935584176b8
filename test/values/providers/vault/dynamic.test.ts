/** Credentials that a real OpenBao makes in a real PostgreSQL: one lease for each path, renewed and revoked. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Lease, Outcome, Session } from '../../../../src/values/providers/contract.ts'
import { provider } from '../../../../src/values/providers/vault.ts'
import { dynamicServers, startDynamic, type Dynamic } from '../../../servers/dynamic.ts'
import { ROOT_TOKEN } from '../../../servers/openbao.ts'
import { bytesOf, contextOf, expectSafe, only } from '../conformance.ts'

const there = dynamicServers('dynamic secrets of OpenBao in PostgreSQL')
let servers: Dynamic

beforeAll(async () => {
  if (there === undefined) return
  servers = await startDynamic(there)
  await servers.addRole('readonly', '60s')
}, 30_000)
afterAll(() => servers?.stop())

async function opened(token: string): Promise<Session> {
  const env = new Map([['VAULT_TOKEN', Buffer.from(token)]])
  const options = { address: servers.bao.address, engine: 'dynamic' }
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

const leases = async (): Promise<number> => (await servers.leases('readonly')).length

describe.skipIf(there === undefined)('dynamic secrets', () => {
  test('issued once for both fields, used, renewed, revoked: the login ends', async () => {
    const session = await opened(await servers.token('20m'))
    const [name, word] = await session.get([creds('username'), creds('password')])
    const [user, password] = [bytesOf(name).toString(), bytesOf(word).toString()]
    expect(await servers.postgres.admits(user, password)).toBe(true)
    const lease = leaseOf(name)
    expect(leaseOf(word)).toEqual(lease)
    expect(lease).toMatchObject({ seconds: 60, renewable: true })
    expect(name).toMatchObject({ meta: {} })
    expect(await leases()).toBe(1)

    // As the lease-keeper does it: another process, which knows the lease alone.
    const keeper = await opened('fake-token-of-nobody')
    expect(await keeper.renew?.(lease.id, 300)).toEqual({ kind: 'ok', seconds: 300 })
    expect(await keeper.revoke?.(lease.id)).toEqual({ kind: 'ok' })
    expect(await servers.postgres.admits(user, password)).toBe(false)
    expect(await keeper.renew?.(lease.id, 300)).toEqual({ kind: 'gone' })
    expect(['ok', 'gone']).toContain((await keeper.revoke?.(lease.id))?.kind)
  })

  test('a lease ends with the token that made it, says so, and is renewed together with it', async () => {
    const token = await servers.token('30s')
    const session = await opened(token)
    const lease = leaseOf(await only(session, creds('password')))
    expect(lease.seconds).toBeGreaterThan(20)
    expect(lease.seconds).toBeLessThanOrEqual(30)
    const keeper = await opened('fake-token-of-nobody')
    expect(await keeper.renew?.(lease.id, 300)).toEqual({ kind: 'ok', seconds: 30 })
    await servers.bao.api('POST', 'auth/token/revoke', { token })
    expect(await keeper.renew?.(lease.id, 300)).toMatchObject({ kind: 'denied' })
  })

  test('a read that no ref can use leaves no credential behind', async () => {
    // Those of a revoked token go a moment later.
    await expect.poll(leases).toBe(0)
    const session = await opened(await servers.token('20m'))
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
    await servers.bao.api('POST', 'database/config/gone', {
      plugin_name: 'postgresql-database-plugin',
      allowed_roles: '*',
      verify_connection: false,
      connection_url: 'postgresql://fake:fake@127.0.0.1:1/postgres?sslmode=disable',
    })
    await servers.bao.api('POST', 'database/roles/gone', {
      db_name: 'gone',
      creation_statements: 'SELECT 1',
    })
    expect(await only(session, creds('password', 'creds/gone'))).toMatchObject({
      kind: 'unavailable',
      reason: 'server-error',
    })
    expect(await session.renew?.('nonsense', 60)).toMatchObject({ kind: 'malformed' })
    expect(Object.keys(session)).not.toEqual(expect.arrayContaining(['put']))
  })
})
