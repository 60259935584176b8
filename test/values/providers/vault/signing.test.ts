/** Signing in to a real OpenBao: wrapped secret ids, tokens that end, tokens that are kept alive. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Outcome, Session } from '../../../../src/values/providers/contract.ts'
import { provider } from '../../../../src/values/providers/vault.ts'
import { openbao, ROOT_TOKEN, startOpenbao, type Bao } from '../../../servers/openbao.ts'
import { bytesOf, contextOf, expectSafe, only } from '../conformance.ts'

const binary = openbao('signing in to a real OpenBao')
const folder = mkdtempSync(join(tmpdir(), 'secretref-vault-'))
let bao: Bao
let roleId: string

beforeAll(async () => {
  if (binary === undefined) return
  bao = await startOpenbao(binary)
  await bao.api('POST', 'sys/auth/approle', { type: 'approle' })
  const policy = 'path "secret/data/*" { capabilities = ["read"] }'
  await bao.api('PUT', 'sys/policies/acl/reader', { policy })
  for (const role of ['gateway', 'other']) {
    const limits = { token_policies: 'reader', token_ttl: '60s', token_max_ttl: '600s' }
    await bao.api('POST', `auth/approle/role/${role}`, limits)
  }
  const { data } = await told('GET', 'auth/approle/role/gateway/role-id')
  roleId = data?.['role_id'] ?? ''
  await bao.api('POST', 'secret/data/a', { data: { value: 'fake-by-role' } })
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await bao?.stop()
})

interface Told {
  data?: Record<string, string>
  wrap_info?: { token: string }
}

async function told(method: string, path: string, wrap?: string, body?: unknown): Promise<Told> {
  const answer = await fetch(`${bao.address}/v1/${path}`, {
    method,
    headers: {
      'x-vault-token': ROOT_TOKEN,
      ...(wrap === undefined ? {} : { 'x-vault-wrap-ttl': wrap }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const all: Told = JSON.parse(await answer.text())
  return all
}

async function wrapped(role = 'gateway'): Promise<string> {
  const made = await told('POST', `auth/approle/role/${role}/secret-id`, '60s')
  return made.wrap_info?.token ?? ''
}

let files = 0
async function withWrapped(
  wrapping: string,
  auth: Record<string, unknown> = {},
  now = () => new Date(),
): Promise<Session> {
  const secretIdFile = join(folder, `wrapped-${(files += 1)}`)
  writeFileSync(secretIdFile, `${wrapping}\n`, { mode: 0o600 })
  const approle = { method: 'approle', roleId, secretIdFile, secretIdWrapped: true, ...auth }
  const session = await provider.open({ address: bao.address, auth: approle }, contextOf({ now }))
  onTestFinished(() => session.close())
  return session
}

async function refused(wrapping: string, auth: Record<string, unknown> = {}): Promise<Outcome> {
  const outcome = await only(await withWrapped(wrapping, auth), { path: 'a' })
  expectSafe(outcome, [Buffer.from(wrapping)])
  return outcome
}

/** How many tokens there are. */
async function accessors(): Promise<number> {
  const answer = await bao.api('LIST', 'auth/token/accessors')
  const listed: { data: { keys: string[] } } = JSON.parse(await answer.text())
  return listed.data.keys.length
}

describe.skipIf(binary === undefined)('a wrapped secret id', () => {
  test('is unwrapped and used; a second start with the same token is denied, and told why', async () => {
    const wrapping = await wrapped()
    const first = await withWrapped(wrapping, { role: 'gateway' })
    expect(bytesOf(await only(first, { path: 'a' })).toString()).toBe('fake-by-role')
    // The session goes on with its token; it does not unwrap again.
    expect(await only(first, { path: 'a' })).toMatchObject({ kind: 'value' })
    expect(await refused(wrapping)).toMatchObject({ kind: 'denied', reason: 'wrapped-used' })
  })

  test('that somebody else has unwrapped, or that never was one, is denied', async () => {
    const wrapping = await wrapped()
    await fetch(`${bao.address}/v1/sys/wrapping/unwrap`, {
      method: 'POST',
      headers: { 'x-vault-token': wrapping },
    })
    for (const token of [wrapping, 'fake-wrapping-token', 'fake with spaces']) {
      expect(await refused(token)).toMatchObject({ kind: 'denied', reason: 'wrapped-used' })
    }
  })

  test('that was swapped is refused before it is unwrapped', async () => {
    const repacked = await told('POST', 'sys/wrapping/wrap', '60s', { secret_id: 'fake-of-thief' })
    const swapped = repacked.wrap_info?.token ?? ''
    expect(await refused(swapped)).toMatchObject({ kind: 'denied', reason: 'wrapped-foreign' })
    const ofOther = await wrapped('other')
    expect(await refused(ofOther, { role: 'gateway' })).toMatchObject({ reason: 'wrapped-foreign' })
    expect(await refused(await wrapped(), { mount: 'approle-two' })).toMatchObject({
      reason: 'wrapped-foreign',
    })
    // Left as it was: whoever looks into it still can.
    const looked = await told('POST', 'sys/wrapping/lookup', undefined, { token: swapped })
    expect(looked.data).toMatchObject({ creation_path: 'sys/wrapping/wrap' })
  })
})

describe.skipIf(binary === undefined)('a session that stays open', () => {
  test('signs in again where its token has ended', async () => {
    const { data } = await told('POST', 'auth/approle/role/gateway/secret-id', undefined, {})
    let now = Date.now()
    const session = await withWrapped(data?.['secret_id'] ?? '', { secretIdWrapped: false }, () => {
      return new Date(now)
    })
    expect(await only(session, { path: 'a' })).toMatchObject({ kind: 'value' })
    const before = await accessors()
    expect(await only(session, { path: 'a' })).toMatchObject({ kind: 'value' })
    expect(await accessors()).toBe(before)
    now += 61_000
    // Both find that it has ended; one signs in.
    const both = await Promise.all([1, 2].map(() => only(session, { path: 'a' })))
    expect(both.map(({ kind }) => kind)).toEqual(['value', 'value'])
    expect(await accessors()).toBe(before + 1)
  })
})
