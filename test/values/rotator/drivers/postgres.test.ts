/** Against a real PostgreSQL. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { driver as oneUser } from '../../../../src/values/rotator/drivers/postgres.ts'
import { driver as twoUsers } from '../../../../src/values/rotator/drivers/postgres-users.ts'
import { accountIn as accountOf } from '../../../../src/values/rotator/drivers/database/url.ts'
import { POSTGRES } from '../../../../src/values/rotator/drivers/postgres/database.ts'
import type { Credential, Issuer } from '../../../../src/values/rotator/driver.ts'
import { cutLine } from '../../../servers/cut.ts'
import { postgresBin, startPostgres, type Postgres } from '../../../servers/postgres.ts'
import { choosingDriver, type Subject } from './conformance.ts'

const bin = postgresBin('rotation of PostgreSQL users')
let server: Postgres
let users = 0
const accountIn = (value: Buffer): ReturnType<typeof accountOf> => accountOf(value, POSTGRES)

beforeAll(async () => {
  if (bin !== undefined) server = await startPostgres(bin)
})
afterAll(() => server?.stop())

const urlOf = (user: string, password: string): Buffer =>
  Buffer.from(`postgresql://${user}:${password}@127.0.0.1:${server.port}/postgres?sslmode=disable`)

async function admits({ value }: Credential): Promise<boolean> {
  const account = accountIn(value)
  return account !== undefined && server.admits(account.user, account.password)
}

async function makeUser(): Promise<{ name: string; value: Buffer }> {
  const name = `app "${(users += 1)}"`
  const password = ['fake', 'first', String(users)].join('-')
  await server.query(`CREATE ROLE "${name.replaceAll('"', '""')}" LOGIN PASSWORD '${password}'`)
  return { name, value: urlOf(encodeURIComponent(name), password) }
}

const admin = (): Buffer => urlOf(server.user, server.password)

async function one(): Promise<Subject> {
  const { name, value } = await makeUser()
  const foreign = { value: urlOf(encodeURIComponent(name), 'fake-never') }
  return { options: {}, current: { value }, foreign, admits }
}

async function two(): Promise<Subject> {
  const [used, idle] = [await makeUser(), await makeUser()]
  return {
    options: { users: [idle.name, used.name] },
    current: { value: used.value },
    foreign: { value: urlOf(encodeURIComponent(used.name), 'fake-never') },
    admin: admin(),
    admits,
  }
}

const openedOne = (): Promise<Issuer> =>
  oneUser.open({}, { signal: new AbortController().signal, now: () => new Date() })

async function userWith(password: string): Promise<{ name: string; current: Credential }> {
  const name = `letters${(users += 1)}`
  await server.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`)
  return { name, current: { value: urlOf(name, encodeURIComponent(password)) } }
}

/** By libpq, which prepares passwords by itself. */
const psqlAdmits = (user: string, password: string): boolean =>
  spawnSync(
    join(bin ?? '', 'psql'),
    ['-h', '127.0.0.1', '-p', String(server.port), '-U', user, '-c', 'SELECT 1', 'postgres'],
    { env: { PGPASSWORD: password, PGCLIENTENCODING: 'UTF8', LC_ALL: 'C.UTF-8' } },
  ).status === 0

describe.skipIf(bin === undefined)('PostgreSQL', () => {
  choosingDriver(oneUser, one)
  choosingDriver(twoUsers, two)

  test('the server’s log never sees a password: it is told a verifier', async () => {
    const about = await one()
    const signal = new AbortController().signal
    const issuer = await oneUser.open({}, { signal, now: () => new Date(), admin: admin() })
    const made = await issuer.choose?.(about.current)
    if (made?.kind !== 'made') throw new Error('nothing was made')
    await issuer.set?.(made, about.current)
    const log = server.log()
    expect(log).toContain('ALTER ROLE')
    expect(log).not.toContain(accountIn(made.value)?.password)
    expect(await admits(made)).toBe(true)
  })

  test('an admin that signs in where the ref does not point: the ref’s value must be let in there', async () => {
    const line = await cutLine(server.port)
    onTestFinished(() => line.close())
    const signal = new AbortController().signal
    const away = ({ value }: Credential): Credential => ({
      value: Buffer.from(value.toString().replace(`:${server.port}/`, `:${line.port}/`)),
    })
    for (const [driver, about] of [
      [oneUser, await one()],
      [twoUsers, await two()],
    ] as const) {
      const { options, current, foreign } = about
      const issuer = await driver.open(options, { signal, now: () => new Date(), admin: admin() })
      // It may be another server's: there its user of the same name would get another password.
      expect(await issuer.choose?.(away(foreign))).toMatchObject({
        kind: 'refused',
        code: 'CONFIG_INVALID',
        reason: 'admin-elsewhere',
      })
      expect(await issuer.choose?.(away(current))).toMatchObject({ kind: 'made' })
    }
  })

  test.each([
    ['a role', 'GRANT readers'],
    ['a grant of its own', 'GRANT SELECT ON things'],
  ])('two users with different rights are not the same account: %s', async (_, grant) => {
    const about = await two()
    await server.query('DROP ROLE IF EXISTS readers')
    await server.query('CREATE ROLE readers')
    await server.query('CREATE TABLE IF NOT EXISTS things (id int)')
    const [, used = ''] = /\/\/([^:]+):/.exec(about.current.value.toString()) ?? []
    const name = decodeURIComponent(used).replaceAll('"', '""')
    await server.query(`${grant} TO "${name}"`)
    const signal = new AbortController().signal
    const issuer = await twoUsers.open(about.options, {
      signal,
      now: () => new Date(),
      admin: admin(),
    })
    const made = await issuer.choose?.(about.current)
    if (made?.kind !== 'made') throw new Error('nothing was made')
    await issuer.set?.(made, about.current)
    const [old, fresh] = [await issuer.try(about.current), await issuer.try(made)]
    expect([old.kind, fresh.kind]).toEqual(['valid', 'valid'])
    expect(old).not.toEqual(fresh)
  })

  describe('a password of other letters than ASCII’s', () => {
    test.each(['fäke-wörd-ñ', 'фиктивный-пароль', '偽のパスワード', 'fake-\u{1F511}-key'])(
      'is set again when its rotation is undone: %s',
      async (password) => {
        const { name, current } = await userWith(password)
        const issuer = await openedOne()
        const next = await issuer.choose?.(current)
        if (next?.kind !== 'made') throw new Error('nothing was made')
        expect(await issuer.set?.(next, current)).toEqual({ kind: 'ok' })
        expect(await server.admits(name, password)).toBe(false)
        expect(await issuer.set?.(current, next)).toEqual({ kind: 'ok' })
        expect(await server.admits(name, password)).toBe(true)
        expect(psqlAdmits(name, password)).toBe(true)
        expect(psqlAdmits(name, `${password}x`)).toBe(false)
      },
    )

    test.each([
      ['letters and their marks apart', 'fa\u0308ke-word'],
      ['a space that is not ASCII’s', 'fake\u00A0word'],
      ['a hyphen that is not shown', 'fake\u00ADword'],
      ['letters of another width', '\uFF46\uFF41\uFF4B\uFF45'],
    ])('that the server keeps as another one is not replaced: %s', async (_, password) => {
      const { name, current } = await userWith(password)
      const issuer = await openedOne()
      expect(await issuer.choose?.(current)).toMatchObject({
        kind: 'refused',
        reason: 'unfit-password',
      })
      expect(psqlAdmits(name, password)).toBe(true)
    })
  })

  test('an answer that is lost is unknown; asked again, it is done', async () => {
    const about = await one()
    const line = await cutLine(server.port, 'ALTER ROLE')
    onTestFinished(() => line.close())
    const url = about.current.value.toString().replace(`:${server.port}/`, `:${line.port}/`)
    const current = { value: Buffer.from(url) }
    const signal = new AbortController().signal
    const issuer = await oneUser.open({}, { signal, now: () => new Date() })
    const next = await issuer.choose?.(current)
    if (next?.kind !== 'made') throw new Error('nothing was made')
    expect(await issuer.set?.(next, current)).toMatchObject({ kind: 'unknown' })
    expect(await admits(next)).toBe(true)
    expect(await issuer.set?.(next, current)).toEqual({ kind: 'ok' })
  })

  test('off this machine, or where a CA is named, there is no way without TLS', async () => {
    const { current } = await one()
    const signal = new AbortController().signal
    const value = Buffer.from(current.value.toString().replace('127.0.0.1', 'localhost'))
    const issuer = await oneUser.open({}, { signal, now: () => new Date() })
    expect(await issuer.try({ value })).toMatchObject({
      kind: 'refused',
      reason: 'no-tls',
    })
  })

  test('a server that is gone is an outage, and no answer about the credential', async () => {
    const signal = new AbortController().signal
    const issuer = await oneUser.open({}, { signal, now: () => new Date() })
    const value = Buffer.from('postgresql://app:fake-word@127.0.0.1:1/postgres')
    expect(await issuer.try({ value })).toMatchObject({ kind: 'unavailable' })
  })
})
