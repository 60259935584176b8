/** Passwords of databases from plan to end, against real servers: whatever is killed, the ref's alone works. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Rotator } from '../../../src/gateway/rotate/rotator.ts'
import type { Rotation } from '../../../src/rotation/types.ts'
import { hasMariadb, startMariadb, type Mariadb } from '../../servers/mariadb.ts'
import { hasRedis, startRedis, type Redis } from '../../servers/redis.ts'
import { Stage, type Kill } from './stage.ts'

const there = {
  mariadb: hasMariadb('whole rotations of MariaDB users'),
  redis: hasRedis('whole rotations of Redis users'),
}
let mariadb: Mariadb
let redis: Redis
let users = 0

beforeAll(async () => {
  if (there.mariadb) mariadb = await startMariadb()
  if (there.redis) redis = await startRedis()
}, 30_000)
afterAll(() => Promise.all([mariadb?.stop(), redis?.stop()]))

/** The steps at which a server and we may know different things. */
const MATRIX: readonly (Kill | undefined)[] = [
  undefined,
  { action: 'set', when: 'after' },
  { action: 'promote', when: 'after' },
  { action: 'retire', when: 'after' },
]

const nameOf = (kill: Kill | undefined): string =>
  kill === undefined ? 'nothing is killed' : `killed ${kill.when} ${kill.action}`

async function rotated(stage: Stage, kill: Kill | undefined): Promise<URL> {
  if (kill !== undefined) await stage.attempt(kill)
  let rotation: Rotation | undefined
  for (let tries = 0; rotation?.step !== 'done' && tries < 12; tries += 1) {
    rotation = (await stage.attempt()).rotation
  }
  expect(rotation?.step).toBe('done')
  return new URL((await stage.current()).value)
}

const FIRST = ['fake', 'first', 'word'].join('-')

describe.skipIf(!there.mariadb)('a user of MariaDB', () => {
  test.each(MATRIX.map((kill) => [nameOf(kill), kill] as const))('%s', async (_, kill) => {
    const user = `app${(users += 1)}`
    await mariadb.query(`CREATE USER ${user} IDENTIFIED BY '${FIRST}'`)
    const url = `mysql://${user}:${FIRST}@127.0.0.1:${mariadb.port}/`
    const stage = await Stage.make({ type: 'mysql', class: 'chosen', options: {} }, url)
    const { password } = await rotated(stage, kill)
    expect(await mariadb.admits(user, password)).toBe(true)
    expect(await mariadb.admits(user, FIRST)).toBe(false)
  })
})

const rotating = async (user: string, host: string): Promise<Stage> => {
  const url = (name: string, word: string): string =>
    `mysql://${name}:${word}@${host}:${mariadb.port}/`
  const stage = await Stage.make({ type: 'mysql', class: 'chosen', options: {} }, url(user, FIRST))
  const at = { path: 'admin' }
  const admin = Buffer.from(url(mariadb.user, mariadb.password))
  await stage.session.put?.(at, admin, { expect: 'absent', operation: 'admin' })
  const { provider, type, options } = stage.order
  Object.assign(stage.order, { admin: { provider, type, options, at } })
  return stage
}

describe.skipIf(!there.mariadb)('one user of MariaDB, named by two refs, with an admin', () => {
  test.each(['while it is rotated by the first', 'when that is over'])(
    'the second one is refused: %s',
    async (how) => {
      const user = `app${(users += 1)}`
      await mariadb.query(`CREATE USER ${user} IDENTIFIED BY '${FIRST}'`)
      const first = await rotating(user, '127.0.0.1')
      const second = await rotating(user, 'localhost')
      // In one home, and so of another name.
      const again = { expect: '1', operation: 'again' }
      const value = Buffer.from((await second.current()).value)
      await second.session.put?.(second.at, value, again)
      Object.assign(second.order, { staging: first.order.staging, from: '2' })
      await first.attempt(
        how === 'when that is over' ? undefined : { action: 'set', when: 'after' },
      )
      expect((await second.attempt()).rotation).toMatchObject({ failures: 1, reason: 'refused' })
      if (how !== 'when that is over') await rotated(first, undefined)
      const { username, password } = new URL((await first.current()).value)
      expect(password).not.toBe(FIRST)
      expect(await mariadb.admits(username, password)).toBe(true)
    },
  )
})

describe.skipIf(!there.redis)('a user of Redis', () => {
  test.each(MATRIX.map((kill) => [nameOf(kill), kill] as const))('%s', async (_, kill) => {
    const user = `app${(users += 1)}`
    await redis.ask('ACL', 'SETUSER', user, 'on', `>${FIRST}`, '+@all')
    const url = `redis://${user}:${FIRST}@127.0.0.1:${redis.port}`
    const stage = await Stage.make({ type: 'redis', class: 'slots', options: {} }, url)
    const { password } = await rotated(stage, kill)
    expect(await redis.admits(user, password)).toBe(true)
    expect(await redis.admits(user, FIRST)).toBe(false)
    expect(await redis.passwords(user)).toBe(1)
  })

  test('its admin is replaced after the rotator has fetched it: it is fetched again', async () => {
    const [user, admin] = [`app${(users += 1)}`, `dba${users}`]
    for (const one of [user, admin]) {
      await redis.ask('ACL', 'SETUSER', one, 'on', `>${FIRST}`, '+@all')
    }
    const urlOf = (one: string, word: string): string =>
      `redis://${one}:${word}@127.0.0.1:${redis.port}`
    const stage = await Stage.make(
      { type: 'redis', class: 'slots', options: {} },
      urlOf(user, FIRST),
    )
    const at = { path: 'admin' }
    const put = (word: string): unknown =>
      stage.session.put?.(at, Buffer.from(urlOf(admin, word)), { expect: 'any', operation: word })
    await put(FIRST)
    const { provider, type, options } = stage.order
    const rotator = new Rotator({
      ...stage.order,
      rotation: { id: 'r1', class: 'slots' },
      admin: { provider, type, options, at },
    })
    onTestFinished(() => rotator.dismiss())
    expect(await rotator.does('stage')).toMatchObject({ result: 'ok' })
    const second = ['fake', 'second', 'word'].join('-')
    await redis.ask('ACL', 'SETUSER', admin, 'resetpass', `>${second}`)
    expect(await rotator.does('set')).toMatchObject({
      result: 'refused',
      code: 'PROVIDER_DENIED',
      reason: 'login-denied',
    })
    await put(second)
    expect(await rotator.does('set')).toMatchObject({ result: 'ok' })
    expect(await redis.passwords(user)).toBe(2)
  })
})
