/** A look leaves half of a provider's calls to agents that start meanwhile, and comes to the rest later. */
import { expect, test } from 'vitest'
import { Half } from '../../../src/gateway/budget.ts'
import { lookAtAll, unaskedInWords } from '../../../src/gateway/monitor/look.ts'
import { fakeVault } from '../../fakes/vault.ts'
import { stage } from '../alert/stage.ts'

const REFS = Array.from({ length: 10 }, (_, i) => `key-${i}`)

test('it takes half of what is left, says what it did not come to, and begins with that the next time', async () => {
  const vault = await fakeVault({ value: 'fake-of-vault' })
  const credentials = Object.fromEntries(REFS.map((ref) => [ref, { secretRef: ref }]))
  const auth = { method: 'token', tokenFile: './token' }
  const s = await stage(
    (world) => {
      world.write('token', 'fake-token')
      return {}
    },
    {
      providers: { vault: { address: vault.url, callsPerMinute: 8, auth } },
      agents: { a: { 'tool-bindings': { t: { credentials } } } },
    },
  )
  const asked: string[][] = []
  for (const look of [0, 1, 2, 3]) {
    s.at(look * 61)
    const before = vault.requests.length
    const found = await lookAtAll(s.gateway, { days: 7 })
    const reads = vault.requests.slice(before)
    expect(reads).toHaveLength(4)
    asked.push(reads.map((line) => line.slice('GET /v1/secret/data/'.length)).toSorted())
    expect(found.watched.map(({ ref }) => ref).toSorted()).toEqual(asked.at(-1))
    expect(found.unasked).toHaveLength(6)
    expect(unaskedInWords(found)).toBe(
      '6 of 10 refs were not looked at: a look takes half of the calls that are left to a provider; the next one begins with them',
    )
  }
  // Nobody is asked for a second time before all were asked once.
  expect(new Set(asked.slice(0, 3).flat())).toEqual(new Set(REFS))
  expect(asked[3]).toEqual(['key-2', 'key-3', 'key-4', 'key-5'])
})

test('the half is of all that one look does together', () => {
  const half = new Half()
  expect(half.of('vault', 20, 100)).toBe(20)
  expect(half.of('vault', 20, 100)).toBe(20)
  expect(half.of('vault', 20, 60)).toBe(10)
  expect(half.of('vault', 20, 50)).toBe(0)
  expect(half.of('other', 20, 10)).toBe(5)
})
