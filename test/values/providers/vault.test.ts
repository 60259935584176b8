import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Session } from '../../../src/values/providers/contract.ts'
import { provider } from '../../../src/values/providers/vault.ts'
import { openbao, ROOT_TOKEN, startOpenbao, type Bao } from '../../servers/openbao.ts'
import { bytesOf, conformance, contextOf, expectSafe, only } from './conformance.ts'
import { withstandsFaults } from './faults.ts'

const binary = openbao('the vault provider against a real server')
const folder = mkdtempSync(join(tmpdir(), 'secretref-vault-'))
let bao: Bao

const token = (value = ROOT_TOKEN): Map<string, Buffer> =>
  new Map([['VAULT_TOKEN', Buffer.from(value)]])

async function opened(
  options: Record<string, unknown> = {},
  env = token(),
  signal = new AbortController().signal,
): Promise<Session> {
  const address = bao.address
  return provider.open({ address, ...options }, contextOf({ env, signal }))
}

function finishing(session: Session): Session {
  onTestFinished(() => session.close())
  return session
}

beforeAll(async () => {
  if (binary !== undefined) bao = await startOpenbao(binary)
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  if (binary !== undefined) await bao.stop()
})

let mounts = 0
/** An engine of its own for each session: what another test stored is not there. */
async function mounted(kv: 1 | 2): Promise<string> {
  const mount = `kv${kv}/m${(mounts += 1)}`
  await bao.api('POST', `sys/mounts/${mount}`, { type: 'kv', options: { version: String(kv) } })
  if (kv === 2) await isReady(mount)
  return mount
}

/** Version 2 upgrades itself after it was mounted, and refuses what is asked for meanwhile. */
async function isReady(mount: string): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    if ((await bao.api('GET', `${mount}/config`)).ok) return
    await sleep(20)
  }
  throw new Error(`${mount} is not ready`)
}

async function filled(kv: 1 | 2, values: ReadonlyMap<string, Buffer>): Promise<string> {
  const mount = await mounted(kv)
  for (const [name, value] of values) {
    const data = { value: value.toString() }
    const path = kv === 2 ? `${mount}/data/${name}` : `${mount}/${name}`
    const { status } = await bao.api('POST', path, kv === 2 ? { data } : data)
    expect(status).toBeLessThan(300)
  }
  return mount
}

describe.skipIf(binary === undefined)('against OpenBao', () => {
  for (const kv of [1, 2] as const) {
    conformance(`vault, KV version ${kv}`, {
      provider,
      carries: 'UTF-8',
      open: async (values, signal) => {
        const mount = await filled(kv, values)
        return { session: await opened({ kv, mount }, token(), signal), at: (path) => ({ path }) }
      },
      denied: async () => ({ session: await opened({ kv }, token('fake-bad')), at: { path: 'a' } }),
      unavailable: async () => ({
        session: await opened({ address: 'http://127.0.0.1:1' }),
        at: { path: 'a' },
      }),
    })
  }

  test('many refs of one path cost one read, and each field is its own outcome', async () => {
    const mount = await mounted(2)
    await bao.api('POST', `${mount}/data/team/app`, {
      data: { one: 'fake-1', two: 'fake-2', n: 3 },
    })
    let calls = 0
    const spend = (n: number): boolean => (calls += n) > 0
    const session = finishing(
      await provider.open({ address: bao.address, mount }, contextOf({ env: token(), spend })),
    )
    const fields = ['two', 'one', 'n', 'none', 'two']
    const outcomes = await session.get(fields.map((field) => ({ path: 'team/app', field })))
    expect(outcomes.map((o) => (o.kind === 'value' ? o.value.toString() : o.reason))).toEqual([
      'fake-2',
      'fake-1',
      'not-a-string',
      'no-such-key',
      'fake-2',
    ])
    expect(calls).toBe(1)
  })

  test('a version can be pinned; a deleted one is absent', async () => {
    const mount = await mounted(2)
    for (const value of ['fake-old', 'fake-new']) {
      await bao.api('POST', `${mount}/data/a`, { data: { value } })
    }
    const session = finishing(await opened({ mount }))
    expect(bytesOf(await only(session, { path: 'a', version: '1' })).toString()).toBe('fake-old')
    expect(await only(session, { path: 'a' })).toMatchObject({ meta: { version: '2' } })
    expect(await only(session, { path: 'a', version: '9' })).toMatchObject({ kind: 'absent' })
    await bao.api('DELETE', `${mount}/data/a`)
    expect(await only(session, { path: 'a' })).toMatchObject({ kind: 'absent' })
  })

  test('custom metadata says when a value ends; a date that cannot be read is a failure', async () => {
    const mount = await filled(2, new Map([['a', Buffer.from('fake-a')]]))
    const custom = (expiresAt: string): Promise<Response> =>
      bao.api('POST', `${mount}/metadata/a`, { custom_metadata: { expiresAt } })
    const session = finishing(await opened({ mount }))
    await custom('2027-03-08T04:12:00Z')
    expect(await only(session, { path: 'a' })).toMatchObject({
      meta: { expiresAt: new Date('2027-03-08T04:12:00Z') },
    })
    await custom('next year')
    expect(await only(session, { path: 'a' })).toMatchObject({ reason: 'bad-date' })
  })

  test('AppRole: role id and secret id, from variables and from files; a wrong one is denied', async () => {
    await bao.api('POST', 'sys/auth/approle', { type: 'approle' })
    await bao.api('PUT', 'sys/policies/acl/reader', {
      policy: 'path "secret/data/*" { capabilities = ["read"] }',
    })
    await bao.api('POST', 'auth/approle/role/gateway', { token_policies: 'reader' })
    const roleId = await fieldOf(bao.api('GET', 'auth/approle/role/gateway/role-id'), 'role_id')
    const secretId = await fieldOf(
      bao.api('POST', 'auth/approle/role/gateway/secret-id'),
      'secret_id',
    )
    await bao.api('POST', 'secret/data/approle', { data: { value: 'fake-by-role' } })
    const env = (secret: string): Map<string, Buffer> =>
      new Map([
        ['VAULT_ROLE_ID', Buffer.from(roleId)],
        ['VAULT_SECRET_ID', Buffer.from(secret)],
      ])
    const session = finishing(await opened({}, env(secretId)))
    expect(bytesOf(await only(session, { path: 'approle' })).toString()).toBe('fake-by-role')

    const secretIdFile = join(folder, 'secret-id')
    writeFileSync(secretIdFile, `${secretId}\n`)
    const auth = { method: 'approle', roleId, secretIdFile }
    const byFile = finishing(await opened({ auth }, new Map()))
    expect((await only(byFile, { path: 'approle' })).kind).toBe('value')

    const wrong = finishing(await opened({}, env('fake-wrong')))
    const denied = await only(wrong, { path: 'approle' })
    expect(denied).toMatchObject({ kind: 'denied', reason: 'login-denied' })
    expectSafe(denied)
  })

  test('a namespace is asked for by its header', async () => {
    await bao.api('POST', 'sys/namespaces/team')
    await bao.api('POST', 'team/sys/mounts/secret', { type: 'kv', options: { version: '2' } })
    await isReady('team/secret')
    await bao.api('POST', 'team/secret/data/a', { data: { value: 'fake-of-team' } })
    const session = finishing(await opened({ namespace: 'team' }))
    expect(bytesOf(await only(session, { path: 'a' })).toString()).toBe('fake-of-team')
  })

  test('put replaces one field, keeps the others, and compares before it writes', async () => {
    const mount = await mounted(2)
    const session = finishing(await opened({ mount }))
    const at = { path: 'team/app', field: 'key' }
    const put = (value: string, expect_: string): Promise<unknown> | undefined =>
      session.put?.(at, Buffer.from(value), { expect: expect_, operation: 'fake' })
    await bao.api('POST', `${mount}/data/team/app`, { data: { other: 'fake-"other"' } })
    expect(await put('fake-first', 'absent')).toEqual({ kind: 'written', version: '2', at })
    expect(await put('fake-second', 'absent')).toEqual({ kind: 'conflict' })
    expect(await put('fake-second', '1')).toEqual({ kind: 'conflict' })
    expect(await put('fake-"\n$(x)', '2')).toEqual({ kind: 'written', version: '3', at })
    const [key, other] = await session.get([at, { path: 'team/app', field: 'other' }])
    expect([bytesOf(key).toString(), bytesOf(other).toString()]).toEqual([
      'fake-"\n$(x)',
      'fake-"other"',
    ])
  })

  test('put takes UTF-8 alone: another byte would come back as another character', async () => {
    const session = finishing(await opened({ mount: await mounted(2) }))
    const bytes = Buffer.from([0x66, 0xff, 0xfe])
    expect(
      await session.put?.({ path: 'a' }, bytes, { expect: 'any', operation: 'x' }),
    ).toMatchObject({ code: 'SECRET_MALFORMED', reason: 'not-utf8' })
    expect(await only(session, { path: 'a' })).toMatchObject({ kind: 'absent' })
  })

  test('put after a deletion goes on from the deleted version', async () => {
    const mount = await filled(2, new Map([['a', Buffer.from('fake-a')]]))
    await bao.api('DELETE', `${mount}/data/a`)
    const session = finishing(await opened({ mount }))
    expect(
      await session.put?.({ path: 'a' }, Buffer.from('fake-b'), {
        expect: 'absent',
        operation: 'x',
      }),
    ).toMatchObject({ kind: 'written', version: '2' })
  })

  test('history tells live versions and their dates, and no value', async () => {
    const mount = await mounted(2)
    for (const value of ['fake-1', 'fake-2', 'fake-3', 'fake-4']) {
      await bao.api('POST', `${mount}/data/team/app`, { data: { key: value } })
    }
    await bao.api('POST', `${mount}/delete/team/app`, { versions: [3] })
    await bao.api('PUT', `${mount}/destroy/team/app`, { versions: [1] })
    const custom_metadata = { expiresAt: '2027-03-08T04:12:00Z' }
    await bao.api('POST', `${mount}/metadata/team/app`, { custom_metadata })
    const session = finishing(await opened({ mount }))
    const told = await session.history?.({ path: 'team/app' })
    const expiresAt = new Date(custom_metadata.expiresAt)
    expect(told).toEqual({
      kind: 'history',
      versions: [
        { version: '2', stages: ['previous'], createdAt: expect.any(Date) },
        { version: '4', stages: ['current'], createdAt: expect.any(Date), expiresAt },
      ],
    })
    expect(await session.history?.({ path: 'none' })).toMatchObject({ kind: 'absent' })
    const denied = finishing(await opened({ mount }, token('fake-token')))
    expect(await denied.history?.({ path: 'team/app' })).toMatchObject({ kind: 'denied' })
    const first = finishing(await opened({ mount: await mounted(1), kv: 1 }))
    expect(Object.keys(first)).not.toContain('history')
    expect(Object.keys(first)).not.toContain('promote')
  })

  test('an older version of a field becomes the newest by compare-and-set; other fields stay', async () => {
    const mount = await mounted(2)
    const session = finishing(await opened({ mount }))
    for (const n of [1, 2]) {
      const data = { key: `fake-${n}`, other: `fake-other-${n}` }
      await bao.api('POST', `${mount}/data/team/app`, { data })
    }
    const at = { path: 'team/app', field: 'key' }
    expect(await session.promote?.(at, '1', '1')).toEqual({ kind: 'conflict' })
    expect(await session.promote?.(at, '2', '9')).toMatchObject({ kind: 'absent' })
    expect(await session.promote?.(at, '2', '1')).toEqual({ kind: 'written', version: '3', at })
    const both = await session.get([at, { path: 'team/app', field: 'other' }])
    expect(both.map((one) => bytesOf(one).toString())).toEqual(['fake-1', 'fake-other-2'])
  })

  test('list names what is there, through folders, and no value', async () => {
    const values = new Map(['a', 'b/c', 'b/d/e'].map((name) => [name, Buffer.from('fake')]))
    const session = finishing(await opened({ mount: await filled(2, values) }))
    const names: string[] = []
    for await (const { at } of session.list?.('') ?? []) names.push(at.path)
    expect(names.toSorted()).toEqual(['a', 'b/c', 'b/d/e'])
  })
})

withstandsFaults('vault', {
  at: { path: 'a' },
  open: (address, timeoutMs, spend = () => true) =>
    provider.open({ address, timeoutMs }, contextOf({ env: token(), spend })),
})

test('without an address, or without anything to sign in with, every ref says so', async () => {
  const nowhere = finishing(await provider.open({}, contextOf({ env: token() })))
  expect(await only(nowhere, { path: 'a' })).toMatchObject({ reason: 'no-address' })
  const nobody = finishing(await provider.open({ address: 'https://127.0.0.1:1' }, contextOf()))
  expect(await only(nobody, { path: 'a' })).toMatchObject({ reason: 'no-credentials' })
})

test('vault states the variables of its own client', () => {
  expect(provider.spec.env({}, [])).toEqual(
    expect.arrayContaining(['VAULT_ADDR', 'VAULT_TOKEN', 'VAULT_NAMESPACE']),
  )
})

async function fieldOf(answer: Promise<Response>, name: string): Promise<string> {
  const { data }: { data: Record<string, string> } = JSON.parse(await (await answer).text())
  return data[name] ?? ''
}
