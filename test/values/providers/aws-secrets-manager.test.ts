import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { isUtf8 } from 'node:buffer'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Outcome, PutOutcome, Session } from '../../../src/values/providers/contract.ts'
import { provider } from '../../../src/values/providers/aws-secrets-manager.ts'
import { awsGate } from '../../fakes/aws-gate.ts'
import { AWS_ENVIRONMENT, moto, startMoto, type Moto } from '../../servers/moto.ts'
import { awsEnvironment, signsIn, withoutAwsVariables } from './aws.ts'
import { bytesOf, conformance, contextOf } from './conformance.ts'

const binary = moto('the aws-secrets-manager provider against a real server')
let aws: Moto
let client: SecretsManagerClient

withoutAwsVariables()

beforeAll(async () => {
  if (binary === undefined) return
  aws = await startMoto(binary)
  client = new SecretsManagerClient({
    endpoint: aws.endpoint,
    region: AWS_ENVIRONMENT['AWS_REGION'] ?? '',
    credentials: { accessKeyId: 'fake-test', secretAccessKey: 'fake-test-key' },
  })
}, 30_000)
beforeEach(async () => aws?.reset())
afterAll(async () => {
  client?.destroy()
  await aws?.stop()
})

function opened(
  options: Record<string, unknown> = {},
  more: Partial<Parameters<typeof contextOf>[0]> = {},
): Promise<Session> {
  return provider.open(
    { endpoint: aws.endpoint, ...options },
    contextOf({ env: awsEnvironment(), ...more }),
  )
}

function finishing(session: Session): Session {
  onTestFinished(() => session.close())
  return session
}

async function create(Name: string, value: Buffer | string): Promise<string> {
  const bytes = Buffer.from(value)
  const text = isUtf8(bytes)
  const made = await client.send(
    new CreateSecretCommand({
      Name,
      ...(text ? { SecretString: bytes.toString() } : { SecretBinary: bytes }),
    }),
  )
  return made.VersionId ?? ''
}

async function stored(SecretId: string, VersionStage = 'AWSCURRENT'): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))
  return SecretString ?? ''
}

function put(
  session: Session,
  value: string,
  expect_: string,
  more: Partial<{ operation: string; stage: 'pending' | 'current'; field: string }> = {},
): Promise<PutOutcome> | undefined {
  const { operation = value, field, ...rest } = more
  const at = { path: 'team/key', ...(field === undefined ? {} : { field }) }
  return session.put?.(at, Buffer.from(value), { expect: expect_, operation, ...rest })
}

const textOf = (outcome: Outcome): unknown =>
  outcome.kind === 'value' ? outcome.value.toString() : outcome.reason

describe.skipIf(binary === undefined)('against moto', () => {
  conformance('aws-secrets-manager', {
    provider,
    carries: 'any byte',
    maxBytes: 65_536,
    lists: true,
    open: async (values, signal) => {
      await aws.reset()
      // The service stores nothing empty; an object's value may be.
      for (const [name, value] of values) {
        await create(name, value.length === 0 ? '{"value":""}' : value)
      }
      const session = await opened({}, signal === undefined ? {} : { signal })
      return { session, at: (path) => ({ path }) }
    },
    unavailable: async () => ({
      session: await opened({ endpoint: 'http://127.0.0.1:1' }),
      at: { path: 'a' },
    }),
  })

  test('45 secrets cost three calls; refs of one secret cost one', async () => {
    const names = Array.from({ length: 45 }, (_, i) => `team/key-${i}`)
    await Promise.all(names.map((name) => create(name, `fake-of-${name}`)))
    const gate = await awsGate(aws.endpoint)
    const session = finishing(await opened({ endpoint: gate.url }))
    const outcomes = await session.get(names.map((path) => ({ path })))
    expect(outcomes.map(textOf)).toEqual(names.map((name) => `fake-of-${name}`))
    expect(gate.operations).toEqual(Array.from({ length: 3 }, () => 'BatchGetSecretValue'))

    await create('team/app', JSON.stringify({ one: 'fake-1', two: 'fake-2', n: 5 }))
    gate.operations.length = 0
    const fields = ['two', 'one', 'n', 'none', 'two']
    const parts = await session.get(fields.map((field) => ({ path: 'team/app', field })))
    expect(parts.map(textOf)).toEqual(['fake-2', 'fake-1', 'not-a-string', 'no-such-key', 'fake-2'])
    expect(gate.operations).toEqual(['GetSecretValue'])
  })

  test('one bad ref costs nothing for the others: what a batch says of one is of that one', async () => {
    await create('good', 'fake-good')
    await create('gone', 'fake-gone')
    await client.send(new DeleteSecretCommand({ SecretId: 'gone' }))
    const gate = await awsGate(aws.endpoint)
    const session = finishing(await opened({ endpoint: gate.url }))
    const paths = ['good', 'never', 'gone', 'bad name']
    const outcomes = await session.get(paths.map((path) => ({ path })))
    expect(outcomes.map(textOf)).toEqual(['fake-good', 'id-not-found', 'id-not-found', 'bad-name'])
    expect(gate.operations[0]).toBe('BatchGetSecretValue')
  })

  test('where batches are denied each secret is asked for; a denial there is that secret’s', async () => {
    await create('one', 'fake-1')
    await create('two', 'fake-2')
    const gate = await awsGate(aws.endpoint, (operation, body) =>
      operation === 'BatchGetSecretValue' || body.includes('"two"')
        ? 'AccessDeniedException'
        : undefined,
    )
    const session = finishing(await opened({ endpoint: gate.url }))
    const [one, two] = await session.get([{ path: 'one' }, { path: 'two' }])
    expect(bytesOf(one).toString()).toBe('fake-1')
    expect(two).toMatchObject({ kind: 'denied', code: 'PROVIDER_DENIED', reason: 'not-permitted' })
    expect(gate.operations).toHaveLength(3)
  })

  test('stages and version ids are asked for by their names', async () => {
    const first = await create('a', 'fake-first')
    const versions = [
      ['fake-second', 'AWSCURRENT'],
      ['fake-third', 'AWSPENDING'],
    ] as const
    for (const [SecretString, stage] of versions) {
      const input = { SecretId: 'a', SecretString, VersionStages: [stage] }
      await client.send(new PutSecretValueCommand(input))
    }
    const session = finishing(await opened())
    const asked = ['AWSCURRENT', 'AWSPREVIOUS', 'AWSPENDING', first, 'NOSUCHSTAGE']
    const outcomes = await session.get(asked.map((version) => ({ path: 'a', version })))
    expect(outcomes.map(textOf)).toEqual([
      'fake-second',
      'fake-first',
      'fake-third',
      'fake-first',
      'id-not-found',
    ])
    expect(outcomes[1]).toMatchObject({ meta: { version: first } })
  })

  test('the article’s object: its value, and its date counts', async () => {
    const expiresAt = '2027-03-08T04:12:00Z'
    await create('a', JSON.stringify({ value: 'fake-a', provider: 'openclaw', expiresAt }))
    await create('b', JSON.stringify({ value: 'fake-b', expiresAt: 'next year' }))
    await create('all', JSON.stringify({ stripe: { value: 'fake-s', expiresAt } }))
    const session = finishing(await opened())
    const [a, b, s, whole] = await session.get([
      { path: 'a' },
      { path: 'b' },
      { path: 'all', field: 'stripe' },
      { path: 'all' },
    ])
    for (const [outcome, text] of [
      [a, 'fake-a'],
      [s, 'fake-s'],
    ] as const) {
      expect(bytesOf(outcome).toString()).toBe(text)
      expect(outcome).toMatchObject({ meta: { expiresAt: new Date(expiresAt) } })
    }
    expect(b).toMatchObject({ kind: 'malformed', reason: 'bad-date' })
    expect(bytesOf(whole).toString()).toContain('{"stripe":')
  })

  test('a session that lives longer than its deadline has another one for the next question', async () => {
    await create('a', 'fake-a')
    const session = finishing(await opened({ timeoutMs: 400 }))
    expect(await session.get([{ path: 'a' }])).toMatchObject([{ kind: 'value' }])
    await sleep(450)
    expect(await session.get([{ path: 'a' }])).toMatchObject([{ kind: 'value' }])
    expect(await put(session, 'fake-b', 'any')).toMatchObject({ kind: 'written' })
  })

  describe('put', () => {
    test('compares with AWSCURRENT; a repeat of one operation makes one version', async () => {
      const session = finishing(await opened())
      const made = await put(session, 'fake-1', 'absent')
      expect(made).toMatchObject({ kind: 'written', at: { path: 'team/key' } })
      expect(await put(session, 'fake-1', 'absent')).toEqual(made)
      expect(await put(session, 'fake-2', 'absent')).toEqual({ kind: 'conflict' })
      const version = made?.kind === 'written' ? made.version : ''
      expect(await put(session, 'fake-2', 'ffffffff')).toEqual({ kind: 'conflict' })
      expect(await put(session, 'fake-2', version)).toMatchObject({ kind: 'written' })
      expect(await put(session, 'fake-3', version)).toEqual({ kind: 'conflict' })
      expect(await stored('team/key')).toBe('fake-2')
      const history = await session.history?.({ path: 'team/key' })
      expect(history?.kind === 'history' && history.versions.map(({ stages }) => stages)).toEqual([
        ['previous'],
        ['current'],
      ])
    })

    test('who writes between the comparison and the write is not written over', async () => {
      const before = await create('team/key', 'fake-old')
      // The gate lets another writer through before it lets ours move the stage.
      const gate = await awsGate(aws.endpoint, async (operation, body) => {
        if (operation === 'UpdateSecretVersionStage' && body.includes('AWSCURRENT')) {
          await client.send(
            new PutSecretValueCommand({ SecretId: 'team/key', SecretString: 'fake-theirs' }),
          )
        }
        return undefined
      })
      const session = finishing(await opened({ endpoint: gate.url }))
      expect(await put(session, 'fake-ours', before)).toEqual({ kind: 'conflict' })
      expect(await stored('team/key')).toBe('fake-theirs')
      expect(await stored('team/key', 'AWSPREVIOUS')).toBe('fake-old')
      await expect(stored('team/key', 'AWSPENDING')).rejects.toThrow()
    })

    test('stored, and stopped before it became current: a repeat makes it current, later too', async () => {
      const before = await create('team/key', '{"value": "fake-old", "createdAt": "2020-01-01"}')
      const refusals = new Map([['UpdateSecretVersionStage', 'InternalServiceError']])
      const gate = await awsGate(aws.endpoint, (operation) => refusals.get(operation))
      const session = finishing(await opened({ endpoint: gate.url }))
      expect(await put(session, 'fake-new', before)).toEqual({ kind: 'unknown' })
      expect(JSON.parse(await stored('team/key'))).toMatchObject({ value: 'fake-old' })
      refusals.clear()
      // The time beside the value is another one by then, and AWS stores nothing else under one token.
      refusals.set('PutSecretValue', 'ResourceExistsException')
      const env = { env: awsEnvironment(), now: () => new Date('2030-01-01T00:00:00Z') }
      const later = finishing(await opened({ endpoint: gate.url }, env))
      expect(await put(later, 'fake-other', before)).toEqual({ kind: 'conflict' })
      expect(await put(later, 'fake-new', before)).toMatchObject({ kind: 'written' })
      expect(JSON.parse(await stored('team/key'))).toMatchObject({ value: 'fake-new' })
      const history = await later.history?.({ path: 'team/key' })
      expect(history?.kind === 'history' && history.versions).toHaveLength(2)
    })

    test('another value under the same operation is a conflict', async () => {
      await create('team/key', 'fake-old')
      const gate = await awsGate(aws.endpoint, (operation) =>
        operation === 'PutSecretValue' ? 'ResourceExistsException' : undefined,
      )
      const session = finishing(await opened({ endpoint: gate.url }))
      expect(await put(session, 'fake-2', 'any')).toEqual({ kind: 'conflict' })
    })

    test('pending changes nothing for readers, until promote, which compares', async () => {
      const before = await create('team/key', 'fake-old')
      const session = finishing(await opened())
      const pending = await put(session, 'fake-new', before, { stage: 'pending' })
      const version = pending?.kind === 'written' ? pending.version : ''
      expect(await stored('team/key')).toBe('fake-old')
      expect(await stored('team/key', 'AWSPENDING')).toBe('fake-new')
      const at = { path: 'team/key' }
      expect(await session.promote?.(at, 'f'.repeat(36), version)).toEqual({ kind: 'conflict' })
      expect(await stored('team/key')).toBe('fake-old')
      expect(await session.promote?.(at, before, version)).toMatchObject({
        kind: 'written',
        version,
      })
      expect(await stored('team/key')).toBe('fake-new')
      expect(await stored('team/key', 'AWSPREVIOUS')).toBe('fake-old')
      // Its answer was lost, and it is done again.
      expect(await session.promote?.(at, before, version)).toMatchObject({
        kind: 'written',
        version,
      })
    })

    describe('while AWS itself has a rotation going', () => {
      const token = '0f5c6f1e-0000-4000-8000-00000000fa4e'
      const busy = { kind: 'denied', code: 'PROVIDER_DENIED', reason: 'aws-rotates' }

      /** What RotateSecret begins with; its function makes it current at the end. */
      async function rotating(): Promise<string> {
        const before = await create('team/key', 'fake-old')
        await client.send(
          new PutSecretValueCommand({
            SecretId: 'team/key',
            SecretString: 'fake-theirs',
            ClientRequestToken: token,
            VersionStages: ['AWSPENDING'],
          }),
        )
        return before
      }

      test.each(['compared', 'any'])('nothing is stored: %s', async (how) => {
        const before = await rotating()
        const session = finishing(await opened())
        expect(await put(session, 'fake-ours', how === 'any' ? how : before)).toEqual(busy)
        expect(await put(session, 'fake-ours', before, { stage: 'pending' })).toEqual(busy)
        expect(await stored('team/key')).toBe('fake-old')
        expect(await stored('team/key', 'AWSPENDING')).toBe('fake-theirs')
        const history = await session.history?.({ path: 'team/key' })
        expect(history?.kind === 'history' && history.versions).toHaveLength(2)
      })

      test('no version becomes current', async () => {
        const first = await create('team/key', 'fake-first')
        const session = finishing(await opened())
        const made = await put(session, 'fake-second', first)
        const now = made?.kind === 'written' ? made.version : ''
        const input = { SecretId: 'team/key', SecretString: 'fake-theirs' }
        await client.send(
          new PutSecretValueCommand({
            ...input,
            ClientRequestToken: token,
            VersionStages: ['AWSPENDING'],
          }),
        )
        expect(await session.promote?.({ path: 'team/key' }, now, first)).toEqual(busy)
        expect(await stored('team/key')).toBe('fake-second')
      })

      test('once it has ended all is as before, though AWS leaves AWSPENDING where it was', async () => {
        const before = await rotating()
        const session = finishing(await opened())
        await client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: 'team/key',
            VersionStage: 'AWSCURRENT',
            MoveToVersionId: token,
            RemoveFromVersionId: before,
          }),
        )
        expect(await put(session, 'fake-ours', token)).toMatchObject({ kind: 'written' })
        expect(await stored('team/key')).toBe('fake-ours')
      })

      test('what a stopped write of ours has left is no rotation of AWS’s', async () => {
        const before = await create('team/key', 'fake-old')
        const session = finishing(await opened())
        await put(session, 'fake-left', before, { stage: 'pending' })
        expect(await put(session, 'fake-new', before)).toMatchObject({ kind: 'written' })
        expect(await stored('team/key')).toBe('fake-new')
      })

      test('who may not see the versions is told which right is missing', async () => {
        await create('team/key', 'fake-old')
        const gate = await awsGate(aws.endpoint, (operation) =>
          operation === 'ListSecretVersionIds' ? 'AccessDeniedException' : undefined,
        )
        const session = finishing(await opened({ endpoint: gate.url }))
        const denied = await put(session, 'fake-new', 'any')
        expect(denied).toMatchObject({
          kind: 'denied',
          reason: 'not-permitted',
          place: expect.stringContaining('secretsmanager:ListSecretVersionIds'),
        })
        expect(gate.operations).not.toContain('PutSecretValue')
      })
    })

    test('of one key among others an older version is stored anew, that key alone', async () => {
      const first = await create('team/key', '{"a": "fake-a1", "b": "fake-b1"}')
      const session = finishing(await opened())
      const at = { path: 'team/key', field: 'a' }
      const second = await put(session, 'fake-a2', first, { field: 'a' })
      const now = second?.kind === 'written' ? second.version : ''
      await put(session, 'fake-b3', now, { field: 'b' })
      const history = await session.history?.({ path: 'team/key' })
      const versions = history?.kind === 'history' ? history.versions : []
      const current = versions.find(({ stages }) => stages.includes('current'))?.version ?? ''
      expect(await session.promote?.(at, now, first)).toEqual({ kind: 'conflict' })
      const restored = await session.promote?.(at, current, first)
      expect(restored).toMatchObject({ kind: 'written', at })
      expect(JSON.parse(await stored('team/key'))).toEqual({ a: 'fake-a1', b: 'fake-b3' })
    })

    test('remove compares too, and what is marked for deletion is absent', async () => {
      const version = await create('team/key', 'fake-old')
      const session = finishing(await opened())
      const at = { path: 'team/key' }
      expect(await session.remove?.(at, 'f'.repeat(36))).toEqual({ kind: 'conflict' })
      expect(await stored('team/key')).toBe('fake-old')
      expect(await session.remove?.(at, version)).toMatchObject({ kind: 'written' })
      expect(await session.get([at])).toMatchObject([{ kind: 'absent' }])
    })

    test('remove takes no other key of an object with it', async () => {
      const version = await create('team/key', '{"a": "fake-a", "b": "fake-b"}')
      const session = finishing(await opened())
      const at = { path: 'team/key', field: 'a' }
      expect(await session.remove?.(at, version)).toMatchObject({ reason: 'holds-others' })
      expect(await stored('team/key')).toContain('fake-b')
      const article = await create('article', '{"value": "fake-c", "provider": "openclaw"}')
      const whole = { path: 'article', field: 'value' }
      expect(await session.remove?.(whole, article)).toMatchObject({ kind: 'written' })
    })

    test('one key of an object is replaced, the others stay; a date of the old value goes', async () => {
      await create('team/key', '{"other": "fake-\\"other\\"", "n": 5}')
      const session = finishing(await opened())
      await put(session, 'fake-$"new"', 'any', { field: 'key' })
      expect(JSON.parse(await stored('team/key'))).toEqual({
        other: 'fake-"other"',
        n: 5,
        key: 'fake-$"new"',
      })
      expect(await put(session, 'fake', 'absent', { field: 'key' })).toEqual({ kind: 'conflict' })
      expect(await put(session, 'fake', 'any', { field: 'n' })).toMatchObject({
        reason: 'not-a-string',
      })
      const article = { value: 'fake-old', provider: 'openclaw', expiresAt: '2020-01-01' }
      await create('article', JSON.stringify(article))
      await session.put?.({ path: 'article' }, Buffer.from('fake-new'), {
        expect: 'any',
        operation: 'x',
      })
      expect(JSON.parse(await stored('article'))).toEqual({
        value: 'fake-new',
        provider: 'openclaw',
        createdAt: '2026-03-08T04:12:00Z',
      })
    })

    test('what the service cannot hold is refused before it is asked', async () => {
      const gate = await awsGate(aws.endpoint)
      const session = finishing(await opened({ endpoint: gate.url }))
      expect(await put(session, '', 'any')).toMatchObject({ code: 'SECRET_EMPTY' })
      expect(gate.operations).toEqual([])
      expect(await put(session, 'a'.repeat(65_537), 'any')).toMatchObject({
        code: 'SECRET_TOO_LARGE',
      })
      expect(gate.operations).toEqual(['GetSecretValue'])
    })

    test('no answer to a write is no failure of it: unknown', async () => {
      await create('team/key', 'fake-old')
      const gate = await awsGate(aws.endpoint, (operation) =>
        operation === 'PutSecretValue' ? 'InternalServiceError' : undefined,
      )
      const session = finishing(await opened({ endpoint: gate.url }))
      expect(await put(session, 'fake-new', 'any')).toEqual({ kind: 'unknown' })
    })
  })
})

signsIn(provider)
