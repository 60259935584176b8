/** What the driver says of Stripe's keys, against a fake of its API and against Stripe's own mock. */
import { expect, test } from 'vitest'
import type { Asking } from '../../../../src/gateway/rotate/words.ts'
import { driver } from '../../../../src/values/rotator/drivers/stripe.ts'
import type { Issuer } from '../../../../src/values/rotator/driver.ts'
import { stripe } from '../../../fakes/stripe.ts'
import { isStripeMockThere, stripeMock } from '../../../fakes/stripe-mock.ts'
import { skipLoudly } from '../../loud.ts'

const key = (kind: string, word: string): string => `${kind}_${word.padEnd(24, '0')}`
const current = key('sk_test', 'fakeOld')
const next = key('sk_test', 'fakeNew')
const bytes = (text: string): Buffer => Buffer.from(text)

function open(baseUrl: string): Promise<Issuer> {
  // Of all that control says, only the place counts here.
  const recipe = { method: 'GET', path: '/', rules: [], confidence: 'seen' } as const
  const service = { kind: 'stripe-secret-key', kinds: [], literals: [] }
  const asking: Asking = { recipe, service, settings: {}, baseUrl }
  return driver.open({}, { signal: new AbortController().signal, now: () => new Date(), asking })
}

const bring = async (issuer: Issuer, brought: string, old = current): Promise<unknown> =>
  issuer.create?.('tag', { value: bytes(old) }, bytes(brought))

test('a key of the same mode is taken as it is', async () => {
  const issuer = await open('http://127.0.0.1:1')
  expect(await bring(issuer, next)).toEqual({ kind: 'made', value: bytes(next) })
  const restricted = key('rk_test', 'fakeNarrow')
  expect(await bring(issuer, restricted)).toMatchObject({ kind: 'made' })
})

test.each([
  [
    '32 random bytes in hex, as `openssl rand -hex 32` makes them',
    '0123456789abcdef'.repeat(4),
    'not-a-key',
  ],
  ['a publishable key', key('pk_test', 'fakePublic'), 'not-a-key'],
  ['half a key', 'sk_test_fake', 'not-a-key'],
  ['a key and more', `${next} `, 'not-a-key'],
  ['a webhook secret', `whsec_${'fake'.repeat(8)}`, 'not-a-key'],
  ['a live key for a test key', key('sk_live', 'fakeNew'), 'another-mode'],
])('%s is none that could replace it', async (_, brought, reason) => {
  const issuer = await open('http://127.0.0.1:1')
  expect(await bring(issuer, brought)).toEqual({
    kind: 'refused',
    code: 'CREDENTIAL_REJECTED',
    reason,
  })
})

test('a restricted key is not replaced by one that may do everything', async () => {
  const issuer = await open('http://127.0.0.1:1')
  const restricted = key('rk_test', 'fakeNarrow')
  expect(await bring(issuer, next, restricted)).toMatchObject({ reason: 'unrestricted' })
})

test('what stands in the place of a key, and is none, is replaced by any', async () => {
  const issuer = await open('http://127.0.0.1:1')
  expect(await bring(issuer, next, 'deadbeef'.repeat(8))).toMatchObject({ kind: 'made' })
})

test('valid is whom Stripe names, also where it only says that the key may not read it', async () => {
  const restricted = key('rk_test', 'fakeNarrow')
  const accounts = new Map([[next, 'acct_1other']])
  const fake = await stripe({ valid: [current, next], restricted: [restricted], accounts })
  const issuer = await open(fake.url)
  const tried = (value: string): Promise<unknown> => issuer.try({ value: bytes(value) })
  expect(await tried(current)).toEqual({ kind: 'valid', account: 'acct_1fake' })
  expect(await tried(restricted)).toEqual({ kind: 'valid', account: 'acct_1fake' })
  expect(await tried(next)).toEqual({ kind: 'valid', account: 'acct_1other' })
  expect(await tried(key('sk_test', 'fakeNobody'))).toEqual({
    kind: 'refused',
    code: 'CREDENTIAL_REJECTED',
    reason: 'login-denied',
  })
  expect(new Set(fake.requests)).toEqual(new Set(['GET /v1/account']))
})

test('what is no key is shown to nobody', async () => {
  const fake = await stripe({})
  const issuer = await open(fake.url)
  expect(await issuer.try({ value: bytes('0123456789abcdef'.repeat(4)) })).toMatchObject({
    kind: 'refused',
    reason: 'not-a-key',
  })
  expect(fake.connections()).toBe(0)
})

test.each([
  [429, 'rate-limited'],
  [503, 'server-error'],
  [302, 'redirect'],
])('%i says nothing of the key', async (status, reason) => {
  const issuer = await open((await stripe({ valid: [current], outage: { status } })).url)
  expect(await issuer.try({ value: bytes(current) })).toMatchObject({ kind: 'unavailable', reason })
})

test('no connection is no answer', async () => {
  const issuer = await open('http://127.0.0.1:1')
  expect(await issuer.try({ value: bytes(current) })).toMatchObject({
    kind: 'unavailable',
    reason: 'unreachable',
  })
})

test('it ends nothing, and lists nothing', async () => {
  const issuer = await open('http://127.0.0.1:1')
  expect(Object.keys(issuer).toSorted()).toEqual(['close', 'create', 'try'])
})

test('against stripe-mock: a test key belongs to an account, and what is none is refused', async (context) => {
  if (!isStripeMockThere) skipLoudly(context, 'the driver stripe', 'no stripe-mock')
  const issuer = await open(await stripeMock())
  expect(await issuer.try({ value: bytes(next) })).toEqual({
    kind: 'valid',
    account: expect.stringMatching(/^acct_/),
  })
  expect(await issuer.try({ value: bytes(key('sk_live', 'fakeNew')) })).toMatchObject({
    kind: 'refused',
    reason: 'login-denied',
  })
})
