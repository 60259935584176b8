/** What a ref's `rotate` may not say. */
import { describe, expect, test } from 'vitest'
import { load, refusal } from '../helpers.ts'

const withEntry = (entry: object, more: object = {}): object => ({
  secrets: {
    providers: {
      db: { type: 'vault', engine: 'dynamic', mount: 'database' },
      old: { type: 'vault', kv: 1 },
    },
  },
  openclaw: { gateway: { secrets: { refMap: { 'db-url': entry, ...more } } } },
})
const withRotate = (rotate: object): object => withEntry({ provider: 'store', rotate })
const AT = ['openclaw', 'gateway', 'secrets', 'refMap', 'db-url', 'rotate']

test.each([
  ['no driver at all', { before: '7d', every: '90d', window: 'Sun 02:00-05:00 Europe/Berlin' }],
  ['a driver with its options', { driver: 'postgres-users', users: ['one', 'two'], grace: '2h' }],
  ['another credential to act by', { driver: 'postgres', admin: { secretRef: 'db-admin' } }],
])('%s is understood', async (_, rotate) => {
  const admin = { 'db-admin': { provider: 'store' } }
  const { config, warnings } = await load(withEntry({ provider: 'store', rotate }, admin))
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

test.each([
  ['Sunday 02:00-05:00', '"Sunday" names no days of the week', 'Mon, Tue'],
  ['Mon-Fr 02:00-05:00 UTC', '"Mon-Fr" names no days of the week', 'Mon-Fri'],
  ['Sun 25:00-26:00', '"25:00" is no time of day here', '24:00'],
  ['02:00-05:61', '"05:61" is no time of day here', '24:00'],
  ['24:00-02:00', '"24:00" is no time of day here', '00:00'],
  ['02:00-02:00', '"02:00-02:00" ends when it begins', 'leave "window" out'],
  ['02:00-05:00 Europe/Berlim', '"Europe/Berlim" is no time zone', 'did you mean "Europe/Berlin"?'],
  ['02:00-05:00 Mars/Olympus', '"Mars/Olympus" is no time zone', 'IANA'],
  ['Sun 2-5', 'this is no window of time', 'Sun 02:00-05:00'],
])('what is wrong with the window "%s" is named', async (window, message, hint) => {
  const { problems } = await refusal(withRotate({ window }))
  expect(problems).toMatchObject([
    { at: [...AT, 'window'], message: expect.stringContaining(message) },
  ])
  expect(problems[0]?.hint).toContain(hint)
})

test('a value that was pasted in the place of a zone is not shown', async () => {
  const value = ['sk', 'live', '51FAKEfakeFAKEfake0000'].join('_')
  const { problems } = await refusal(withRotate({ window: `02:00-05:00 ${value}` }))
  expect(JSON.stringify(problems)).not.toContain(value)
})

describe('a rotating program is given no credential in plain text:', () => {
  const program = { driver: 'exec', class: 'issued', command: '/bin/x' }
  test.each([
    ['a variable', { env: { API_TOKEN: 'fake', API: 'https://x' } }, ['env', 'API_TOKEN']],
    ['a provider’s variable', { env: { VAULT_TOKEN: 'fake' } }, ['env', 'VAULT_TOKEN']],
    ['an option', { args: ['-v', '--password=fake'] }, ['args', 1]],
    ['what follows an option', { args: ['--api-key', 'fake'] }, ['args', 1]],
  ])('%s', async (_, fields, place) => {
    const { problems } = await refusal(withRotate({ ...program, ...fields }))
    expect(problems).toMatchObject([
      {
        code: 'HARDCODED_CREDENTIAL',
        at: [...AT, ...place],
        hint: expect.stringContaining('"admin"'),
      },
    ])
    expect(JSON.stringify(problems)).not.toContain('fake')
  })

  test('what is none is fine', async () => {
    const fields = { env: { API: 'https://x', LOG: 'warn' }, args: ['--secret=name', '-v'] }
    await load(withRotate({ ...program, ...fields }))
  })
})

test.each([
  [{ service: 'stripe-secret-kye' }, 'did you mean "stripe-secret-key"?'],
  [{ driver: 'guided', service: 'stripe' }, 'this service has: stripe-'],
  [{ driver: 'guided', service: 'no-such-thing-at-all' }, 'secretref targets list'],
])('a service that the catalogue does not have: %o', async (rotate, hint) => {
  const { problems } = await refusal(withRotate(rotate))
  expect(problems).toMatchObject([
    {
      code: 'CONFIG_INVALID',
      at: [...AT, 'service'],
      message: 'the catalogue has no target of this id',
      hint: expect.stringContaining(hint),
    },
  ])
})

test('one that it has is fine', async () => {
  await load(withRotate({ driver: 'guided', service: 'stripe-secret-key', every: '90d' }))
})

const users = (driver: string): object => ({ driver, users: ['app', 'app'] })

describe('what could never be meant', () => {
  test.each([
    ['one user twice', users('postgres-users'), ['users', 1], 'both users are the same'],
    ['one user twice, of MySQL', users('mysql-users'), ['users', 1], 'both users are the same'],
    [
      'an age below the time before its end',
      { every: '1d', before: '2d' },
      ['before'],
      '"before" is not shorter than "every"',
    ],
    ['both alike', { every: '48h', before: '2d' }, ['before'], 'is not shorter'],
    [
      'nobody to act by',
      { admin: { secretRef: 'nope' } },
      ['admin', 'secretRef'],
      'nothing says where "nope" lies',
    ],
    [
      'a time of too many digits',
      { every: '999999d' },
      ['every'],
      'is too long: a length of time has at most five digits',
    ],
  ])('%s is a mistake that is named', async (_, rotate, place, message) => {
    const { problems } = await refusal(withRotate(rotate))
    expect(problems).toMatchObject([
      { severity: 'error', at: [...AT, ...place], message: expect.stringContaining(message) },
    ])
  })

  test('the name of who is to act is compared with those that there are', async () => {
    const rotate = { driver: 'postgres', admin: { secretRef: 'db-admn' } }
    const admin = { 'db-admin': { provider: 'store' } }
    const { problems } = await refusal(withEntry({ provider: 'store', rotate }, admin))
    expect(problems[0]?.hint).toContain('did you mean "db-admin"?')
  })

  test('with one provider alone the admin may be there: a warning, and none where it is bound', async () => {
    const rotate = { driver: 'postgres', admin: { secretRef: 'nope' } }
    const refMap = { 'db-url': { provider: 'store', rotate } }
    const config = {
      secrets: { providers: { store: {} } },
      openclaw: { gateway: { secrets: { refMap } } },
    }
    const { warnings } = await load(config)
    expect(warnings).toMatchObject([
      {
        severity: 'warning',
        at: [...AT, 'admin', 'secretRef'],
        message: expect.stringContaining('placed nowhere and bound by nobody'),
      },
    ])
    const slots = { c: { secretRef: 'nope' } }
    const agents = { a: { 'tool-bindings': { t: { credentials: slots } } } }
    expect((await load({ ...config, agents })).warnings).toEqual([])
  })

  test.each([
    ['generate', {}],
    ['postgres', {}],
    ['postgres-users', { users: ['one', 'two'] }],
    ['aws-iam', {}],
  ])('an end that nobody states makes nothing due by %s', async (driver, options) => {
    const rotate = { driver, before: '7d', ...options }
    const { warnings } = await load(withRotate(rotate))
    expect(warnings).toMatchObject([
      {
        severity: 'warning',
        at: [...AT, 'before'],
        message: expect.stringContaining('"before" makes nothing due'),
      },
    ])
    const stated = { provider: 'store', expiresAt: '2027-03-08', rotate }
    const slots = { c: { secretRef: 'db-url', expiresAt: '2027-03-08' } }
    const agents = { a: { 'tool-bindings': { t: { credentials: slots } } } }
    for (const fine of [
      withEntry(stated),
      { ...withRotate(rotate), agents },
      withRotate({ ...rotate, every: '90d' }),
    ]) {
      expect((await load(fine)).warnings).toEqual([])
    }
  })

  test.each([
    ['stripe', { driver: 'stripe' }],
    ['a person', {}],
    ['a program', { driver: 'exec', class: 'issued', command: '/bin/true' }],
  ])('by %s: its service may say when it ends', async (_, driver) => {
    expect((await load(withRotate({ ...driver, before: '7d' }))).warnings).toEqual([])
  })

  test('an old value that lives longer than the new one is warned of', async () => {
    const { warnings } = await load(withRotate({ every: '1d', grace: '2d' }))
    expect(warnings).toMatchObject([
      { at: [...AT, 'grace'], message: expect.stringContaining('"grace" is longer than "every"') },
    ])
    expect((await load(withRotate({ every: '2d', grace: '2d' }))).warnings).toEqual([])
  })
})
