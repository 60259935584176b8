/** What becomes of a store that is listed, one that refuses, and one that is not there. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../../src/config/types.ts'
import { providerFiles } from '../../../src/gateway/audit/named.ts'
import { storeFacts } from '../../../src/gateway/audit/stores.ts'
import { homeOf } from '../../../src/state/home.ts'

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
  expect(await storeFacts({ config, dir }, files, home, env)).toEqual([
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
      reason: 'only files and encrypted stores are listed',
    },
  ])
})
