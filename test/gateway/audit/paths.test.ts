/** Which files an audit looks at, and what it sees of them. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../../src/config/types.ts'
import { programs, providerFiles, secretsFiles } from '../../../src/gateway/audit/named.ts'
import { lookAt, type Named } from '../../../src/gateway/audit/paths.ts'
import { homeOf } from '../../../src/state/home.ts'

const UID = process.geteuid?.() ?? 0

function folder(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'secretref-paths-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
const file = (path: string, mode = 0o600): string => {
  writeFileSync(path, 'fake')
  chmodSync(path, mode)
  return path
}

describe('files by name', () => {
  test('of file providers, of refs, of folders of raw values; programs of providers and of agents', () => {
    const dir = folder()
    mkdirSync(join(dir, 'raw'))
    file(join(dir, 'raw/token'))
    file(join(dir, 'raw/.hidden'))
    file(join(dir, 'agent.js'))
    const config: Config = {
      secrets: {
        providers: {
          file: {},
          raw: { type: 'file', path: 'raw' },
          resolver: { type: 'exec', command: '/opt/resolver' },
        },
      },
      agents: { a: { command: ['node', 'agent.js', '--flag', 'missing.js'] } },
      openclaw: {
        gateway: {
          secrets: {
            refMap: {
              one: { provider: 'file', path: '~/one.key' },
              two: { provider: ['env', { provider: 'raw', path: '/abs/two.key' }] },
              three: { provider: 'env', path: 'A_VARIABLE' },
            },
          },
        },
      },
    }
    const home = homeOf({ HOME: dir, SECRETREF_HOME: join(dir, 'state') })
    const folders = { configDir: dir, userHome: dir }
    const own = providerFiles(config, dir, home, { HOME: dir })
    expect(Object.fromEntries(own)).toEqual({
      file: join(dir, 'state/secrets.json'),
      raw: join(dir, 'raw'),
    })
    expect(
      secretsFiles(config, folders, own)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(
      [
        '/abs/two.key',
        join(dir, 'one.key'),
        join(dir, 'raw/token'),
        join(dir, 'state/secrets.json'),
      ].toSorted(),
    )
    expect(programs(config, folders).map(({ path }) => path)).toEqual([
      '/opt/resolver',
      join(dir, 'agent.js'),
    ])
  })
})

const secret = (path: string): Named => ({
  path,
  what: 'the secrets file',
  rule: 'private',
  orRoot: false,
})

describe('what is seen of them', () => {
  test('modes, owners, every folder up to the root, and each once', () => {
    const dir = folder()
    const one = file(join(dir, 'one'), 0o640)
    const two = file(join(dir, 'two'))
    const facts = lookAt([secret(one), secret(two), secret(join(dir, 'missing'))], UID)
    const paths = facts.map(({ path }) => path)
    expect(new Set(paths).size).toBe(paths.length)
    expect(paths).toEqual(expect.arrayContaining([one, two, dir, tmpdir(), '/']))
    expect(facts.find(({ path }) => path === one)).toMatchObject({
      folder: false,
      uid: UID,
      mode: 0o100640,
      // mkdtemp(3) makes a folder that is ours alone.
      shutOff: true,
    })
    expect(facts.find(({ path }) => path === dir)).toMatchObject({
      folder: true,
      rule: 'unwritable',
      towards: [one, two],
    })
  })

  test('a file in a folder that anybody may pass is not shut off by it', () => {
    const dir = folder()
    chmodSync(dir, 0o755)
    const [fact] = lookAt([secret(file(join(dir, 'one')))], UID)
    const above = lookAt([secret(dir)], UID).filter(({ mode }) => (mode & 0o011) === 0)
    expect(fact?.shutOff).toBe(above.length > 0)
  })

  test('both ways of a link: the folder that it lies in, and the one that it leads to', () => {
    const dir = folder()
    const [here, there] = [join(dir, 'here'), join(dir, 'there')]
    mkdirSync(here)
    mkdirSync(there)
    file(join(there, 'one'))
    symlinkSync(there, join(here, 'way'))
    const paths = lookAt([secret(join(here, 'way/one'))], UID).map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining([here, there]))
  })
})
