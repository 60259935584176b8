/** What becomes of a store that is listed, one that refuses, and one that is not there. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../../src/config/types.ts'
import { providerFiles } from '../../../src/gateway/audit/named.ts'
import { storeFacts } from '../../../src/gateway/audit/stores.ts'
import { homeOf } from '../../../src/state/home.ts'
import { listen } from '../../fakes/listen.ts'

test('each store once; a refusal is no error, and what is not there holds nothing', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-stores-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  writeFileSync(join(dir, 'good.json'), '{"a":"fake","not a ref":"fake"}', { mode: 0o600 })
  symlinkSync('good.json', join(dir, 'link.json'))
  const env = { HOME: dir, SECRETREF_HOME: join(dir, 'state') }
  const home = homeOf(env)
  const config: Config = {
    secrets: {
      providers: {
        good: { type: 'file', path: 'good.json' },
        again: { type: 'file', path: './good.json' },
        link: { type: 'file', path: 'link.json' },
        none: { type: 'file', path: 'none.json' },
        variables: { type: 'env' },
      },
    },
  }
  const files = providerFiles(config, dir, home, env)
  const listed = { outcome: 'listed', hidden: 0, more: 0, names: [] }
  const asking = { home, env, now: () => new Date() }
  const path = join(dir, 'config.json')
  expect(await storeFacts({ config, dir, path }, files, asking)).toEqual([
    { ...listed, provider: 'again', path: join(dir, 'good.json'), names: ['a'], hidden: 1 },
    {
      outcome: 'not-listed',
      provider: 'link',
      path: join(dir, 'link.json'),
      reason: 'FILE_INSECURE',
    },
    { ...listed, provider: 'none', path: join(dir, 'none.json') },
    {
      outcome: 'not-listed',
      provider: 'variables',
      reason: 'this kind of provider has no list',
    },
  ])
})

test('what others share is asked below its prefixes, once for all providers that are it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-stores-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const tokenFile = join(dir, 'token')
  writeFileSync(tokenFile, ['fake', 'token'].join('-'), { mode: 0o600 })
  const vault = await listen((request, response) => {
    request.resume()
    response.end('{"data":{"keys":["one","two"]}}')
  })
  const env = { HOME: dir, SECRETREF_HOME: join(dir, 'state') }
  mkdirSync(env.SECRETREF_HOME, { mode: 0o700 })
  const home = homeOf(env)
  const here = { type: 'vault', address: vault.url, auth: { method: 'token', tokenFile } }
  const config: Config = {
    secrets: {
      providers: {
        a: { ...here, auditPrefix: 'a/' },
        b: { ...here, auditPrefix: 'b/', field: 'key' },
        elsewhere: { ...here, mount: 'team' },
        made: { ...here, engine: 'dynamic', auditPrefix: 'a/' },
      },
    },
  }
  const asking = { home, env, now: () => new Date() }
  const path = join(dir, 'config.json')
  const facts = await storeFacts({ config, dir, path }, new Map(), asking)
  expect(facts).toMatchObject([
    {
      outcome: 'listed',
      provider: 'a',
      namedBy: ['a', 'b'],
      under: ['a/', 'b/'],
      names: ['a/one', 'a/two', 'b/one', 'b/two'],
    },
    {
      outcome: 'not-listed',
      provider: 'elsewhere',
      reason: expect.stringContaining('auditPrefix'),
    },
    { outcome: 'not-listed', provider: 'made', reason: 'this kind of provider has no list' },
  ])
  expect(vault.requests).toHaveLength(2)
})
