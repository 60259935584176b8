/** A rotation from its plan to its end: real journal, real rotator process, real store. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { drive, type Surroundings } from '../../../src/gateway/rotate/engine.ts'
import { Rotator } from '../../../src/gateway/rotate/rotator.ts'
import type { Outside, RotationOrder } from '../../../src/gateway/rotate/words.ts'
import { beginRotation, openJournal, takeHold } from '../../../src/rotation/journal.ts'
import type { Action } from '../../../src/rotation/types.ts'
import type { Home } from '../../../src/state/home.ts'
import { provider } from '../../../src/values/providers/store.ts'
import type { Session } from '../../../src/values/providers/contract.ts'
import { tempHome } from '../../state/folder.ts'

const KEY = { config: '/c', environment: 'default', ref: 'hook-secret' }
const AT = { path: 'hook-secret' }
const OLD = ['fake', 'hook', 'secret'].join('-')

interface Stage {
  home: Home
  session: Session
  order: RotationOrder
}

async function stage(): Promise<Stage> {
  const home = tempHome()
  mkdirSync(home.dir, { mode: 0o700 })
  const session = await provider.open(home.store, {
    name: 'store',
    signal: new AbortController().signal,
    now: () => new Date(),
    spend: () => true,
    env: new Map(),
  })
  await session.put?.(AT, Buffer.from(OLD), { expect: 'absent', operation: 'first' })
  const order: RotationOrder = {
    v: 1,
    rotation: { id: '', class: 'chosen' },
    driver: { type: 'generate', options: {} },
    provider: 'store',
    type: 'store',
    options: home.store,
    at: AT,
    from: '1',
    staging: {
      path: join(home.dir, 'rotations.age'),
      identity: join(home.keys, 'rotation.key'),
    },
    fingerprintKey: home.fingerprintKey,
  }
  return { home, session, order }
}

/** One attempt by one process. @param kills what the rotator is killed with -9 for, before or after */
async function attempt(
  { home, order }: Stage,
  kills: { action: Outside; when: 'before' | 'after' } | undefined,
): Promise<{ step: string; did: Action[] }> {
  const db = openJournal(home)
  onTestFinished(() => {
    if (db.isOpen) db.close()
  })
  const hold = takeHold(db, KEY, { pid: process.pid, started: '1' }, () => false)
  if ('heldBy' in hold) throw new Error('held')
  const begun = beginRotation(db, hold, { class: 'chosen', from: order.from }, new Date())
  const rotator = new Rotator({ ...order, rotation: { id: begun.id, class: 'chosen' } })
  const stop = new AbortController()
  const did: Action[] = []
  const at: Surroundings = {
    db,
    hold,
    now: () => new Date(),
    outside: async (action) => {
      if (action === kills?.action && kills.when === 'before') rotator.kill()
      const answer = await rotator.does(action)
      if (action !== kills?.action) return answer
      rotator.kill()
      stop.abort()
      // The answer was lost: control learns nothing.
      return { did: action, result: 'unknown' }
    },
    distribute: async () => 'ok',
    record: async (_, { action, result }) => {
      if (result === 'ok') did.push(action)
    },
    signal: stop.signal,
  }
  const { step } = await drive(at, begun)
  rotator.dismiss()
  return { step, did }
}

async function current({
  session,
}: Stage): Promise<{ value: string; version: string | undefined }> {
  const [outcome] = await session.get([AT])
  if (outcome?.kind !== 'value') throw new Error('nothing is there')
  return { value: outcome.value.toString(), version: outcome.meta.version }
}

test('a value of our own choice: staged, tried, promoted, and the old one forgotten', async () => {
  const at = await stage()
  const { step, did } = await attempt(at, undefined)
  expect(step).toBe('done')
  expect(did).toEqual([
    ...(['begin', 'stage', 'set', 'verify'] as const),
    ...(['promote', 'distribute', 'retire', 'confirm'] as const),
  ])
  const { value, version } = await current(at)
  expect(version).toBe('2')
  expect(value).toMatch(/^[A-Za-z0-9]{43}$/)
})

describe('kill -9 of the rotator', () => {
  const steps: Outside[] = ['stage', 'set', 'verify', 'promote', 'retire', 'confirm']
  const matrix = steps.flatMap((action) => [
    { action, when: 'before' as const },
    { action, when: 'after' as const },
  ])
  test.each(matrix)('$when $action: the next one ends it, with one new version', async (kills) => {
    const at = await stage()
    await attempt(at, kills)
    const between = await current(at)
    expect(between.version === '1' ? between.value : OLD).toBe(OLD)
    // The pause between two tries is passed over.
    const later = await again(at)
    expect(later).toBe('done')
    expect((await current(at)).version).toBe('2')
  })
})

/** As whoever comes next does it, an hour later. */
async function again({ home, order }: Stage): Promise<string> {
  const db = openJournal(home)
  const hold = takeHold(db, KEY, { pid: process.pid, started: '2' }, () => false)
  if ('heldBy' in hold) throw new Error('held')
  const begun = beginRotation(db, hold, { class: 'chosen', from: order.from }, new Date())
  const rotator = new Rotator({ ...order, rotation: { id: begun.id, class: 'chosen' } })
  const { step } = await drive(
    {
      db,
      hold,
      now: () => new Date(Date.now() + 3_600_000),
      outside: (action) => rotator.does(action),
      distribute: async () => 'ok',
      record: async () => {},
      signal: new AbortController().signal,
    },
    begun,
  )
  rotator.dismiss()
  db.close()
  return step
}
