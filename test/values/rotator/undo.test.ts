/** A third value is current: somebody has set it in the middle of a rotation. */
import { expect, test } from 'vitest'
import type { DriverClass } from '../../../src/rotation/types.ts'
import type { Tried } from '../../../src/values/rotator/driver.ts'
import { undo } from '../../../src/values/rotator/undo.ts'
import { workWith } from './work.ts'

const STAGED = { old: { value: Buffer.from('fake-old') }, new: { value: Buffer.from('fake-new') } }
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
