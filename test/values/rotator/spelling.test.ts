/** Whether other bytes are another credential. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { driver as awsIam } from '../../../src/values/rotator/drivers/aws-iam.ts'
import { twoUsers, type Database } from '../../../src/values/rotator/drivers/database/users.ts'
import type { Issuer } from '../../../src/values/rotator/driver.ts'
import { mayBeOne } from '../../../src/values/rotator/spelling.ts'

const ANY: Pick<Issuer, 'same'> = {}
const CONTEXT = { signal: new AbortController().signal, now: () => new Date() }

function key(id: string, space = ''): Buffer {
  return Buffer.from(
    `{"AccessKeyId":${space}"AKIAFAKE0000000${id}","SecretAccessKey":"fake0fake0fake0fake0"}`,
  )
}

function url(user: string, password: string): Buffer {
  return Buffer.from(`postgresql://${user}:${password}@localhost/db`)
}

test('property: two words are two, whatever space is around them', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9._~+/=-]{1,40}$/)
  const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/)
  fc.assert(
    fc.property(word, word, space, space, (one, other, before, after) => {
      const padded = Buffer.from(before + other + after)
      expect(mayBeOne(ANY, Buffer.from(one), padded)).toBe(one === other)
    }),
  )
})

test('of what has parts it is not known', () => {
  for (const parts of ['{"a":1}', 'a b', 'postgresql://u:p@h/d?x=1', 'a,b', 'ключ', '\0']) {
    expect(mayBeOne(ANY, Buffer.from('word'), Buffer.from(parts))).toBe(true)
  }
})

test('an access key is told by its id', async () => {
  const issuer = await awsIam.open({}, CONTEXT)
  expect(mayBeOne(issuer, key('1'), key('1', ' '))).toBe(true)
  expect(mayBeOne(issuer, key('1'), key('2'))).toBe(false)
  expect(mayBeOne(issuer, key('1'), Buffer.from('fake'))).toBe(true)
})

test('of two users, one is told by its name: whatever its password is, no other one lives', () => {
  const database: Database = {
    form: { protocol: /^postgresql:$/, port: 5432 },
    signIn: async () => ({ kind: 'signed-in', name: 'n' }),
    rightsOf: async () => ({ kind: 'signed-in', name: 'n', rights: '' }),
    alter: async () => ({ kind: 'ok' }),
  }
  const issuer = twoUsers(database, ['one', 'two'], {})
  expect(mayBeOne(issuer, url('one', 'fake-a'), url('one', 'fake-b'))).toBe(true)
  expect(mayBeOne(issuer, url('one', 'fake-a'), url('two', 'fake-a'))).toBe(false)
  expect(mayBeOne(issuer, url('one', 'fake-a'), Buffer.from('fake'))).toBe(true)
})
