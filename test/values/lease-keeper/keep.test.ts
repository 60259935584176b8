import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FromLeaseKeeper } from '../../../src/gateway/lease/words.ts'
import type { LeaseOutcome } from '../../../src/values/providers/contract.ts'
import { readLease, writeLease, type KeptLease } from '../../../src/values/lease-keeper/file.ts'
import { LeaseKeeping } from '../../../src/values/lease-keeper/keep.ts'

const ID = ['database/creds/fake', 'lease', 'of-a-test'].join('/')
const NAME = 'a.age'
let dir: string
let key: string
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'lease-keeper-')), 'leases')
  key = join(dir, '..', 'keys', 'lease.key')
})
afterEach(() => rmSync(join(dir, '..'), { recursive: true }))

const kept: KeptLease = {
  id: ID,
  seconds: 60,
  renewable: true,
  items: [3, 5],
  from: 0,
  endsAt: 60_000,
}

interface Holding {
  keeping: LeaseKeeping
  said: FromLeaseKeeper[]
  calls: string[]
  clock: { now: number }
}

/** @param answer to each renewal and revocation */
function keepingWith(answer: LeaseOutcome | (() => Promise<LeaseOutcome>)): Holding {
  const said: FromLeaseKeeper[] = []
  const calls: string[] = []
  const clock = { now: 0 }
  const reply = async (): Promise<LeaseOutcome> =>
    typeof answer === 'function' ? answer() : answer
  const keeping = new LeaseKeeping({
    session: {
      renew: (id, seconds) => (calls.push(`renew ${id} ${seconds}`), reply()),
      revoke: (id) => (calls.push(`revoke ${id}`), reply()),
    },
    dir,
    key,
    report: (message) => {
      said.push(message)
    },
    now: () => clock.now,
    chance: () => 0.5,
  })
  return { keeping, said, calls, clock }
}

async function holding(answer: Parameters<typeof keepingWith>[0]): Promise<Holding> {
  await expect(writeLease(join(dir, NAME), key, kept)).resolves.toBeUndefined()
  const made = keepingWith(answer)
  await made.keeping.hold(NAME)
  expect(made.said.splice(0)).toEqual([
    { type: 'held', lease: NAME, items: [3, 5], endsAt: 60_000, renewable: true },
  ])
  return made
}

const fileIn = (name: string): boolean => existsSync(join(dir, name))

describe('the lease file', () => {
  test('is 0600, holds no id that can be read, and opens with our key alone', async () => {
    const file = join(dir, NAME)
    await writeLease(file, key, kept)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file).includes(ID)).toBe(false)
    expect(await readLease(file, key)).toEqual(kept)
    expect(await readLease(file, join(dir, 'another.key'))).toBeUndefined()
  })

  test('changed or cut, it is not read and not removed', async () => {
    const { keeping, said } = await holding({ kind: 'ok' })
    const file = join(dir, NAME)
    writeFileSync(join(dir, 'b.age'), readFileSync(file).subarray(0, -1))
    await keeping.hold('b.age')
    await keeping.release('b.age')
    const unreadable = { type: 'unreadable', lease: 'b.age' }
    expect(said).toEqual([unreadable, unreadable])
    expect(fileIn('b.age')).toBe(true)
  })

  test('is written anew only where it is: one that somebody took over does not come back', async () => {
    await writeLease(join(dir, NAME), key, kept)
    expect(await writeLease(join(dir, 'gone.age'), key, kept, 'renewed')).toBe('unwritten')
    expect(fileIn('gone.age')).toBe(false)
    expect(await writeLease(join(dir, NAME), key, { ...kept, endsAt: 1 }, 'renewed')).toBe(
      undefined,
    )
    expect((await readLease(join(dir, NAME), key))?.endsAt).toBe(1)
  })
})

describe('a held lease', () => {
  test('is renewed when it is due and not before, and what is told names no id', async () => {
    const { keeping, said, calls, clock } = await holding({ kind: 'ok', seconds: 60 })
    expect(keeping.nextDue()).toBe(40_000)
    clock.now = 39_999
    await keeping.renewDue()
    expect(calls).toEqual([])
    clock.now = 40_000
    await keeping.renewDue()
    expect(calls).toEqual([`renew ${ID} 60`])
    expect(said).toEqual([{ type: 'renewed', lease: NAME, endsAt: 100_000 }])
    expect(keeping.nextDue()).toBe(80_000)
  })

  test('is picked up by the next keeper as its last renewal left it', async () => {
    const { keeping, clock } = await holding({ kind: 'ok', seconds: 60 })
    clock.now = 40_000
    await keeping.renewDue()
    const next = keepingWith({ kind: 'ok' })
    await next.keeping.hold(NAME)
    expect(next.said).toMatchObject([{ type: 'held', endsAt: 100_000 }])
    expect(next.keeping.nextDue()).toBe(80_000)
  })

  test('that may live no longer is lost once, before its end, and still revoked', async () => {
    const { keeping, said, calls, clock } = await holding({ kind: 'ok', seconds: 20 })
    clock.now = 40_000
    await keeping.renewDue()
    await keeping.renewDue()
    expect(said).toEqual([{ type: 'lost', lease: NAME, reason: 'lease-ended' }])
    await keeping.release(NAME)
    expect(calls.at(-1)).toBe(`revoke ${ID}`)
  })

  test('released: revoked, and a mark stands in its place until that is on record', async () => {
    const { keeping, said } = await holding({ kind: 'gone' })
    await keeping.releaseAll()
    expect(said).toEqual([{ type: 'revoked', lease: NAME }])
    expect([fileIn(NAME), fileIn('a.revoked')]).toEqual([false, true])
    expect(statSync(join(dir, 'a.revoked')).size).toBe(0)
  })

  test('revoked while another process takes its file over, it leaves no mark: that one will', async () => {
    const { keeping, said } = await holding({ kind: 'ok' })
    renameSync(join(dir, NAME), join(dir, 'taken.age'))
    await keeping.release(NAME)
    expect(said).toEqual([{ type: 'revoked', lease: NAME }])
    expect([fileIn('a.revoked'), fileIn('taken.age')]).toEqual([false, true])
  })

  test('that could not be revoked keeps its file', async () => {
    const { keeping, said } = await holding({ kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' })
    await keeping.release(NAME)
    expect(said).toEqual([{ type: 'kept', lease: NAME, code: 'PROVIDER_UNAVAILABLE' }])
    expect(fileIn(NAME)).toBe(true)
  })

  test('that is over for certain is removed, and nobody is asked', async () => {
    const { keeping, said, calls, clock } = await holding({ kind: 'ok' })
    clock.now = 120_001
    await keeping.release(NAME)
    expect([said, calls]).toEqual([[{ type: 'ended', lease: NAME }], []])
    expect([fileIn(NAME), fileIn('a.revoked')]).toEqual([false, false])
  })

  test('released while it is renewed, is revoked after that and leaves no file', async () => {
    const answer = Promise.withResolvers<LeaseOutcome>()
    const { keeping, calls, clock } = await holding(() => answer.promise)
    clock.now = 40_000
    const renewing = keeping.renewDue()
    const released = keeping.release(NAME)
    expect(calls).toEqual([`renew ${ID} 60`])
    answer.resolve({ kind: 'ok', seconds: 60 })
    await Promise.all([renewing, released])
    expect(calls.at(-1)).toBe(`revoke ${ID}`)
    expect(fileIn(NAME)).toBe(false)
  })
})

test('forty leases that are due at once are renewed in parallel, eight at a time, each once', async () => {
  const waiting: (() => void)[] = []
  let most = 0
  const { keeping, said, calls, clock } = keepingWith(async () => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      most = Math.max(most, waiting.length)
    })
    return { kind: 'ok', seconds: 60 }
  })
  const names = Array.from({ length: 40 }, (_, i) => `${i}.age`)
  for (const [i, name] of names.entries()) {
    await writeLease(join(dir, name), key, { ...kept, id: `${ID}/${i}` })
    await keeping.hold(name)
  }
  said.splice(0)
  clock.now = 40_000
  const first = keeping.renewDue()
  // Asked again meanwhile, as a timer may do: nothing is renewed twice.
  const second = keeping.renewDue()
  while (said.length < names.length) {
    waiting.splice(0).forEach((go) => go())
    await new Promise((resolve) => {
      setTimeout(resolve, 1)
    })
  }
  await Promise.all([first, second])
  expect(new Set(calls).size).toBe(40)
  expect([calls.length, most]).toEqual([40, 8])
})
