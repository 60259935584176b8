/** What a lease-keeper may say, and that nothing else comes through. */
import { describe, expect, test } from 'vitest'
import { LeaseKeeper, parseKeeper } from '../../../src/gateway/lease/keeper.ts'
import type { FromLeaseKeeper } from '../../../src/gateway/lease/words.ts'
import { tempHome } from '../../state/folder.ts'

describe('a message', () => {
  test.each<FromLeaseKeeper>([
    { type: 'held', lease: 'a', items: [0, 7], endsAt: 1, renewable: true },
    { type: 'renewed', lease: 'a', endsAt: 1 },
    { type: 'lost', lease: 'a', reason: 'lease-gone', code: 'PROVIDER_DENIED' },
    { type: 'kept', lease: 'a' },
    { type: 'revoked', lease: 'a' },
    { type: 'ended', lease: 'a' },
    { type: 'unreadable', lease: 'a' },
  ])('$type is taken as it is, without what else stands in it', (message) => {
    expect(parseKeeper(JSON.stringify({ ...message, id: 'fake-lease' }))).toEqual(message)
  })

  test.each([
    ['no JSON', 'held'],
    ['no lease', '{"type":"revoked"}'],
    ['another word', '{"type":"issued","lease":"a"}'],
    ['a reason that is none', '{"type":"lost","lease":"a","reason":"fake-lease"}'],
    ['no date', '{"type":"renewed","lease":"a","endsAt":"fake-lease"}'],
    ['an item that is no place', '{"type":"held","lease":"a","items":[-1],"endsAt":1}'],
    ['too much', `{"type":"revoked","lease":"${'a'.repeat(20_000)}"}`],
  ])('%s is none', (_, line) => {
    expect(parseKeeper(line)).toBeUndefined()
  })

  test('a code that is none is left out', () => {
    const line = '{"type":"kept","lease":"a","code":"fake-lease"}'
    expect(parseKeeper(line)).toEqual({ type: 'kept', lease: 'a' })
  })
})

test('a keeper says what it cannot read, and one that was closed is not started again', async () => {
  const { leases: dir, leaseKey: key } = tempHome()
  const restarts: number[] = []
  const open = { type: 'open', provider: 'db', kind: 'vault', options: {}, dir, key } as const
  const keeper = new LeaseKeeper(open, (count) => restarts.push(count))
  const said: (FromLeaseKeeper | undefined)[] = []
  await new Promise<void>((resolve) => {
    keeper.hold('not-there.age', (message) => {
      said.push(message)
      resolve()
    })
    // It keeps nobody alive.
    setTimeout(resolve, 15_000)
  })
  expect(said).toEqual([{ type: 'unreadable', lease: 'not-there.age' }])
  keeper.close()
  expect(keeper.ended).toBe(true)
  expect(restarts).toEqual([])
})
