import { describe, expect, test } from 'vitest'
import { complaints, load, refusal } from '../helpers.ts'

function refMap(entry: object, providers: object = {}): object {
  return {
    secrets: { providers },
    openclaw: { gateway: { secrets: { refMap: { 'stripe-api-key': entry } } } },
  }
}

const AT = 'openclaw.gateway.secrets.refMap.stripe-api-key'
const EXEC = { exec: { command: '/usr/local/bin/resolver' } }

describe('a provider that is named', () => {
  test.each(['file', 'env', 'vault'])('%s is there without being configured', async (provider) => {
    await load(refMap({ provider }))
  })

  test('exec must be configured', async () => {
    await load(refMap({ provider: 'exec' }, EXEC))
    const { problems } = await refusal(refMap({ provider: 'exec' }))
    expect(problems).toMatchObject([
      {
        at: AT.split('.').concat('provider'),
        hint: expect.stringContaining('secrets.providers.exec'),
      },
    ])
  })

  test.each([
    ['an entry', refMap({ provider: 'valt' }), `${AT}.provider`],
    ['a chain', refMap({ provider: ['file', 'valt'] }), `${AT}.provider.1`],
    ['a chain with places', refMap({ provider: [{ provider: 'valt' }] }), `${AT}.provider.0`],
    [
      'active-provider',
      { openclaw: { gateway: { secrets: { 'active-provider': 'valt' } } } },
      'openclaw.gateway.secrets.active-provider',
    ],
    [
      'fallback',
      { openclaw: { gateway: { secrets: { fallback: ['env', 'valt'] } } } },
      'openclaw.gateway.secrets.fallback.1',
    ],
    [
      'an environment',
      { environments: { staging: { secrets: { r: { provider: 'valt' } } } } },
      'environments.staging.secrets.r.provider',
    ],
  ])('by %s must exist; the nearest one is suggested', async (_, config, at) => {
    const { problems } = await refusal(config)
    expect(problems).toMatchObject([{ code: 'CONFIG_INVALID', hint: 'did you mean "vault"?' }])
    expect(problems[0]?.at.join('.')).toBe(at)
  })

  test('under a name of its own needs a type', async () => {
    await load(refMap({ provider: 'mine' }, { mine: { type: 'file', path: 'x' } }))
    expect(await complaints(refMap({ provider: 'mine' }, { mine: { path: 'x' } }))).toEqual([
      'CONFIG_INVALID secrets.providers.mine.type: "type" is missing, and the name itself is no provider type',
    ])
  })

  test('must have a name that can be one', async () => {
    expect(await complaints({ secrets: { providers: { 'a b': { type: 'file' } } } })).toEqual([
      'CONFIG_INVALID secrets.providers.a b: this is no name for a provider',
    ])
  })

  test('that is there but wrong is no unknown name', async () => {
    const config = refMap({ provider: 'mine' }, { mine: { type: 'exec', command: 'relative' } })
    expect(await complaints(config)).toEqual([
      'CONFIG_INVALID secrets.providers.mine.command: must be an absolute path',
    ])
  })
})

describe('beside a list of providers', () => {
  test.each(['path', 'target', 'field', 'version'])('%s is refused', async (word) => {
    const { problems } = await refusal(refMap({ provider: ['file', 'env'], [word]: 'x' }))
    expect(problems).toMatchObject([{ hint: expect.stringContaining(`"${word}": "…"`) }])
    expect(problems[0]?.at.join('.')).toBe(`${AT}.${word}`)
    await load(refMap({ provider: [{ provider: 'vault', [word]: 'x' }, 'env'] }))
  })
})

describe('an env provider reads', () => {
  test('a variable', async () => {
    await load(refMap({ provider: 'env', target: 'STRIPE_KEY' }))
    await load(refMap({ provider: 'mine', path: 'STRIPE_KEY' }, { mine: { type: 'env' } }))
    expect(await complaints(refMap({ provider: 'env', target: 'stripe-key' }))).toEqual([
      `CONFIG_INVALID ${AT}.target: an env provider needs the name of a variable here`,
    ])
  })

  test("never another provider's credential", async () => {
    const step = { provider: 'env', target: 'VAULT_TOKEN' }
    expect(await complaints(refMap({ provider: ['file', step] }))).toEqual([
      `CONFIG_INVALID ${AT}.provider.1.target: this variable is the credential of a vault provider`,
    ])
  })
})

describe('an exec provider is given no credential in plain text', () => {
  test.each([
    ['VAULT_TOKEN', { env: { VAULT_TOKEN: 'fake' } }, 'env.VAULT_TOKEN'],
    ['AWS_PROFILE', { env: { AWS_PROFILE: 'fake' } }, 'env.AWS_PROFILE'],
    ['DB_PASSWORD', { env: { DB_PASSWORD: 'fake' } }, 'env.DB_PASSWORD'],
    ['an option', { args: ['-v', '--password=fake'] }, 'args.1'],
    ['an option with a prefix', { args: ['--db-api-key=fake'] }, 'args.0'],
    ['an option with underscores', { args: ['--api_key=fake'] }, 'args.0'],
    ['a variable for env(1)', { args: ['DB_PASSWORD=fake'] }, 'args.0'],
    ['two words', { args: ['-v', '--password', 'fake', 'x'] }, 'args.2'],
    ['a client secret', { args: ['--client-secret=fake'] }, 'args.0'],
  ])('%s', async (_, fields, place) => {
    const [first, ...rest] = await complaints({
      secrets: { providers: { exec: { ...EXEC.exec, ...fields } } },
    })
    expect(first).toMatch(/^HARDCODED_CREDENTIAL secrets\.providers\.exec\./)
    expect(first).toContain(place)
    expect(first).not.toContain('fake')
    expect(rest).toEqual([])
  })

  test('what is none is fine', async () => {
    const fields = {
      env: { LOG_LEVEL: 'warn', REGION: 'eu' },
      // The name of a secret, as gcloud and aws are asked for one.
      args: ['--verbose', '--token-file=x', '--secret=prod-key', '--secret-id=prod/key'],
    }
    await load({ secrets: { providers: { exec: { ...EXEC.exec, ...fields } } } })
  })
})
