/** Against a real Redis. */
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Credential, Issuer } from '../../../../src/values/rotator/driver.ts'
import { accountIn as accountOf } from '../../../../src/values/rotator/drivers/database/url.ts'
import { driver, REDIS } from '../../../../src/values/rotator/drivers/redis.ts'
import { cutLine } from '../../../servers/cut.ts'
import { hasRedis, startRedis, type Redis } from '../../../servers/redis.ts'
import { choosingDriver, type Subject } from './conformance.ts'

const there = hasRedis('rotation of Redis ACL users')
let server: Redis
let users = 0
const accountIn = (value: Buffer): ReturnType<typeof accountOf> => accountOf(value, REDIS)
const hashOf = (password: string): string => createHash('sha256').update(password).digest('hex')

beforeAll(async () => {
  if (there) server = await startRedis()
})
afterAll(() => server?.stop())

const urlOf = (user: string, password: string, port = server?.port, scheme = 'redis'): Buffer =>
  Buffer.from(`${scheme}://${encodeURIComponent(user)}:${password}@127.0.0.1:${port}/0`)

const admin = (): Buffer => urlOf(server.user, server.password)

async function admits({ value }: Credential): Promise<boolean> {
  const account = accountIn(value)
  return account !== undefined && server.admits(account.user, account.password)
}

/** @param rights what it may do, in the words of ACL SETUSER */
async function one(...rights: string[]): Promise<Subject & { user: string }> {
  const user = `app-'"${(users += 1)}`
  const password = ['fake', 'first', String(users)].join('-')
  await server.ask('ACL', 'SETUSER', user, 'on', `>${password}`, '~app:*', ...rights)
  const current = { value: urlOf(user, password) }
  const foreign = { value: urlOf(user, 'fake-never') }
  return { options: {}, current, foreign, admin: admin(), admits, user }
}

async function master(): Promise<Subject> {
  const { admin: _, ...about } = await one('+@all')
  return about
}

function open({ options, admin: by }: Pick<Subject, 'options' | 'admin'>): Promise<Issuer> {
  const signal = new AbortController().signal
  return driver.open(options, { signal, now: () => new Date(), ...(by && { admin: by }) })
}

async function chosen(issuer: Issuer, current: Credential): Promise<Credential> {
  const made = await issuer.choose?.(current)
  if (made?.kind !== 'made') throw new Error('nothing was made')
  return made
}

const passwordOf = ({ value }: Credential): string => accountIn(value)?.password ?? ''

describe.skipIf(!there)('Redis', () => {
  describe('by an admin', () => choosingDriver(driver, () => one('+get')))
  describe('by the user itself', () => choosingDriver(driver, master))

  test('no command carries a password: the server, its MONITOR and its slow log see a hash at most', async () => {
    const about = await one('+get')
    const line = await cutLine(server.port)
    onTestFinished(() => line.close())
    const by = urlOf(server.user, server.password, line.port)
    const issuer = await open({ options: {}, admin: by })
    const next = await chosen(issuer, about.current)
    const monitored = await monitor(async () => {
      await issuer.set?.(next, about.current)
      await issuer.try(next)
      await issuer.end?.(about.current, next)
    })
    const slow = JSON.stringify(await server.ask('SLOWLOG', 'GET', '1000'))
    expect(slow).toContain('GETUSER')
    expect(line.asked()).toContain(`#${hashOf(passwordOf(next))}`)
    for (const said of [line.asked(), monitored, slow, server.aclFile()]) {
      expect(said).not.toContain(passwordOf(next))
      expect(said).not.toContain(passwordOf(about.current))
    }
  })

  test('the file of users holds the new one when it is set, and the old one no more when it is ended', async () => {
    const about = await one('+get')
    const issuer = await open(about)
    const next = await chosen(issuer, about.current)
    const [old, fresh] = [about.current, next].map(passwordOf).map(hashOf)
    await issuer.set?.(next, about.current)
    expect([
      server.aclFile()?.includes(`#${old}`),
      server.aclFile()?.includes(`#${fresh}`),
    ]).toEqual([true, true])
    await issuer.end?.(about.current, next)
    expect([
      server.aclFile()?.includes(`#${old}`),
      server.aclFile()?.includes(`#${fresh}`),
    ]).toEqual([false, true])
  })

  test('a server that keeps no users is not changed, unless the config says that it need not', async () => {
    const forgetful = await startRedis('nothing')
    onTestFinished(() => forgetful.stop())
    await forgetful.ask('ACL', 'SETUSER', 'app', 'on', '>fake-first', '~*')
    const current = { value: urlOf('app', 'fake-first', forgetful.port) }
    const by = urlOf(forgetful.user, forgetful.password, forgetful.port)
    for (const persist of ['aclfile', 'config']) {
      const issuer = await open({ options: { persist }, admin: by })
      const next = await chosen(issuer, current)
      expect(await issuer.set?.(next, current)).toMatchObject({
        kind: 'refused',
        reason: 'not-kept',
      })
      expect(await forgetful.admits('app', passwordOf(next))).toBe(false)
      // Undone, as after any no.
      expect(await issuer.end?.(next, current)).toEqual({ kind: 'ok' })
    }
    const issuer = await open({ options: { persist: 'none' }, admin: by })
    const next = await chosen(issuer, current)
    expect(await issuer.set?.(next, current)).toEqual({ kind: 'ok' })
    expect(await forgetful.admits('app', passwordOf(next))).toBe(true)
  })

  test('the last password of a user is not taken, and a user that is not there is not made', async () => {
    const about = await one('+get')
    const issuer = await open(about)
    expect(await issuer.end?.(about.current)).toMatchObject({ kind: 'refused' })
    expect(await admits(about.current)).toBe(true)
    const nobody = { value: urlOf('nobody', 'fake-word') }
    const next = await chosen(issuer, nobody)
    expect(await issuer.set?.(next, nobody)).toMatchObject({
      kind: 'refused',
      reason: 'unfit-user',
    })
    expect(await server.ask('ACL', 'USERS')).not.toContain('nobody')
  })

  test('a user who is open to everyone is not shut by a first password', async () => {
    const about = await one('+get', 'nopass')
    const issuer = await open(about)
    const next = await chosen(issuer, about.current)
    expect(await issuer.set?.(next, about.current)).toMatchObject({ kind: 'refused' })
    expect(await server.admits(about.user, 'whatever')).toBe(true)
  })

  test('without the rights it is a no', async () => {
    const { admin: _, ...about } = await one('+get')
    const issuer = await open(about)
    const next = await chosen(issuer, about.current)
    expect(await issuer.set?.(next, about.current)).toMatchObject({
      kind: 'refused',
      code: 'PROVIDER_DENIED',
      reason: 'not-permitted',
    })
  })

  test('one of several nodes is left alone: users are not carried from one to another', async () => {
    const [leader, follower] = [await startRedis(), await startRedis()]
    onTestFinished(() => leader.stop())
    onTestFinished(() => follower.stop())
    await leader.ask('ACL', 'SETUSER', 'app', 'on', '>fake-first', '~*')
    const current = { value: urlOf('app', 'fake-first', leader.port) }
    const issuer = await open({
      options: {},
      admin: urlOf(leader.user, leader.password, leader.port),
    })
    await follower.ask('CONFIG', 'SET', 'masteruser', leader.user)
    await follower.ask('CONFIG', 'SET', 'masterauth', leader.password)
    await follower.ask('REPLICAOF', '127.0.0.1', String(leader.port))
    await expect
      .poll(async () => String(await leader.ask('INFO')), { timeout: 10_000 })
      .toContain('connected_slaves:1')
    const next = await chosen(issuer, current)
    expect(await issuer.set?.(next, current)).toMatchObject({
      kind: 'refused',
      reason: 'several-nodes',
    })
  })

  test('an answer that is lost is unknown; asked again, it is done', async () => {
    const about = await one('+get')
    const line = await cutLine(server.port, 'SETUSER')
    onTestFinished(() => line.close())
    const issuer = await open({
      options: {},
      admin: urlOf(server.user, server.password, line.port),
    })
    const next = await chosen(issuer, about.current)
    expect(await issuer.set?.(next, about.current)).toMatchObject({ kind: 'unknown' })
    expect(await admits(next)).toBe(true)
    expect(await issuer.set?.(next, about.current)).toEqual({ kind: 'ok' })
  })

  test('TLS: who signed the certificate is looked at, and a URL may ask for it', async () => {
    const about = await one('+get')
    const account = accountIn(about.current.value)
    const value = urlOf(account?.user ?? '', account?.password ?? '', server.tlsPort, 'rediss')
    const ask = async (options: Subject['options']): Promise<unknown> =>
      (await open({ options })).try({ value })
    expect(await ask({ caCert: server.ca })).toMatchObject({ kind: 'valid' })
    expect(await ask({})).toMatchObject({ kind: 'refused', reason: 'certificate' })
  })
})

test('a server that is gone is an outage, and no answer about the credential', async () => {
  const issuer = await open({ options: {} })
  expect(await issuer.try({ value: urlOf('app', 'fake-word', 1) })).toMatchObject({
    kind: 'unavailable',
  })
})

/** What MONITOR shows while something is done. */
async function monitor(what: () => Promise<void>): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.write(`AUTH ${server.user} ${server.password}\r\nMONITOR\r\n`)
  await expect.poll(() => text.match(/OK/g)?.length).toBe(2)
  await what()
  await server.ask('PING')
  await expect.poll(() => text).toContain('PING')
  socket.destroy()
  return text
}
