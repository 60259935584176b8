/** How often a start signs in where its refs come to one provider along different chains. */
import { expect, test } from 'vitest'
import { fetchAll } from '../../../src/values/resolver/fetch.ts'
import { fakeVault } from '../../fakes/vault.ts'
import { item, named, sheetOf } from './sheets.ts'

test('once a start, however its refs come to it', async () => {
  const fake = await fakeVault({ value: 'fake' })
  const sheet = sheetOf(
    '/nowhere',
    {
      down: { type: 'vault', options: { address: 'http://127.0.0.1:1' } },
      vault: { type: 'vault', options: { address: fake.url } },
    },
    [
      item('first', [named('a', 'vault')]),
      item('second', [named('b', 'down'), named('b', 'vault')]),
    ],
  )
  const env = new Map([
    ['VAULT_ROLE_ID', Buffer.from('fake-role')],
    ['VAULT_SECRET_ID', Buffer.from('fake-secret-id')],
  ])
  const held = await fetchAll(sheet, env, () => 'fake', new AbortController().signal)
  expect(held.map(({ report }) => report.outcome)).toEqual(['value', 'value'])
  expect(fake.count('POST /v1/auth/approle/login')).toBe(1)
})
