/** Against a real RabbitMQ. */
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Credential, Issuer } from '../../../../src/values/rotator/driver.ts'
import { accountIn as accountOf } from '../../../../src/values/rotator/drivers/database/url.ts'
import { driver } from '../../../../src/values/rotator/drivers/rabbitmq.ts'
import { RABBITMQ } from '../../../../src/values/rotator/drivers/rabbitmq/server.ts'
import { cutLine } from '../../../servers/cut.ts'
import { hasRabbitmq, startRabbitmq, type Rabbitmq } from '../../../servers/rabbitmq.ts'
import { choosingDriver, type Subject } from './conformance.ts'

const there = hasRabbitmq('rotation of RabbitMQ users')
let server: Rabbitmq
let users = 0
const accountIn = (value: Buffer): ReturnType<typeof accountOf> => accountOf(value, RABBITMQ)
const passwordOf = ({ value }: Credential): string => accountIn(value)?.password ?? ''

beforeAll(async () => {
  if (there) server = await startRabbitmq()
}, 60_000)
afterAll(() => server?.stop())

type Kind = 'amqp' | 'http'

function urlOf(kind: Kind, user: string, password: string): Buffer {
  const name = encodeURIComponent(user)
  return Buffer.from(
    kind === 'amqp'
      ? `amqp://${name}:${password}@127.0.0.1:${server.port}/%2F`
      : `${server.management.replace('//', `//${name}:${password}@`)}/`,
  )
}

/** By what the server itself keeps, without AMQP. */
async function admits(credential: Credential): Promise<boolean> {
  const account = accountIn(credential.value)
  const authorization = `Basic ${Buffer.from(`${account?.user}:${account?.password}`).toString('base64')}`
  const answer = await fetch(`${server.management}/api/whoami`, { headers: { authorization } })
  // 401 too for one who may not use this API: the reason tells.
  return answer.ok || !(await answer.text()).includes('Login failed')
}

async function one(kind: Kind, tags: string): Promise<Subject & { user: string }> {
  const user = `app /"'${(users += 1)}`
  const password = ['fake', 'first', String(users)].join('-')
  await server.api('PUT', `users/${encodeURIComponent(user)}`, { password, tags })
  return {
    options: { management: server.management },
    current: { value: urlOf(kind, user, password) },
    foreign: { value: urlOf(kind, user, 'fake-never') },
    admin: urlOf('http', server.user, server.password),
    admits,
    user,
  }
}

function open({ options, admin }: Pick<Subject, 'options' | 'admin'>): Promise<Issuer> {
  const signal = new AbortController().signal
  return driver.open(options, { signal, now: () => new Date(), ...(admin && { admin }) })
}

async function chosen(issuer: Issuer, current: Credential): Promise<Credential> {
  const made = await issuer.choose?.(current)
  if (made?.kind !== 'made') throw new Error('nothing was made')
  return made
}

describe.skipIf(!there)('RabbitMQ', () => {
  describe('an application’s user, by an admin', () =>
    choosingDriver(driver, () => one('amqp', '')))
  describe('an administrator, by itself', () =>
    choosingDriver(driver, async () => {
      const { admin: _, ...about } = await one('http', 'administrator')
      return about
    }))

  test('the password is in no request and in no log; tags and limits stay', async () => {
    const about = await one('amqp', 'monitoring,policymaker')
    const path = `users/${encodeURIComponent(about.user)}`
    await server.api('PUT', `user-limits/${encodeURIComponent(about.user)}/max-connections`, {
      value: 7,
    })
    const kept = async (): Promise<unknown> => {
      const { password_hash: _, ...rest } = Object(await (await server.api('GET', path)).json())
      return rest
    }
    const before = await kept()
    const line = await cutLine(Number(new URL(server.management).port))
    onTestFinished(() => line.close())
    const issuer = await open({
      ...about,
      options: { management: `http://127.0.0.1:${line.port}` },
    })
    const next = await chosen(issuer, about.current)
    expect(await issuer.set?.(next, about.current)).toEqual({ kind: 'ok' })
    expect(await issuer.try(next)).toEqual({ kind: 'valid', account: about.user })
    expect(line.asked()).toContain('"password_hash":')
    for (const said of [line.asked(), server.log()]) expect(said).not.toContain(passwordOf(next))
    expect(await kept()).toEqual(before)
  })

  test('a user that is not there is not made', async () => {
    const about = await one('amqp', '')
    const issuer = await open(about)
    const nobody = { value: urlOf('amqp', 'nobody', 'fake-word') }
    expect(await issuer.choose?.(nobody)).toMatchObject({ reason: 'admin-elsewhere' })
    const next = { value: urlOf('amqp', 'nobody', 'fake-next') }
    expect(await issuer.set?.(next, nobody)).toMatchObject({ kind: 'refused' })
    expect((await server.api('GET', 'users/nobody')).status).toBe(404)
  })

  test('without the tag it is a no', async () => {
    for (const tags of ['', 'management']) {
      const { admin: _, ...about } = await one('amqp', tags)
      const issuer = await open(about)
      const next = await chosen(issuer, about.current)
      expect(await issuer.set?.(next, about.current)).toMatchObject({
        kind: 'refused',
        code: 'PROVIDER_DENIED',
        reason: 'not-permitted',
      })
      expect(await about.admits(next)).toBe(false)
    }
  })

  test('an answer that is lost is unknown; asked again, it is done', async () => {
    const about = await one('amqp', '')
    const line = await cutLine(Number(new URL(server.management).port), 'PUT /api/users')
    onTestFinished(() => line.close())
    const issuer = await open({
      ...about,
      options: { management: `http://127.0.0.1:${line.port}` },
    })
    const next = await chosen(issuer, about.current)
    expect(await issuer.set?.(next, about.current)).toMatchObject({ kind: 'unknown' })
    expect(await about.admits(next)).toBe(true)
    const straight = await open(about)
    expect(await straight.set?.(next, about.current)).toEqual({ kind: 'ok' })
  })

  test('nobody is asked in the clear but on this machine', async () => {
    const about = await one('amqp', '')
    const issuer = await open({ ...about, options: { management: 'http://rabbit.test:15672' } })
    expect(await issuer.choose?.(about.current)).toMatchObject({
      kind: 'refused',
      reason: 'no-tls',
    })
    const far = {
      value: Buffer.from(String(about.current.value).replace('127.0.0.1', 'localhost')),
    }
    expect(await issuer.try(far)).toMatchObject({ kind: 'refused', reason: 'no-tls' })
  })

  test('TLS: who signed the certificate is looked at', async () => {
    const about = await one('amqp', '')
    const url = String(about.current.value)
      .replace('amqp:', 'amqps:')
      .replace(`:${server.port}/`, `:${server.tlsPort}/`)
    const ask = async (options: Subject['options']): Promise<unknown> =>
      (await open({ options: { ...about.options, ...options } })).try({ value: Buffer.from(url) })
    expect(await ask({ caCert: server.ca })).toMatchObject({ kind: 'valid' })
    expect(await ask({})).toMatchObject({ kind: 'refused', reason: 'certificate' })
  })

  test('what is no RabbitMQ is an outage', async () => {
    const other = createServer((socket) =>
      socket.on('error', () => {}).end('fake nonsense'.repeat(9)),
    )
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const about = await one('amqp', '')
    const issuer = await open(about)
    const url = String(about.current.value).replace(`:${server.port}/`, `:${port}/`)
    expect(await issuer.try({ value: Buffer.from(url) })).toMatchObject({ kind: 'unavailable' })
  })
})
