/** A credential of a service of the catalogue, tried by the call that the catalogue knows. */
import { expect, test } from 'vitest'
import { askingOf } from '../../../../src/gateway/rotate/asking.ts'
import type { Asking } from '../../../../src/gateway/rotate/words.ts'
import { driver } from '../../../../src/values/rotator/drivers/guided.ts'
import type { Issuer } from '../../../../src/values/rotator/driver.ts'
import { listen } from '../../../fakes/listen.ts'
import { slack } from '../../../fakes/slack.ts'

const signal = new AbortController().signal
const word = (name: string): string => ['xoxb', 'fake', name].join('-')
const credential = (name: string): { value: Buffer } => ({ value: Buffer.from(word(name)) })

async function asking(baseUrl: string, id = 'slack-bot-token'): Promise<Asking> {
  const found = await askingOf({ targets: { [id]: { baseUrl } } }, 'default', id)
  if ('reason' in found) throw new Error(found.reason)
  return found
}

function open(options: Record<string, unknown>, about?: Asking): Promise<Issuer> {
  return driver.open(options, { signal, now: () => new Date(), ...(about && { asking: about }) })
}

test('it is what its service says it is', async () => {
  const fake = await slack([word('new')])
  const issuer = await open({ service: 'slack-bot-token' }, await asking(fake.url))
  expect(await issuer.create?.('tag', credential('old'), credential('new').value)).toEqual({
    kind: 'made',
    ...credential('new'),
  })
  expect(await issuer.try(credential('new'))).toMatchObject({ kind: 'valid' })
  expect(await issuer.try(credential('old'))).toEqual({
    kind: 'refused',
    code: 'CREDENTIAL_REJECTED',
    reason: 'login-denied',
  })
})

test('an answer that settles nothing is asked for again, and no refusal', async () => {
  const fake = await listen((_, response) => void response.writeHead(429).end())
  const issuer = await open({}, await asking(fake.url))
  expect(await issuer.try(credential('new'))).toMatchObject({
    kind: 'unavailable',
    reason: 'rate-limited',
  })
})

test('what is plainly another service’s is not shown to this one', async () => {
  const fake = await slack([])
  const issuer = await open({}, await asking(fake.url))
  const value = Buffer.from(['ghp', 'f'.repeat(36)].join('_'))
  expect(await issuer.try({ value })).toMatchObject({ kind: 'refused', reason: 'not-a-key' })
  expect(fake.connections()).toBe(0)
})

test('without a known call nothing is taken, and nothing counts as dead', async () => {
  const issuer = await open({})
  const made = await issuer.create?.('tag', credential('old'), credential('new').value)
  const no = { kind: 'unavailable', code: 'CONFIG_INVALID', reason: 'no-call' }
  expect([made, await issuer.try(credential('old')), issuer.blind]).toEqual([no, no, undefined])
})

test('untried it is taken only where the config says so, and no call is known', async () => {
  const untried = await open({ unverified: true })
  expect(untried.blind).toBe(true)
  expect(await untried.create?.('t', credential('old'), credential('new').value)).toMatchObject({
    kind: 'made',
  })
  const fake = await slack([])
  const asked = await open({ unverified: true }, await asking(fake.url))
  expect(asked.blind).toBeUndefined()
  expect(await asked.try(credential('new'))).toMatchObject({ kind: 'refused' })
})
