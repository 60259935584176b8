/** What a ref's `rotate` may not say. */
import { describe, expect, test } from 'vitest'
import { load, refusal } from '../helpers.ts'

const withEntry = (entry: object): object => ({
  secrets: {
    providers: {
      db: { type: 'vault', engine: 'dynamic', mount: 'database' },
      old: { type: 'vault', kv: 1 },
    },
  },
  openclaw: { gateway: { secrets: { refMap: { 'db-url': entry } } } },
})
const withRotate = (rotate: object): object => withEntry({ provider: 'store', rotate })
const AT = ['openclaw', 'gateway', 'secrets', 'refMap', 'db-url', 'rotate']

test.each([
  ['no driver at all', { before: '7d', every: '90d', window: 'Sun 02:00-05:00 Europe/Berlin' }],
  ['a driver with its options', { driver: 'postgres-users', users: ['one', 'two'], grace: '2h' }],
  ['another credential to act by', { driver: 'postgres', admin: { secretRef: 'db-admin' } }],
])('%s is understood', async (_, rotate) => {
  const { config, warnings } = await load(withRotate(rotate))
  expect(config.openclaw?.gateway?.secrets?.refMap?.['db-url']?.rotate).toEqual(rotate)
  expect(warnings).toEqual([])
})

describe('is a mistake with its place:', () => {
  test.each([
    ['a driver that does not exist', { driver: 'postgras' }, ['driver']],
    ['an option of another driver', { driver: 'generate', users: ['one', 'two'] }, ['users']],
    ['a duration in words', { before: 'a week' }, ['before']],
    ['a window that is none', { window: 'Sun 25:00-26:00' }, ['window']],
    ['a window in no zone', { window: '01:00-02:00 Europe/Atlantis' }, ['window']],
    ['itself to act by', { admin: { secretRef: 'db-url' } }, ['admin', 'secretRef']],
  ])('%s', async (_, rotate, place) => {
    const { problems } = await refusal(withRotate(rotate))
    expect(problems).toMatchObject([{ code: 'CONFIG_INVALID', at: [...AT, ...place] }])
    expect(problems[0]?.hint ?? problems[0]?.message).toBeDefined()
  })

  test.each([
    ['a provider that nobody can write to', { provider: 'env' }],
    ['what an engine makes', { provider: 'db', path: 'readonly' }],
    ['an engine that compares nothing', { provider: 'old', path: 'db' }],
    ['one version for ever', { provider: 'vault', path: 'db', version: '3' }],
  ])('%s', async (_, entry) => {
    const { problems } = await refusal(withEntry({ ...entry, rotate: { every: '90d' } }))
    expect(problems).toMatchObject([{ code: 'CONFIG_INVALID', at: AT }])
  })
})

test('a value in the place of the ref to act by is a credential in plain text', async () => {
  const value = ['sk', 'live', '51FAKEfakeFAKEfake0000'].join('_')
  const { problems } = await refusal(withRotate({ admin: value }))
  expect(problems[0]).toMatchObject({ code: 'HARDCODED_CREDENTIAL', at: [...AT, 'admin'] })
})
