/** Against moto, which checks signatures and policies; a gate adds what it does not do as AWS does. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { driver } from '../../../../src/values/rotator/drivers/aws-iam.ts'
import { keyIn } from '../../../../src/values/rotator/drivers/aws/key.ts'
import type { Before, Credential, Issuer } from '../../../../src/values/rotator/driver.ts'
import { iamGate, type IamGate } from '../../../fakes/iam-gate.ts'
import { moto, startMoto, type Moto } from '../../../servers/moto.ts'
import { startIam, type Iam, type Key } from '../../../servers/moto-iam.ts'
import { issuingDriver, type IssuingSubject } from './conformance.ts'

const binary = moto('rotation of IAM access keys')
let aws: Moto
let iam: Iam
let users = 0

beforeAll(async () => {
  if (binary === undefined) return
  aws = await startMoto(binary)
  iam = await startIam(aws)
})
afterAll(() => aws?.stop())

const valueOf = (key: Key): Buffer => Buffer.from(JSON.stringify(key))

/** Whatever form the value has. */
function keyOf({ value }: Credential): Key {
  const { id, secret } = keyIn(value) ?? { id: '', secret: '' }
  return { AccessKeyId: id, SecretAccessKey: secret }
}

async function opened(gate: IamGate, options = {}, admin?: Key): Promise<Issuer> {
  const signal = new AbortController().signal
  const ctx = { signal, now: () => new Date(), ...(admin && { admin: valueOf(admin) }) }
  return driver.open({ endpoint: gate.url, ...options }, ctx)
}

interface User {
  name: string
  key: Key
  current: Credential
  gate: IamGate
}

async function user(may?: boolean): Promise<User> {
  const name = `app-${(users += 1)}`
  const key = await iam.user(name, may)
  const gate = await iamGate(aws.endpoint)
  gate.known.add(key.AccessKeyId)
  return { name, key, current: { value: valueOf(key) }, gate }
}

/** What a rotation notes before it has one made. */
async function noted(issuer: Issuer, current: Credential): Promise<Before> {
  const seen = await issuer.survey?.(current)
  if (seen?.kind !== 'ids') throw new Error('not listed')
  return { at: new Date(), ids: seen.ids }
}

/** A new one is refused as often as a fresh key may be, and then taken. */
async function subject(by: 'itself' | 'an admin'): Promise<IssuingSubject> {
  const { name, key, current, gate } = await user(by === 'itself')
  gate.settling = 2
  return {
    options: { endpoint: gate.url, ...(by === 'an admin' ? { user: name } : {}) },
    current,
    foreign: { value: valueOf({ ...key, AccessKeyId: `AKIA${'FAKE'.repeat(4)}` }) },
    ...(by === 'an admin' ? { admin: valueOf(iam.admin) } : {}),
    admits: (credential) => iam.admits(keyOf(credential)),
    count: async () => (await iam.keys(name)).length,
  }
}

/** As a credentials file has it. */
function linesOf({ AccessKeyId, SecretAccessKey }: Key): string {
  return [
    '[payments]',
    `aws_access_key_id = ${AccessKeyId}`,
    `aws_secret_access_key = ${SecretAccessKey}`,
    'region = eu-central-1',
    '',
  ].join('\n')
}

describe.skipIf(binary === undefined)('IAM', () => {
  describe.each(['itself', 'an admin'] as const)('by %s', (by) => {
    issuingDriver(driver, () => subject(by), { cap: 2 })
  })
  describe('a key that somebody else made', () => {
    test('is in the way of a third one, and stays', async () => {
      const { name, key, current, gate } = await user()
      const theirs = await iam.key(name)
      const issuer = await opened(gate)
      expect(await issuer.survey?.(current)).toMatchObject({ kind: 'refused', reason: 'key-cap' })
      expect(gate.actions).not.toContain('CreateAccessKey')
      expect(await issuer.create?.('tag', current)).toMatchObject({ reason: 'key-cap' })
      expect(await iam.keys(name)).toEqual([key.AccessKeyId, theirs.AccessKeyId])
    })

    test('before or after ours was under way is not taken for ours', async () => {
      const { name, current, gate } = await user()
      const issuer = await opened(gate)
      const { at, ids } = await noted(issuer, current)
      await iam.key(name)
      for (const minutes of [-10, 10]) {
        const before = { at: new Date(at.getTime() + minutes * 60_000), ids }
        expect(await issuer.marked?.('tag', { current, before, open: true })).toEqual({
          kind: 'unlisted',
          reason: 'key-unknown',
        })
      }
    })

    test('that was used is not taken for ours, nor one of which that cannot be told', async () => {
      const { name, current, gate } = await user()
      const issuer = await opened(gate)
      const before = await noted(issuer, current)
      const theirs = await iam.key(name)
      gate.refuse['GetAccessKeyLastUsed'] = 'AccessDenied'
      const unlisted = { kind: 'unlisted', reason: 'key-unknown' }
      expect(await issuer.marked?.('tag', { current, before, open: true })).toEqual(unlisted)
      gate.refuse = {}
      expect(await issuer.marked?.('tag', { current, before, open: true })).toEqual({
        kind: 'ids',
        ids: [theirs.AccessKeyId],
      })
      expect(await iam.admits(theirs)).toBe(true)
      expect(await issuer.marked?.('tag', { current, before, open: true })).toEqual(unlisted)
    })
  })

  describe('of a key of this minute that nobody has used', () => {
    const unlisted = { kind: 'unlisted', reason: 'key-unknown' }

    test('nothing is said where each creation of ours was answered', async () => {
      const { name, current, gate } = await user()
      const issuer = await opened(gate)
      const before = await noted(issuer, current)
      await iam.key(name)
      expect(await issuer.marked?.('tag', { current, before, open: false })).toEqual({
        kind: 'ids',
        ids: [],
      })
    })

    test('it is not ours where ours is kept', async () => {
      const { name, current, gate } = await user()
      const issuer = await opened(gate, { user: name }, iam.admin)
      const before = await noted(issuer, current)
      const made = await issuer.create?.('tag', current)
      if (made?.kind !== 'made') throw new Error('nothing was made')
      await issuer.end?.(current)
      await iam.key(name)
      for (const open of [true, false]) {
        const about = { current, staged: made.id ?? '', before, open }
        expect(await issuer.marked?.('tag', about)).toEqual(unlisted)
      }
    })

    test('and of another one, it is not known which is ours', async () => {
      const { name, current, gate } = await user()
      const issuer = await opened(gate, { user: name }, iam.admin)
      const before = await noted(issuer, current)
      await issuer.end?.(current)
      await iam.key(name)
      await iam.key(name)
      expect(await issuer.marked?.('tag', { current, before, open: true })).toEqual(unlisted)
    })
  })

  test('a creation is sent once, whatever becomes of its answer', async () => {
    const { name, current, gate } = await user()
    const issuer = await opened(gate)
    gate.lose.push('CreateAccessKey')
    expect(await issuer.create?.('tag', current)).toMatchObject({ kind: 'unknown' })
    expect(gate.actions).toEqual(['CreateAccessKey'])
    expect(await iam.keys(name)).toHaveLength(2)
  })

  test('a key is made inactive and then deleted; stopped between the two, it is ended all the same', async () => {
    const { name, key, current, gate } = await user()
    const next: Credential = { value: valueOf(await iam.key(name)) }
    const issuer = await opened(gate)
    gate.refuse['DeleteAccessKey'] = 'AccessDenied'
    expect(await issuer.end?.(current, next)).toMatchObject({ reason: 'not-permitted' })
    expect(gate.actions).toEqual(['UpdateAccessKey', 'DeleteAccessKey'])
    expect(await issuer.try(current)).toMatchObject({ code: 'CREDENTIAL_REJECTED' })
    gate.refuse = {}
    expect(await issuer.end?.(current, next)).toEqual({ kind: 'ok' })
    expect(await iam.keys(name)).not.toContain(key.AccessKeyId)
  })

  test('an admin without the name of the user makes no key for itself', async () => {
    const { current, gate } = await user(false)
    const issuer = await opened(gate, {}, iam.admin)
    const before = await iam.keys('admin')
    expect(await issuer.survey?.(current)).toMatchObject({ reason: 'key-elsewhere' })
    expect(await iam.keys('admin')).toEqual(before)
  })

  test('a user who may not change keys is told so', async () => {
    const { current, gate } = await user(false)
    const issuer = await opened(gate)
    const refused = { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'not-permitted' }
    expect(await issuer.survey?.(current)).toEqual(refused)
    expect(await issuer.create?.('tag', current)).toEqual(refused)
    expect(await issuer.try(current)).toMatchObject({ kind: 'valid' })
  })

  test('a wrong clock says nothing about a key, nor does an outage', async () => {
    const { current, gate } = await user()
    const issuer = await opened(gate, { timeoutMs: 1000 })
    gate.refuse['GetCallerIdentity'] = 'SignatureDoesNotMatch'
    const clock = await issuer.try(current)
    expect(clock).toMatchObject({ kind: 'refused', reason: 'login-denied' })
    expect(clock).not.toMatchObject({ code: 'CREDENTIAL_REJECTED' })
    gate.refuse['GetCallerIdentity'] = 'ServiceUnavailable'
    expect(await issuer.try(current)).toMatchObject({ kind: 'unavailable' })
    const away = await opened({ ...gate, url: 'http://127.0.0.1:1' }, { timeoutMs: 1000 })
    expect(await away.try(current)).toMatchObject({ kind: 'unavailable' })
    expect(await away.create?.('tag', current)).toMatchObject({ kind: 'unavailable' })
  })

  test('the lines of a credentials file stay as they are, but for the key', async () => {
    const { key, gate } = await user()
    const issuer = await opened(gate)
    const made = await issuer.create?.('tag', { value: Buffer.from(linesOf(key)) })
    if (made?.kind !== 'made') throw new Error('nothing was made')
    const next = keyOf(made)
    expect(made.value.toString()).toBe(linesOf(next))
    expect(made.id).toBe(next.AccessKeyId)
    expect(await iam.admits(next)).toBe(true)
  })
})
