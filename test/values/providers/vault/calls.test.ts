/** What a start costs, counted where the calls arrive. */
import { expect, onTestFinished, test } from 'vitest'
import type { Location, Session } from '../../../../src/values/providers/contract.ts'
import { provider } from '../../../../src/values/providers/vault.ts'
import { fakeVault, type FakeVault } from '../../../fakes/vault.ts'
import { contextOf } from '../conformance.ts'

const FIELDS = Object.fromEntries(
  Array.from({ length: 8 }, (_, i) => [`f${i}`, `fake-value-${i}`] as const),
)
const env = new Map([
  ['VAULT_ROLE_ID', Buffer.from('fake-role')],
  ['VAULT_SECRET_ID', Buffer.from('fake-secret-id')],
])

async function opened(
  fake: FakeVault,
  options: Record<string, unknown> = {},
): Promise<{ session: Session; spent: () => number }> {
  let calls = 0
  const spend = (n: number): boolean => (calls += n) > 0
  const session = await provider.open({ address: fake.url, ...options }, contextOf({ env, spend }))
  onTestFinished(() => session.close())
  return { session, spent: () => calls }
}

const refs = (paths: readonly string[]): Location[] =>
  paths.flatMap((path) => Object.keys(FIELDS).map((field) => ({ path, field })))

test('64 refs in 8 paths are one login and 8 reads, all of them counted', async () => {
  const fake = await fakeVault(FIELDS)
  const { session, spent } = await opened(fake)
  const outcomes = await session.get(refs(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']))
  expect(outcomes.map((o) => (o.kind === 'value' ? o.value.toString() : o.kind))).toEqual(
    Array.from({ length: 64 }, (_, i) => `fake-value-${i % 8}`),
  )
  expect(fake.requests.toSorted()).toEqual([
    ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((path) => `GET /v1/secret/data/${path}`),
    'POST /v1/auth/approle/login',
  ])
  expect(spent()).toBe(9)
})

test('refs that are absent or denied cost the others no call', async () => {
  const fake = await fakeVault(FIELDS)
  const { session } = await opened(fake)
  const bad = [{ path: 'none' }, { path: 'shut' }, { path: 'a', field: 'x' }, { path: '../a' }]
  const outcomes = await session.get([...bad, ...refs(['a', 'b'])])
  const kinds = ['absent', 'denied', 'absent', 'malformed', ...Array<string>(16).fill('value')]
  expect(outcomes.map(({ kind }) => kind)).toEqual(kinds)
  expect(fake.requests).toHaveLength(5)
  expect(fake.count('GET /v1/secret/data/a')).toBe(1)
})

test('fields of one dynamic path are one read and one lease; other paths have their own', async () => {
  const fake = await fakeVault({})
  const { session } = await opened(fake, { engine: 'dynamic' })
  const outcomes = await session.get([
    { path: 'creds/one', field: 'username' },
    { path: 'creds/two', field: 'password' },
    { path: 'creds/one', field: 'password' },
  ])
  const seen = outcomes.map((outcome) => {
    if (outcome.kind !== 'value') throw new Error(outcome.kind)
    return [outcome.value.toString(), outcome.lease?.id]
  })
  const [[user, one] = [], [, two] = [], [word, again] = []] = seen
  expect(user?.replace('user', 'word')).toBe(word)
  expect(one).toBe(again)
  expect(one).not.toBe(two)
  expect(fake.count('GET /v1/database/')).toBe(2)
})
