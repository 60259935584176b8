/** What counts as a new credential that works, and as an old one that is dead. */
import { describe, expect, test } from 'vitest'
import type { DriverClass } from '../../../src/rotation/types.ts'
import type { Issuer, Tried } from '../../../src/values/rotator/driver.ts'
import { ended, verified } from '../../../src/values/rotator/asked.ts'

const FRESH = { value: Buffer.from('fake-new') }
const OLD = { value: Buffer.from('fake-old') }
const valid = (account?: string): Tried => ({ kind: 'valid', ...(account && { account }) })
const dead: Tried = { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'login-denied' }
const away: Tried = { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'unreachable' }

function work(
  kind: DriverClass,
  { fresh = valid('a'), old = valid('a'), guided = false, blind = false, ends = true },
) {
  const issuer: Issuer = {
    try: async ({ value }) => (value === FRESH.value ? fresh : old),
    ...(ends && { end: async () => ({ kind: 'ok' }) as const }),
    ...(blind && { blind: true as const }),
    close: async () => {},
  }
  return { order: { rotation: { id: 'r', class: kind } }, issuer, guided }
}
type About = Parameters<typeof work>[1]

const verify = (kind: DriverClass, about: About) => verified(work(kind, about), FRESH, OLD)
const confirm = (kind: DriverClass, about: About) => ended(work(kind, about), OLD)

describe('a new one', () => {
  test('works, as the same account', async () => {
    expect(await verify('issued', {})).toEqual({ result: 'ok' })
  })

  test('of another account, or of nobody knows whose, is refused', async () => {
    const refused = { result: 'refused', code: 'CREDENTIAL_REJECTED' }
    expect(await verify('issued', { fresh: valid('b') })).toEqual({
      ...refused,
      reason: 'another-account',
      whose: 'new',
    })
    const unknown = { ...refused, reason: 'account-unknown' }
    expect(await verify('issued', { fresh: valid() })).toEqual({ ...unknown, whose: 'new' })
    expect(await verify('issued', { old: valid() })).toEqual({ ...unknown, whose: 'old' })
  })

  test('whose account cannot be compared now is asked about again', async () => {
    expect(await verify('issued', { old: away })).toMatchObject({
      result: 'unavailable',
      whose: 'old',
    })
  })

  test('takes the place of one that is dead', async () => {
    expect(await verify('chosen', { old: dead })).toEqual({ result: 'ok' })
    expect(await verify('issued', { old: dead })).toEqual({ result: 'ok' })
  })

  test.each([
    ['issued', false, 'not-yet'],
    ['roll', false, 'not-yet'],
    ['chosen', false, 'refused'],
    ['slots', false, 'refused'],
    ['issued', true, 'refused'],
  ] as const)('that is refused: %s, guided: %s: %s', async (kind, guided, result) => {
    expect(await verify(kind, { fresh: dead, guided })).toMatchObject({ result, whose: 'new' })
  })

  test('that is no key of the service is refused for good, whoever made it', async () => {
    const fresh: Tried = { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'not-a-key' }
    expect(await verify('issued', { fresh })).toMatchObject({ result: 'refused' })
  })

  test('that nobody was asked about is said to be so', async () => {
    expect(await verify('issued', { blind: true })).toEqual({ result: 'ok', reason: 'unverified' })
  })
})

describe('an old one', () => {
  test('that is refused is dead', async () => {
    expect(await confirm('issued', { old: dead })).toEqual({ result: 'ok' })
  })

  test('that still works: asked about again, or waited for where it is not ours to end', async () => {
    const reason = 'still-valid'
    expect(await confirm('issued', {})).toEqual({ result: 'not-yet', reason })
    expect(await confirm('roll', {})).toEqual({ result: 'waiting', reason })
    expect(await confirm('issued', { guided: true, ends: false })).toEqual({
      result: 'waiting',
      reason,
    })
  })

  test('is not dead because nobody could be asked, or the question was refused', async () => {
    const denied: Tried = { kind: 'refused', code: 'CONFIG_INVALID', reason: 'no-call' }
    expect(await confirm('issued', { old: away })).toMatchObject({ result: 'unavailable' })
    expect(await confirm('issued', { old: denied })).toMatchObject({ result: 'refused' })
    expect(await confirm('issued', { old: away, guided: true })).toMatchObject({
      result: 'waiting',
    })
  })

  test('that nobody ends, or nobody can be asked about, is not asked about', async () => {
    expect(await confirm('chosen', { ends: false })).toEqual({ result: 'ok' })
    const blind = await confirm('issued', { guided: true, blind: true })
    expect(blind).toEqual({ result: 'ok', reason: 'unverified' })
  })
})
