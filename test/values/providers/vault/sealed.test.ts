/** A Vault as production runs it: certificates and the seal are the real thing. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Outcome, Session } from '../../../../src/values/providers/contract.ts'
import { provider } from '../../../../src/values/providers/vault.ts'
import { openbao } from '../../../servers/openbao.ts'
import { startSealedOpenbao, type SealedBao } from '../../../servers/openbao-sealed.ts'
import { bytesOf, contextOf, expectSafe, only } from '../conformance.ts'

const binary = openbao('the vault provider against a sealed server with TLS')
let bao: SealedBao

beforeAll(async () => {
  if (binary !== undefined) bao = await startSealedOpenbao(binary)
})
afterAll(() => bao?.stop())

async function asked(
  token: string,
  options: Record<string, unknown>,
  variables: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const all = { VAULT_TOKEN: token, ...variables }
  const env = new Map(Object.entries(all).map(([name, value]) => [name, Buffer.from(value)]))
  const session: Session = await provider.open(
    { address: bao.address, ...options },
    contextOf({ env }),
  )
  onTestFinished(() => session.close())
  return only(session, { path: 'app/key', field: 'value' })
}

describe.skipIf(binary === undefined)('a real OpenBao, sealed at its start', () => {
  test('sealed lets a chain go on, and unsealed it answers; a wrong CA is final either way', async () => {
    const { caCert, otherCa } = bao
    const { share, token } = await bao.init()
    const sealed = await asked(token, { caCert })
    expect(sealed).toMatchObject({ kind: 'unavailable', reason: 'sealed' })
    expectSafe(sealed, [Buffer.from(token)])
    expect(await asked(token, { caCert: otherCa })).toMatchObject({
      kind: 'malformed',
      reason: 'certificate',
    })

    expect(await bao.api('', 'PUT', 'sys/unseal', { key: share })).toBe(200)
    const mount = { type: 'kv', options: { version: '2' } }
    const stored = { data: { value: 'fake-behind-a-seal' } }
    // Unsealed, it still has to elect itself; a new mount of version 2 upgrades itself first.
    const until = { timeout: 10_000, interval: 100 }
    await expect.poll(() => bao.api(token, 'POST', 'sys/mounts/secret', mount), until).toBe(204)
    await expect.poll(() => bao.api(token, 'POST', 'secret/data/app/key', stored), until).toBe(200)
    expect(bytesOf(await asked(token, { caCert })).toString()).toBe('fake-behind-a-seal')
    const byVariable = await asked(token, {}, { VAULT_CACERT: caCert })
    expect(bytesOf(byVariable).toString()).toBe('fake-behind-a-seal')

    for (const ca of [{ caCert: otherCa }, {}]) {
      expect(await asked(token, ca)).toMatchObject({ kind: 'malformed', reason: 'certificate' })
    }
    expect(await asked(token, {}, { VAULT_SKIP_VERIFY: '1' })).toMatchObject({
      kind: 'malformed',
      reason: 'skip-verify',
    })
    const otherName = { caCert, tlsServerName: 'vault.example.com' }
    expect(await asked(token, otherName)).toMatchObject({ reason: 'certificate' })
  }, 30_000)
})
