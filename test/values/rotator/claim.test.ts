/** One user, named by two refs of one home. */
import { expect, test } from 'vitest'
import { act } from '../../../src/values/rotator/act.ts'
import type { Issuer, Tried } from '../../../src/values/rotator/driver.ts'
import { Staging } from '../../../src/values/rotator/staging.ts'
import type { Work } from '../../../src/values/rotator/work.ts'
import { workWith } from './work.ts'

const shared = { result: 'refused', code: 'CONFIG_INVALID', reason: 'user-shared' }

/** A ref of its own, with what is staged in the home of `beside`. */
function ref(
  name: string,
  lives: () => boolean | Tried,
  users: readonly string[],
  beside?: Work,
): Work {
  const issuer: Partial<Issuer> = {
    users: () => users,
    choose: async () => ({ kind: 'made', value: Buffer.from(`fake-of-${name}`) }),
    try: async () => {
      const said = lives()
      if (typeof said === 'object') return said
      return said
        ? { kind: 'valid', account: 'app' }
        : { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'login-denied' }
    },
  }
  const { work } = workWith(issuer)
  const staging = beside?.order.staging ?? work.order.staging
  return {
    ...work,
    staging: new Staging(staging, () => new Date()),
    order: {
      ...work.order,
      at: { path: name },
      staging,
      rotation: { id: `of-${name}`, class: 'chosen' },
    },
  }
}

const ends = (work: Work): unknown => work.staging.drop([work.order.rotation.id])

test('while one rotates it the other one does not begin; nor later, when its own value is dead', async () => {
  const a = ref('a', () => true, ['app'])
  const b = ref('b', () => false, ['app'], a)
  expect(await act(a, 'stage')).toMatchObject({ result: 'ok' })
  expect(await act(b, 'stage')).toEqual(shared)
  await ends(a)
  expect(await act(b, 'stage')).toEqual(shared)
  // Who had it goes on as before, whether or not its value works.
  expect(
    await act({ ...a, order: { ...a.order, rotation: { id: 'again', class: 'chosen' } } }, 'stage'),
  ).toMatchObject({ result: 'ok' })
})

test.each<[string, Exclude<Tried, { kind: 'valid' }>]>([
  ['is away', { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'unreachable' }],
  ['does not answer', { kind: 'unknown', code: 'PROVIDER_UNAVAILABLE', reason: 'timeout' }],
  ['refuses for another reason', { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'no-tls' }],
])('a server that %s does not say whose the user is', async (_, trouble) => {
  const a = ref('a', () => true, ['app'])
  await act(a, 'stage')
  await ends(a)
  let said: boolean | Tried = trouble
  const b = ref('b', () => said, ['app'], a)
  const { kind, ...why } = trouble
  expect(await act(b, 'stage')).toEqual({ result: kind, ...why, service: true, whose: 'old' })
  // It is asked again, and then it decides.
  said = false
  expect(await act(b, 'stage')).toEqual(shared)
  said = true
  expect(await act(b, 'stage')).toMatchObject({ result: 'ok' })
})

test('of two users in turn one is enough', async () => {
  const a = ref('a', () => true, ['app_a', 'app_b'])
  const b = ref('b', () => true, ['app_b', 'app_c'], a)
  expect(await act(a, 'stage')).toMatchObject({ result: 'ok' })
  expect(await act(b, 'stage')).toEqual(shared)
})

test('a ref that has another name by now holds what works, and has the user from then on', async () => {
  const a = ref('a', () => false, ['app'])
  const renamed = ref('b', () => true, ['app'], a)
  await act(a, 'stage')
  await ends(a)
  expect(await act(renamed, 'stage')).toMatchObject({ result: 'ok' })
  await ends(renamed)
  expect(await act(a, 'stage')).toEqual(shared)
})

test('a rotation that was given up as it stood is not under way', async () => {
  const a = ref('a', () => true, ['app'])
  const b = ref('b', () => true, ['app'], a)
  await act(a, 'stage')
  expect(await act(b, 'stage')).toEqual(shared)
  const givenUp = [a.order.rotation.id]
  expect(await act({ ...b, order: { ...b.order, givenUp } }, 'stage')).toMatchObject({
    result: 'ok',
  })
})

test('of one place too only one is under way: another environment or config may name it', async () => {
  const a = ref('a', () => true, ['app'])
  const again: Work = { ...a, order: { ...a.order, rotation: { id: 'again', class: 'chosen' } } }
  expect(await act(a, 'stage')).toMatchObject({ result: 'ok' })
  expect(await act(again, 'stage')).toEqual(shared)
  await ends(a)
  expect(await act(again, 'stage')).toMatchObject({ result: 'ok' })
})

test('other users are nobody’s business', async () => {
  const a = ref('a', () => true, ['app'])
  const b = ref('b', () => false, ['other'], a)
  await act(a, 'stage')
  expect(await act(b, 'stage')).toMatchObject({ result: 'ok' })
})
