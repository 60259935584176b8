import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FromLeaseKeeper } from '../../../src/gateway/lease/words.ts'
import type { LeaseOutcome } from '../../../src/values/providers/contract.ts'
import { readLeases, writeLeases } from '../../../src/values/lease-keeper/file.ts'
import { LeaseKeeping } from '../../../src/values/lease-keeper/keep.ts'

const ID = ['database/creds/fake', 'lease', 'of-a-test'].join('/')
let dir: string
let file: string
let key: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lease-keeper-'))
  file = join(dir, 'leases', 'run.age')
  key = join(dir, 'keys', 'lease.key')
})
afterEach(() => rmSync(dir, { recursive: true }))

const kept = { id: ID, seconds: 60, renewable: true, item: 3, obtainedAt: 0 }

async function holding(answer: LeaseOutcome): Promise<{
  keeping: LeaseKeeping
  said: FromLeaseKeeper[]
  calls: string[]
  clock: { now: number }
}> {
  await expect(writeLeases(file, key, [kept])).resolves.toBeUndefined()
  const said: FromLeaseKeeper[] = []
  const calls: string[] = []
  const clock = { now: 0 }
  const keeping = new LeaseKeeping({
    session: {
      renew: async (id, seconds) => (calls.push(`renew ${id} ${seconds}`), answer),
      revoke: async (id) => (calls.push(`revoke ${id}`), answer),
    },
    key,
    report: (message) => {
      if (message.type !== 'held') said.push(message)
    },
    now: () => clock.now,
    chance: () => 0.5,
  })
  await keeping.hold('a-run', file)
  return { keeping, said, calls, clock }
}

describe('the lease file', () => {
  test('is 0600, holds no id that can be read, and opens with our key alone', async () => {
    await writeLeases(file, key, [kept])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file).includes(ID)).toBe(false)
    expect(await readLeases(file, key)).toEqual([kept])
    expect(await readLeases(file, join(dir, 'another.key'))).toBeUndefined()
  })

  test('changed or cut, it is not read and not removed', async () => {
    const { keeping, said } = await holding({ kind: 'ok' })
    writeFileSync(file, readFileSync(file).subarray(0, -1))
    await keeping.hold('another', file)
    expect(said).toEqual([{ type: 'unreadable', run: 'another' }])
    expect(existsSync(file)).toBe(true)
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
    expect(said).toEqual([{ type: 'renewed', run: 'a-run', item: 3, seconds: 60 }])
    expect(keeping.nextDue()).toBe(80_000)
  })

  test('that may live no longer is lost once, before its end, and still revoked', async () => {
    const { keeping, said, calls, clock } = await holding({ kind: 'ok', seconds: 20 })
    clock.now = 40_000
    await keeping.renewDue()
    await keeping.renewDue()
    expect(said).toEqual([{ type: 'lost', run: 'a-run', item: 3, reason: 'lease-ended' }])
    await keeping.release('a-run')
    expect(calls.at(-1)).toBe(`revoke ${ID}`)
  })

  test('released: revoked, and its file is gone', async () => {
    const { keeping, said } = await holding({ kind: 'gone' })
    await keeping.releaseAll()
    expect(said).toEqual([{ type: 'revoked', run: 'a-run', left: 0 }])
    expect(existsSync(file)).toBe(false)
  })

  test('that could not be revoked keeps its file', async () => {
    const { keeping, said } = await holding({ kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' })
    await keeping.release('a-run')
    expect(said).toEqual([{ type: 'revoked', run: 'a-run', left: 1 }])
    expect(existsSync(file)).toBe(true)
  })
})
