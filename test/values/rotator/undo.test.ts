/** A third value is current: somebody has set it in the middle of a rotation. */
import { expect, test } from 'vitest'
import type { DriverClass } from '../../../src/rotation/types.ts'
import type { Session } from '../../../src/values/providers/contract.ts'
import type { Tried } from '../../../src/values/rotator/driver.ts'
import { undo } from '../../../src/values/rotator/undo.ts'
import type { Staged } from '../../../src/values/rotator/work.ts'
import { workWith } from './work.ts'

const STAGED = {
  old: { value: Buffer.from('fake-old') },
  new: { value: Buffer.from('fake-new') },
  sent: true,
  set: true,
} as const
const VALID: Tried = { kind: 'valid', account: 'acct' }
const DEAD: Tried = { kind: 'refused', code: 'CREDENTIAL_REJECTED' }
const DOWN: Tried = { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' }

async function undone(
  kind: DriverClass,
  current: string,
  ours: Tried,
): Promise<{ result: string; did: string[] }> {
  const did: string[] = []
  const sets = kind === 'chosen' || kind === 'slots'
  const { work } = workWith(
    {
      try: async ({ value }) => (value.toString() === 'fake-new' ? ours : VALID),
      ...(sets && {
        set: async ({ value }) => {
          did.push(`set ${value.toString()}`)
          return { kind: 'ok' }
        },
      }),
      ...(kind !== 'chosen' && {
        end: async ({ value }) => {
          did.push(`end ${value?.toString()}`)
          return { kind: 'ok' }
        },
      }),
    },
    () => current,
  )
  const order = { ...work.order, rotation: { id: 'r1', class: kind } }
  const { result } = await undo({ ...work, order }, STAGED)
  return { result, did }
}

test.each<[DriverClass, string, Tried, string, string[]]>([
  // Nobody has touched it.
  ['chosen', 'fake-old', VALID, 'ok', ['set fake-old']],
  ['slots', 'fake-old', VALID, 'ok', ['end fake-new']],
  ['issued', 'fake-old', VALID, 'ok', ['end fake-new']],
  // Theirs stands in the place of ours: what is set there would end it.
  ['chosen', 'fake-third', DEAD, 'ok', []],
  ['slots', 'fake-third', DEAD, 'ok', []],
  // Ours still works, so theirs does not, and the old one is not what they want.
  ['chosen', 'fake-third', VALID, 'refused', []],
  // Beside theirs.
  ['slots', 'fake-third', VALID, 'ok', ['end fake-new']],
  ['issued', 'fake-third', DEAD, 'ok', ['end fake-new']],
  // It cannot be told.
  ['chosen', 'fake-third', DOWN, 'unavailable', []],
  ['slots', 'fake-third', DOWN, 'unavailable', []],
])('%s, %s is current', async (kind, current, ours, result, did) => {
  expect(await undone(kind, current, ours)).toEqual({ result, did })
})

const BUSY: Tried = { kind: 'refused', code: 'PROVIDER_DENIED' }

test.each<[string, Pick<Staged, 'dead' | 'sent' | 'set'>, Tried, Tried, string, string[]]>([
  ['never sent: it may have been ended there, or replaced, since', {}, DEAD, DEAD, 'ok', []],
  ['it works, whatever is noted', {}, DEAD, VALID, 'ok', ['fake-old']],
  ['it did not arrive', { sent: true }, VALID, DEAD, 'ok', []],
  ['it arrived, and nobody heard of it', { sent: true }, DEAD, VALID, 'ok', ['fake-old']],
  [
    'neither is taken any more: another one is set there',
    { sent: true },
    DEAD,
    DEAD,
    'refused',
    [],
  ],
  ['whether it arrived cannot be told', { sent: true }, DEAD, DOWN, 'unavailable', []],
  ['what it took it does not know', { sent: true, set: true }, DEAD, DEAD, 'ok', ['fake-old']],
  [
    'what it took it lets nobody in with',
    { sent: true, set: true },
    DEAD,
    BUSY,
    'ok',
    ['fake-old'],
  ],
  ['ended before, and the new one works', { dead: true, sent: true }, DEAD, VALID, 'conflict', []],
  ['let in by nothing from here', { dead: true, sent: true }, DEAD, DEAD, 'ok', ['fake-old']],
])('chosen, %s', async (_, noted, old, fresh, result, expected) => {
  const sets: string[] = []
  const { work } = workWith({
    try: async ({ value }) => (value.toString() === 'fake-new' ? fresh : old),
    set: async ({ value }) => {
      sets.push(value.toString())
      return { kind: 'ok' }
    },
  })
  const order = { ...work.order, rotation: { id: 'r1', class: 'chosen' as const } }
  const { old: before, new: after } = STAGED
  const done = await undo({ ...work, order }, { old: before, new: after, ...noted })
  expect([done.result, sets]).toEqual([result, expected])
})

test('set again by somebody while it was being undone: taken back another time, and not ended before', async () => {
  const ended: string[] = []
  let [current, version] = ['fake-new', 2]
  const done = new Set<string>()
  const { work } = workWith(
    {
      end: async ({ value }) => {
        ended.push(`${value?.toString()} while ${current} is current`)
        if (ended.length > 1) return { kind: 'ok' }
        // Whoever has just brought the old one back.
        current = 'fake-new'
        version += 1
        return { kind: 'unavailable', code: 'TIMEOUT' }
      },
    },
    () => current,
  )
  const session: Session = {
    ...work.session,
    get: async () => [
      { kind: 'value', value: Buffer.from(current), meta: { version: String(version) } },
    ],
    // As a store does: what has the name of an earlier write was done then.
    put: async (_at, value, { operation }) => {
      if (!done.has(operation)) {
        current = value.toString()
        version += 1
      }
      done.add(operation)
      return { kind: 'written', version: String(version) }
    },
  }
  const { old, new: fresh } = STAGED
  expect(await undo({ ...work, session }, { old, new: fresh })).toMatchObject({
    result: 'unavailable',
  })
  expect(await undo({ ...work, session }, { old, new: fresh })).toMatchObject({ result: 'ok' })
  expect(ended).toEqual(Array(2).fill('fake-new while fake-old is current'))
})

test.each<[string, Tried, string]>([
  ['works: there is no way back', VALID, 'conflict'],
  ['is another account’s: it is not used', { kind: 'valid', account: 'other' }, 'ok'],
  ['is refused: another one is made', DEAD, 'ok'],
  ['may work', DOWN, 'unavailable'],
])('rolled, and the new one %s', async (_, tried, result) => {
  const ended: unknown[] = []
  const { work } = workWith({
    try: async ({ value }) => (value.toString() === 'fake-new' ? tried : VALID),
    end: async (one) => {
      ended.push(one)
      return { kind: 'ok' }
    },
  })
  const order = { ...work.order, rotation: { id: 'r1', class: 'roll' as const } }
  const { old, new: fresh } = STAGED
  expect(await undo({ ...work, order }, { old, new: fresh })).toMatchObject({ result })
  expect(ended).toEqual([])
})

test.each([
  ['the new one in another spelling', 'fake-new\n', 'refused', 0],
  ['another one', 'fake-third', 'ok', 1],
] as const)('beside: current is %s', async (_, current, result, ends) => {
  let ended = 0
  const { work } = workWith(
    {
      end: async () => {
        ended += 1
        return { kind: 'ok' }
      },
    },
    () => current,
  )
  const { old, new: fresh } = STAGED
  expect(await undo(work, { old, new: fresh })).toEqual({ result, reason: 'current-changed' })
  expect(ended).toBe(ends)
})
