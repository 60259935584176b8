/** Against a real MariaDB; what MySQL is told is seen by a fake of it. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Credential, Issuer } from '../../../../src/values/rotator/driver.ts'
import { accountIn as accountOf } from '../../../../src/values/rotator/drivers/database/url.ts'
import { driver as oneUser } from '../../../../src/values/rotator/drivers/mysql.ts'
import { driver as twoUsers } from '../../../../src/values/rotator/drivers/mysql-users.ts'
import { MYSQL } from '../../../../src/values/rotator/drivers/mysql/database.ts'
import { fakeMysql } from '../../../fakes/mysql.ts'
import { cutLine } from '../../../servers/cut.ts'
import { hasMariadb, startMariadb, type Mariadb } from '../../../servers/mariadb.ts'
import { choosingDriver, type Subject } from './conformance.ts'

const there = hasMariadb('rotation of MariaDB users')
let server: Mariadb
let users = 0
const accountIn = (value: Buffer): ReturnType<typeof accountOf> => accountOf(value, MYSQL)

beforeAll(async () => {
  if (there) server = await startMariadb()
})
afterAll(() => server?.stop())

const urlOf = (user: string, password: string, host = '127.0.0.1', port = server.port): Buffer =>
  Buffer.from(`mysql://${encodeURIComponent(user)}:${password}@${host}:${port}/?charset=utf8mb4`)

const admin = (): Buffer => urlOf(server.user, server.password)

async function admits({ value }: Credential): Promise<boolean> {
  const account = accountIn(value)
  return account !== undefined && server.admits(account.user, account.password)
}

async function makeUser(): Promise<{ name: string; value: Buffer }> {
  const name = `app \`'"${(users += 1)}`
  const password = ['fake', 'first', String(users)].join('-')
  await server.query(`CREATE USER ${quoted(name)}@'%' IDENTIFIED BY '${password}'`)
  return { name, value: urlOf(name, password) }
}

/** Of one that `makeUser` has made. */
const passwordOf = (name: string): string =>
  ['fake', 'first', String(/\d+$/.exec(name)?.[0])].join('-')

const hashOf = async (account: string): Promise<string> =>
  JSON.stringify(await server.query(`SHOW CREATE USER ${account}`))

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``

async function one(): Promise<Subject> {
  const { name, value } = await makeUser()
  return { options: {}, current: { value }, foreign: { value: urlOf(name, 'fake-never') }, admits }
}

async function two(): Promise<Subject & { names: string[] }> {
  const [used, idle] = [await makeUser(), await makeUser()]
  return {
    options: { users: [idle.name, used.name] },
    current: { value: used.value },
    foreign: { value: urlOf(used.name, 'fake-never') },
    admin: admin(),
    admits,
    names: [used.name, idle.name],
  }
}

function open(about: Pick<Subject, 'options' | 'admin'>, driver = oneUser): Promise<Issuer> {
  const signal = new AbortController().signal
  const { options, admin: by } = about
  return driver.open(options, { signal, now: () => new Date(), ...(by && { admin: by }) })
}

async function chosen(issuer: Issuer, current: Credential): Promise<Credential> {
  const made = await issuer.choose?.(current)
  if (made?.kind !== 'made') throw new Error('nothing was made')
  return made
}

/** Its value is of an account that is let in by another one, and there is one more of its name. */
async function stale(): Promise<{ user: string; current: Credential; next: Credential }> {
  const user = `stale${(users += 1)}`
  await server.query(`CREATE USER ${user}@'127.0.0.1' IDENTIFIED BY 'fake-newer'`)
  await server.query(`CREATE USER ${user}@'%' IDENTIFIED BY 'fake-somebody-elses'`)
  const [current, next] = [urlOf(user, 'fake-stale'), urlOf(user, 'fake-next')]
  return { user, current: { value: current }, next: { value: next } }
}

describe.skipIf(!there)('MariaDB', () => {
  choosingDriver(oneUser, one)
  choosingDriver(twoUsers, two)

  test('neither its general nor its binary log sees a password: it is told a hash', async () => {
    const about = await one()
    for (const by of [undefined, admin()]) {
      const issuer = await open({ options: {}, ...(by && { admin: by }) })
      const next = await chosen(issuer, about.current)
      expect(await issuer.set?.(next, about.current)).toEqual({ kind: 'ok' })
      expect(server.logs()).toContain('SET PASSWORD')
      expect(server.logs()).not.toContain(accountIn(next.value)?.password)
      expect(await about.admits(next)).toBe(true)
      about.current = next
    }
  })

  test('a user of another plugin stays what it is: that is refused, and said so', async () => {
    await server.query("INSTALL SONAME 'auth_ed25519'")
    await server.query(`CREATE USER ed IDENTIFIED VIA ed25519 USING PASSWORD('fake-first')`)
    const before = await server.query('SHOW CREATE USER ed')
    const current = { value: urlOf('ed', 'fake-first') }
    const next = { value: urlOf('ed', 'fake-next') }
    const refused = { kind: 'refused', reason: 'unfit-user' }
    for (const options of [{}, { userHost: '%' }]) {
      const issuer = await open({ options, admin: admin() })
      expect(await issuer.choose?.(current)).toMatchObject(refused)
      expect(await issuer.set?.(next, current)).toMatchObject(refused)
    }
    expect(await server.query('SHOW CREATE USER ed')).toEqual(before)
  })

  describe('of several accounts with one user name', () => {
    test('the one that the value is let in as is changed, and no other, by an admin or by itself', async () => {
      await server.query("CREATE USER twice@'127.0.0.1' IDENTIFIED BY 'fake-first'")
      await server.query("CREATE USER twice@'%' IDENTIFIED BY 'fake-first'")
      const other = await hashOf("twice@'%'")
      let current: Credential = { value: urlOf('twice', 'fake-first') }
      for (const by of [{ admin: admin() }, {}, { admin: admin() }]) {
        const issuer = await open({ options: {}, ...by })
        const next = await chosen(issuer, current)
        expect(await issuer.set?.(next, current)).toEqual({ kind: 'ok' })
        // Its answer was lost, and it comes again.
        expect(await issuer.set?.(next, current)).toEqual({ kind: 'ok' })
        expect(await admits(next)).toBe(true)
        expect(await admits(current)).toBe(false)
        expect(await hashOf("twice@'%'")).toBe(other)
        current = next
      }
    })

    test('where the config says another host, neither is', async () => {
      await server.query("CREATE USER stated@'127.0.0.1' IDENTIFIED BY 'fake-first'")
      await server.query("CREATE USER stated@'%' IDENTIFIED BY 'fake-first'")
      const both = [await hashOf("stated@'127.0.0.1'"), await hashOf("stated@'%'")]
      const current = { value: urlOf('stated', 'fake-first') }
      const issuer = await open({ options: { userHost: '%' }, admin: admin() })
      const refused = { kind: 'refused', reason: 'user-elsewhere' }
      expect(await issuer.choose?.(current)).toMatchObject(refused)
      const next = { value: urlOf('stated', 'fake-next') }
      expect(await issuer.set?.(next, current)).toMatchObject(refused)
      expect([await hashOf("stated@'127.0.0.1'"), await hashOf("stated@'%'")]).toEqual(both)
    })
  })

  describe('where the value is let in as nobody, and an admin acts', () => {
    test('no account is guessed: nothing is chosen, set or undone, and one of the same name keeps its password', async () => {
      const { user, current, next } = await stale()
      const accounts = [`${user}@'127.0.0.1'`, `${user}@'%'`]
      const before = await Promise.all(accounts.map(hashOf))
      const issuer = await open({ options: {}, admin: admin() })
      const refused = { kind: 'refused', code: 'CONFIG_INVALID', reason: 'user-unplaced' }
      expect(await issuer.choose?.(current)).toMatchObject(refused)
      expect(await issuer.set?.(next, current)).toMatchObject(refused)
      expect(await issuer.set?.(current, next)).toMatchObject(refused)
      expect(await Promise.all(accounts.map(hashOf))).toEqual(before)
    })

    test('of two users in turn neither is guessed', async () => {
      const { user, current } = await stale()
      const idle = await makeUser()
      const before = await hashOf(`${quoted(idle.name)}@'%'`)
      const about = { options: { users: [user, idle.name] }, admin: admin() }
      const issuer = await open(about, twoUsers)
      const refused = { kind: 'refused', reason: 'user-unplaced' }
      expect(await issuer.choose?.(current)).toMatchObject(refused)
      const next = { value: urlOf(idle.name, 'fake-next') }
      expect(await issuer.set?.(next, current)).toMatchObject(refused)
      // A password that opens nothing is as good as ended; whose it was is not guessed either.
      expect(await issuer.end?.(current, next)).toEqual({ kind: 'ok' })
      expect(await hashOf(`${quoted(idle.name)}@'%'`)).toBe(before)
      expect(await admits({ value: urlOf(user, 'fake-newer') })).toBe(true)
    })

    test('where the config says the host, that account is set', async () => {
      const { user, current } = await stale()
      const other = await hashOf(`${user}@'%'`)
      const issuer = await open({ options: { userHost: '127.0.0.1' }, admin: admin() })
      const next = await chosen(issuer, current)
      expect(await issuer.set?.(next, current)).toEqual({ kind: 'ok' })
      expect(await admits(next)).toBe(true)
      expect(await hashOf(`${user}@'%'`)).toBe(other)
    })

    test('an outage is one, and no word about the account', async () => {
      const { user, next } = await stale()
      const issuer = await open({ options: {}, admin: admin() })
      const current = { value: urlOf(user, 'fake-newer', '127.0.0.1', 1) }
      expect(await issuer.choose?.(current)).toMatchObject({ kind: 'unavailable' })
      const away = { value: urlOf(user, 'fake-next', '127.0.0.1', 1) }
      expect(await issuer.set?.(away, current)).toMatchObject({ kind: 'unavailable' })
      expect(await admits(next)).toBe(false)
    })
  })

  test('two users of one host are told apart by ending one twice, by an admin', async () => {
    const about = await two()
    const issuer = await open(about, twoUsers)
    const next = await chosen(issuer, about.current)
    expect(await issuer.set?.(next, about.current)).toEqual({ kind: 'ok' })
    for (const _ of [1, 2]) {
      expect(await issuer.end?.(about.current, next)).toEqual({ kind: 'ok' })
      expect(await admits(about.current)).toBe(false)
    }
    expect(await admits(next)).toBe(true)
  })

  test('the account itself may not be its admin', async () => {
    const about = await one()
    const issuer = await open({ options: {}, admin: about.current.value })
    expect(await issuer.choose?.(about.current)).toMatchObject({
      kind: 'refused',
      reason: 'admin-itself',
    })
  })

  test('of two users in turn neither may be the admin', async () => {
    const about = await two()
    for (const user of about.names) {
      const issuer = await open({ ...about, admin: urlOf(user, passwordOf(user)) }, twoUsers)
      expect(await issuer.choose?.(about.current)).toMatchObject({
        kind: 'refused',
        reason: 'admin-itself',
      })
    }
  })

  test('two users with different rights are not the same account', async () => {
    const about = await two()
    const issuer = await open(about, twoUsers)
    const next = await chosen(issuer, about.current)
    await issuer.set?.(next, about.current)
    const same = [await issuer.try(about.current), await issuer.try(next)]
    expect(same[0]).toEqual(same[1])
    await server.query(`GRANT SELECT ON mysql.* TO ${quoted(about.names[0] ?? '')}@'%'`)
    const [old, fresh] = [await issuer.try(about.current), await issuer.try(next)]
    expect([old.kind, fresh.kind]).toEqual(['valid', 'valid'])
    expect(old).not.toEqual(fresh)
  })

  test('without the rights for the other one it is a no, and nothing has changed', async () => {
    const about = await two()
    const issuer = await open({ options: about.options }, twoUsers)
    const next = await chosen(issuer, about.current)
    expect(await issuer.set?.(next, about.current)).toMatchObject({
      kind: 'refused',
      code: 'PROVIDER_DENIED',
      reason: 'not-permitted',
    })
    expect(await admits(next)).toBe(false)
  })

  test('an answer that is lost is unknown; asked again, it is done', async () => {
    const about = await one()
    const line = await cutLine(server.port, 'SET PASSWORD')
    onTestFinished(() => line.close())
    const through = (value: Buffer): Buffer =>
      Buffer.from(value.toString().replace(`:${server.port}/`, `:${line.port}/`))
    const current = { value: through(about.current.value) }
    const issuer = await open({ options: {} })
    const next = await chosen(issuer, current)
    expect(await issuer.set?.(next, current)).toMatchObject({ kind: 'unknown' })
    expect(await admits(next)).toBe(true)
    expect(await issuer.set?.(next, current)).toEqual({ kind: 'ok' })
  })

  test('TLS: who signed the certificate is looked at, and whom it names', async () => {
    const about = await one()
    const account = accountIn(about.current.value)
    const at = (host: string): Credential => ({
      value: urlOf(account?.user ?? '', account?.password ?? '', host),
    })
    const ask = async (caCert?: string, host = 'localhost'): Promise<unknown> =>
      (await open({ options: caCert === undefined ? {} : { caCert } })).try(at(host))
    expect(await ask(server.ca)).toMatchObject({ kind: 'valid' })
    expect(await ask()).toMatchObject({ kind: 'refused', reason: 'certificate' })
    expect(await ask('/no/such/ca.pem')).toMatchObject({ kind: 'refused', code: 'CONFIG_INVALID' })
    await server.named('elsewhere.test')
    expect(await ask(server.ca)).toMatchObject({ kind: 'refused', reason: 'certificate' })
  })
})

test('MySQL is told the password itself, which it keeps out of its logs; quoted for every mode', async () => {
  const server8 = await fakeMysql('10.%')
  onTestFinished(() => server8.stop())
  const issuer = await open({ options: {} })
  const current = { value: urlOf('app', 'fake%27\\%5C', '127.0.0.1', server8.port) }
  const next = await chosen(issuer, current)
  expect(await issuer.set?.(next, current)).toEqual({ kind: 'ok' })
  expect(await issuer.set?.(current, next)).toEqual({ kind: 'ok' })
  const password = accountIn(next.value)?.password ?? ''
  expect(server8.statements.filter((sql) => !sql.startsWith('SELECT'))).toEqual([
    "SET SESSION sql_mode = ''",
    `ALTER USER USER() IDENTIFIED BY '${password}'`,
    "SET SESSION sql_mode = ''",
    String.raw`ALTER USER USER() IDENTIFIED BY 'fake\'\\\\'`,
  ])
  const by = await open({
    options: {},
    admin: urlOf('dba', 'fake-word', '127.0.0.1', server8.port),
  })
  await by.set?.(next, current)
  expect(server8.statements.at(-1)).toBe(`ALTER USER \`app\`@\`10.%\` IDENTIFIED BY '${password}'`)
})

test('a server that is gone is an outage, and no answer about the credential', async () => {
  const issuer = await open({ options: {} })
  const value = urlOf('app', 'fake-word', '127.0.0.1', 1)
  expect(await issuer.try({ value })).toMatchObject({ kind: 'unavailable' })
})
