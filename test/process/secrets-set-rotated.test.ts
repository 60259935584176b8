/** `secrets set` over what a rotation has made, or while one is under way: it says what that means. */
import { expect, test } from 'vitest'
import { writeJournal } from '../rotation/written.ts'
import { FIRST, REF, rotating, type Rotating } from './rotating.ts'
import type { Ended } from './support.ts'

const BY_HAND = ['fake', 'by', 'hand'].join('-')
const set = (one: Rotating, value: string): Promise<Ended> =>
  one.secretref(['secrets', 'set', REF], { stdin: Buffer.from(value) })

test('over one that a rotation has made: it lives on, by name; the same value set again says nothing', async () => {
  const one = await rotating('issued', { grace: '30d' })
  expect((await set(one, FIRST)).err).not.toContain('rotation')
  await one.secretref(['secrets', 'rotate', '--ref', REF, '--force'])
  // Nobody waits for the old one to end.
  await one.secretref(['secrets', 'rotation', 'abandon', REF, '--leave'])
  const made = one.issuer.live.at(-1)
  if (made === undefined || made.value === FIRST) throw new Error('one was made')
  expect((await set(one, made.value)).err).not.toContain('rotation')
  const { code, err } = await set(one, BY_HAND)
  expect(code).toBe(0)
  const day = new Date().toISOString().slice(0, 10)
  expect(err).toContain(
    `the value of ${REF} that a rotation made current on ${day} (${made.id} at its service) still lives at its service, and no rotation ends it\nhint: end it there yourself`,
  )
  expect(err).not.toContain(made.value)
}, 60_000)

test('while one is under way: that it is, and where to look; not where nothing was begun', async () => {
  const one = await rotating('issued')
  const { home, config } = one.world
  const key = { config, environment: 'default', ref: REF, from: '1', began: new Date() }
  writeJournal(home, [{ ...key, steps: [] }])
  expect((await set(one, BY_HAND)).err).not.toContain('rotation')
  writeJournal(home, [{ ...key, steps: ['intent', 'creating'] }])
  const { code, err } = await set(one, BY_HAND)
  expect(code).toBe(0)
  expect(err).toContain(
    `a rotation of ${REF} is under way (creating), and what is current has changed meanwhile\nhint: \`secretref secrets rotation status\` shows what becomes of it\n`,
  )
}, 60_000)
