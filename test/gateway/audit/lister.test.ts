/** Names of stores, from a real lister; and what a lister gone wrong could say. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listStores, parseListings } from '../../../src/gateway/audit/lister.ts'
import { MAX_NAMES, type Store } from '../../../src/gateway/audit/listing.ts'
import { listen } from '../../fakes/listen.ts'

const LITERAL = ['sk_live_', 'fake0fake0fake0'].join('')

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-lister-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
const fileStore = (path: string): Store => ({ provider: 'file', type: 'file', options: { path } })

describe('a lister', () => {
  test('below a prefix it tells names without it, asks for nothing above, and stops where its calls end', async () => {
    const tokenFile = join(folder(), 'token')
    writeFileSync(tokenFile, ['fake', 'token'].join('-'), { mode: 0o600 })
    const keys = ['a', 'b/']
    const vault = await listen((request, response) => {
      request.resume()
      response.end(JSON.stringify({ data: { keys } }))
    })
    const auth = { method: 'token', tokenFile }
    const store = { provider: 'v', type: 'vault', options: { address: vault.url, auth } }
    const [endless] = await listStores([{ ...store, prefix: 'team/pay/', calls: 3 }])
    expect(endless).toEqual({
      outcome: 'refused',
      code: 'PROVIDER_UNAVAILABLE',
      reason: 'calls',
      spent: 3,
    })
    expect(vault.requests).toEqual(
      ['', '/b', '/b/b'].map((at) => `GET /v1/secret/metadata/team/pay${at}?list=true`),
    )
    keys.pop()
    expect(await listStores([{ ...store, prefix: 'team/pay/', calls: 3 }])).toEqual([
      { outcome: 'listed', names: ['a'], hidden: 0, more: 0, spent: 1 },
    ])
  })

  test('tells names, counts what could be a value, and gives each store its answer', async () => {
    const dir = folder()
    const path = join(dir, 'secrets.json')
    const entry = {
      value: 'fake-value',
      createdAt: '2026-03-08T04:12:00Z',
      expiresAt: '2027-01-01',
    }
    const secrets = { stripe_api_key: entry, plain: 'fake-value', 'two words': 'x', [LITERAL]: 'x' }
    writeFileSync(path, JSON.stringify(secrets), { mode: 0o600 })
    const raw = join(dir, 'raw')
    mkdirSync(raw, { mode: 0o700 })
    writeFileSync(join(raw, 'token'), 'fake-value', { mode: 0o600 })
    const open = join(dir, 'open.json')
    writeFileSync(open, '{}')
    chmodSync(open, 0o604)
    chmodSync(dir, 0o755)
    const listings = await listStores([
      fileStore(path),
      fileStore(raw),
      { provider: 'env', type: 'env', options: {} },
      fileStore(join(dir, 'nowhere.json')),
      { provider: 'toString', type: 'toString', options: {} },
    ])
    expect(listings).toEqual([
      {
        outcome: 'listed',
        names: ['stripe_api_key', 'plain'],
        hidden: 2,
        more: 0,
      },
      { outcome: 'listed', names: ['token'], hidden: 0, more: 0 },
      { outcome: 'unlisted' },
      { outcome: 'refused', code: 'SECRET_NOT_FOUND' },
      { outcome: 'unlisted' },
    ])
    // A link is refused as it is for a read, and says no more than that.
    expect(await listStores([fileStore('/proc/self/exe')])).toEqual([
      { outcome: 'refused', code: 'FILE_INSECURE' },
    ])
  })

  test('nobody is started for nothing', async () => {
    expect(await listStores([])).toEqual([])
  })
})

const LISTED = { outcome: 'listed', names: ['a'], hidden: 0, more: 0 }

describe('what crosses is closed', () => {
  test.each([
    ['no JSON', 'a'],
    ['an object', '{}'],
    ['one too few', '[]'],
    ['one too many', JSON.stringify([LISTED, LISTED])],
    ['another outcome', JSON.stringify([{ outcome: 'value' }])],
    ['a code that is none', JSON.stringify([{ outcome: 'refused', code: 'fake-value' }])],
    ['a name that is none', JSON.stringify([{ ...LISTED, names: ['fake value'] }])],
    ['a count that is none', JSON.stringify([{ ...LISTED, hidden: -1 }])],
    ['no names', JSON.stringify([{ ...LISTED, names: 'a' }])],
    [
      'more names than it may',
      JSON.stringify([{ ...LISTED, names: Array.from({ length: MAX_NAMES + 1 }, () => 'a') }]),
    ],
  ])('%s is refused whole', (_, text) => {
    expect(parseListings(text, 1)).toBe(undefined)
  })

  test('a field that is not on the list does not come through', () => {
    expect(parseListings(JSON.stringify([{ ...LISTED, value: 'fake-value' }]), 1)).toEqual([LISTED])
  })

  test('whatever is sent, nothing is thrown', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        parseListings(text, 1)
      }),
      { numRuns: 200 },
    )
  })
})
