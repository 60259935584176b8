import { expect, test } from 'vitest'
import { provider } from '../../../src/values/providers/vault.ts'
import { conformance, contextOf, fakeValues } from './conformance.ts'

conformance('vault', {
  provider,
  carries: 'nothing',
  open: async () => ({ session: await provider.open({}, contextOf()), at: (path) => ({ path }) }),
})

test('vault answers finally that it is not in this version, so that no chain goes past it', async () => {
  const session = await provider.open({ address: 'https://127.0.0.1:1' }, contextOf())
  const outcomes = await session.get([...fakeValues().keys()].map((path) => ({ path })))
  expect(outcomes).toHaveLength(3)
  for (const outcome of outcomes) {
    expect(outcome).toEqual({
      kind: 'malformed',
      code: 'UNSUPPORTED',
      reason: 'not-in-this-version',
    })
  }
})

test('vault states the variables of its own client', () => {
  expect(provider.spec.env({}, [])).toEqual(
    expect.arrayContaining(['VAULT_ADDR', 'VAULT_TOKEN', 'VAULT_NAMESPACE']),
  )
})
