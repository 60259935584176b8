/** Plaintext in production: only where the config says that it is meant. */
import { describe, expect, test } from 'vitest'
import { load, refusal } from '../helpers.ts'

const placed = (entry: object, environment = 'production'): object => ({
  secrets: { providers: { plain: { type: 'file', path: 's.json' }, sealed: { type: 'store' } } },
  environments: { [environment]: { secrets: { 'stripe-api-key': entry } } },
})

describe('in production', () => {
  test.each([
    ['file', { provider: 'file' }],
    ['env', { provider: 'env' }],
    ['file by another name', { provider: 'plain' }],
    ['file before others', { provider: ['file', 'vault'] }],
    ['env as a location', { provider: [{ provider: 'env', path: 'KEY' }, 'vault'] }],
    ['what is not allowed', { provider: 'file', allowPlaintext: false }],
  ])('%s as the first provider is refused, with its place', async (_, entry) => {
    const error = await refusal(placed(entry))
    expect(error.problems).toMatchObject([
      {
        code: 'CONFIG_INVALID',
        severity: 'error',
        at: ['environments', 'production', 'secrets', 'stripe-api-key', 'provider'],
        hint: expect.stringContaining('"allowPlaintext": true'),
      },
    ])
  })

  test.each([
    ['with allowPlaintext', { provider: 'file', allowPlaintext: true }],
    ['later in a chain', { provider: ['vault', 'file', 'env'] }],
    ['an encrypted store', { provider: 'sealed' }],
    ['vault', { provider: 'vault', path: 'prod/stripe/api-key' }],
  ])('%s is not', async (_, entry) => {
    expect((await load(placed(entry))).config.environments).toBeDefined()
  })
})

test('in another environment plaintext is nobody’s mistake', async () => {
  expect((await load(placed({ provider: 'file' }, 'development'))).warnings).toEqual([])
})

test('refMap is not guarded', async () => {
  const refMap = { 'stripe-api-key': { provider: 'file' } }
  const gateway = { environment: 'production', secrets: { refMap } }
  expect((await load({ openclaw: { gateway } })).warnings).toEqual([])
})
