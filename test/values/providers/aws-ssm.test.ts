import {
  DescribeParametersCommand,
  GetParameterCommand,
  LabelParameterVersionCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { provider } from '../../../src/values/providers/aws-ssm.ts'
import type { Outcome, Session } from '../../../src/values/providers/contract.ts'
import { awsGate } from '../../fakes/aws-gate.ts'
import { listen } from '../../fakes/listen.ts'
import { AWS_ENVIRONMENT, moto, startMoto, type Moto } from '../../servers/moto.ts'
import { awsEnvironment, signsIn, withoutAwsVariables } from './aws.ts'
import { bytesOf, conformance, contextOf } from './conformance.ts'

const binary = moto('the aws-ssm provider against a real server')
let aws: Moto
let client: SSMClient

withoutAwsVariables()

beforeAll(async () => {
  if (binary === undefined) return
  aws = await startMoto(binary)
  client = new SSMClient({
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

async function opened(options: object = {}, signal?: AbortSignal): Promise<Session> {
  const session = await provider.open(
    { endpoint: aws.endpoint, ...options },
    contextOf({ env: awsEnvironment(), ...(signal === undefined ? {} : { signal }) }),
  )
  onTestFinished(() => session.close())
  return session
}

async function create(Name: string, Value: string, more: object = {}): Promise<void> {
  await client.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', ...more }))
}

async function stored(Name: string): Promise<string> {
  const answer = await client.send(new GetParameterCommand({ Name, WithDecryption: true }))
  return answer.Parameter?.Value ?? ''
}

const textOf = (outcome: Outcome): unknown =>
  outcome.kind === 'value' ? outcome.value.toString() : outcome.reason

describe.skipIf(binary === undefined)('against moto', () => {
  conformance('aws-ssm', {
    provider,
    carries: 'UTF-8',
    maxBytes: 4096,
    lists: true,
    open: async (values, signal) => {
      await aws.reset()
      // The service stores nothing empty; an object's value may be.
      for (const [name, value] of values) {
        await create(name, value.length === 0 ? '{"value":""}' : value.toString())
      }
      return { session: await opened({}, signal), at: (path) => ({ path }) }
    },
    unavailable: async () => ({
      session: await opened({ endpoint: 'http://127.0.0.1:1' }),
      at: { path: 'a' },
    }),
  })

  test('25 parameters cost three calls, decrypted; refs of one cost one', async () => {
    const names = Array.from({ length: 25 }, (_, i) => `/team/key-${i}`)
    await Promise.all(names.map((name) => create(name, `fake-of-${name}`)))
    const gate = await awsGate(aws.endpoint)
    const session = await opened({ endpoint: gate.url })
    const outcomes = await session.get(names.map((path) => ({ path })))
    expect(outcomes.map(textOf)).toEqual(names.map((name) => `fake-of-${name}`))
    expect(gate.operations).toEqual(Array.from({ length: 3 }, () => 'GetParameters'))

    await create('/team/app', JSON.stringify({ one: 'fake-1', two: { value: 'fake-2' } }))
    gate.operations.length = 0
    const fields = ['two', 'one', 'none']
    const parts = await session.get(fields.map((field) => ({ path: '/team/app', field })))
    expect(parts.map(textOf)).toEqual(['fake-2', 'fake-1', 'no-such-key'])
    expect(gate.operations).toEqual(['GetParameters'])
  })

  test('versions and labels are asked for by their names', async () => {
    await create('/a', 'fake-first')
    await create('/a', 'fake-second', { Overwrite: true })
    await client.send(
      new LabelParameterVersionCommand({ Name: '/a', ParameterVersion: 1, Labels: ['good'] }),
    )
    const session = await opened()
    const outcomes = await session.get(
      [{}, { version: '1' }, { version: '2' }, { version: 'good' }, { version: '7' }].map((which) =>
        Object.assign(which, { path: '/a' }),
      ),
    )
    expect(outcomes.map(textOf)).toEqual([
      'fake-second',
      'fake-first',
      'fake-second',
      'fake-first',
      'id-not-found',
    ])
    expect(outcomes[1]).toMatchObject({ meta: { version: '1' } })
  })

  test('one that may not be read is refused alone, though the service refuses all ten', async () => {
    await create('one', 'fake-1')
    await create('two', 'fake-2')
    const gate = await awsGate(aws.endpoint, (_, body) =>
      body.includes('"two"') ? 'AccessDeniedException' : undefined,
    )
    const session = await opened({ endpoint: gate.url })
    const [one, two] = await session.get([{ path: 'one' }, { path: 'two' }])
    expect(bytesOf(one).toString()).toBe('fake-1')
    expect(two).toMatchObject({ kind: 'denied', reason: 'not-permitted' })
    expect(gate.operations).toHaveLength(3)
  })

  describe('put', () => {
    const at = { path: '/team/key' }
    const put = (
      session: Session,
      value: string,
      expect_: string,
      stage?: 'pending',
    ): ReturnType<NonNullable<Session['put']>> | undefined =>
      session.put?.(at, Buffer.from(value), {
        expect: expect_,
        operation: 'fake',
        ...(stage === undefined ? {} : { stage }),
      })

    test('compares with the version that is there', async () => {
      const session = await opened()
      expect(await put(session, 'fake-1', 'absent')).toEqual({ kind: 'written', version: '1', at })
      expect(await put(session, 'fake-2', 'absent')).toEqual({ kind: 'conflict' })
      expect(await put(session, 'fake-2', '7')).toEqual({ kind: 'conflict' })
      expect(await put(session, 'fake-2', '1')).toEqual({ kind: 'written', version: '2', at })
      expect(await put(session, 'fake-3', 'any')).toEqual({ kind: 'written', version: '3', at })
      expect(await stored('/team/key')).toBe('fake-3')
      const history = await session.history?.(at)
      expect(history?.kind === 'history' && history.versions).toMatchObject([
        { version: '1', stages: [] },
        { version: '2', stages: ['previous'] },
        { version: '3', stages: ['current'], createdAt: expect.any(Date) },
      ])
      expect(JSON.stringify(history)).not.toContain('fake-')
    })

    test('an older version is stored anew as the newest, whole, by compare-and-set', async () => {
      const article = '{"value": "fake-1", "expiresAt": "2099-01-01"}'
      await create('/team/key', article)
      await create('/team/key', '{"value": "fake-2"}', { Overwrite: true })
      const session = await opened()
      expect(await session.promote?.(at, '1', '1')).toEqual({ kind: 'conflict' })
      expect(await session.promote?.(at, '2', '7')).toMatchObject({ kind: 'absent' })
      expect(await session.promote?.(at, '2', '1')).toEqual({ kind: 'written', version: '3', at })
      expect(await stored('/team/key')).toBe(article)
      const { Parameters = [] } = await client.send(new DescribeParametersCommand({}))
      expect(Parameters.map(({ Type }) => Type)).toEqual(['SecureString'])
    })

    test('of one key among others, that key alone', async () => {
      await create('/team/key', '{"a": "fake-a1", "b": "fake-b1"}')
      await create('/team/key', '{"a": "fake-a2", "b": "fake-b2"}', { Overwrite: true })
      const session = await opened()
      await session.promote?.({ ...at, field: 'a' }, '2', '1')
      expect(JSON.parse(await stored('/team/key'))).toEqual({ a: 'fake-a1', b: 'fake-b2' })
    })

    test('a new one is a SecureString; one that is there keeps its type and its key', async () => {
      const session = await opened()
      const KeyId = 'alias/fake-key'
      await create('/team/key', 'fake-old', { KeyId })
      await put(session, 'fake-new', 'any')
      await session.put?.({ path: 'fresh' }, Buffer.from('fake'), { expect: 'any', operation: 'x' })
      const { Parameters = [] } = await client.send(new DescribeParametersCommand({}))
      const kinds = Parameters.map(({ Name, Type, KeyId: key }) => [Name, Type, key])
      expect(kinds).toContainEqual(['/team/key', 'SecureString', KeyId])
      expect(kinds).toContainEqual(['fresh', 'SecureString', 'alias/aws/ssm'])
    })

    test('who writes between the comparison and the write is found out: unknown', async () => {
      await create('/team/key', 'fake-old')
      // The gate lets another writer through before it lets our question go on.
      const gate = await awsGate(aws.endpoint, async (operation) => {
        if (operation === 'PutParameter') {
          await create('/team/key', 'fake-theirs', { Overwrite: true })
        }
        return undefined
      })
      const session = await opened({ endpoint: gate.url })
      expect(await put(session, 'fake-new', '1')).toEqual({ kind: 'unknown' })
    })

    test('there are no pending versions, and no writes to another account’s', async () => {
      const session = await opened()
      expect(await put(session, 'fake', 'any', 'pending')).toMatchObject({
        code: 'UNSUPPORTED',
        reason: 'no-stages',
      })
      const path = 'arn:aws:ssm:eu-central-1:123456789012:parameter/a'
      expect(
        await session.put?.({ path }, Buffer.from('fake'), { expect: 'any', operation: 'x' }),
      ).toMatchObject({ reason: 'bad-name' })
    })

    test('what a standard parameter cannot hold is too large, and is said to be', async () => {
      const gate = await awsGate(aws.endpoint, (operation) =>
        operation === 'PutParameter' ? 'ValidationException' : undefined,
      )
      const session = await opened({ endpoint: gate.url })
      for (const size of [4097, 8193]) {
        expect(await put(session, 'a'.repeat(size), 'any')).toMatchObject({
          code: 'SECRET_TOO_LARGE',
        })
      }
      expect(gate.operations.filter((name) => name === 'PutParameter')).toHaveLength(1)
    })

    test('a write is not sent twice, and no answer to it is no failure: unknown', async () => {
      await create('/team/key', 'fake-old')
      const gate = await awsGate(aws.endpoint, (operation) =>
        operation === 'PutParameter' ? 'InternalServerError' : undefined,
      )
      const session = await opened({ endpoint: gate.url })
      expect(await put(session, 'fake-new', 'any')).toEqual({ kind: 'unknown' })
      expect(gate.operations.filter((name) => name === 'PutParameter')).toHaveLength(1)
    })

    test('nor is an answer that cannot be read', async () => {
      const garbled = await listen((request, response) => {
        const isPut = String(request.headers['x-amz-target']).endsWith('PutParameter')
        request.resume()
        response.end(isPut ? 'fake-words' : '{"Parameters":[],"InvalidParameters":["/team/key"]}')
      })
      const session = await opened({ endpoint: garbled.url })
      expect(await put(session, 'fake-new', 'any')).toEqual({ kind: 'unknown' })
    })
  })
})

signsIn(provider)
