import { execFile, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { nodeAt } from '../../src/config/node.ts'
import { requireTrust, trustConfig } from '../../src/config/trust.ts'
import type { LoadedConfig } from '../../src/config/types.ts'
import { homeOf, type Home } from '../../src/state/home.ts'
import { namespace } from '../process/namespace.ts'
import { NOW, scratch, writeConfig } from './helpers.ts'

const ROOT = process.geteuid?.() === 0

async function found(text = '{}'): Promise<{ loaded: LoadedConfig; home: Home; path: string }> {
  const path = writeConfig(scratch(), text)
  const home = homeOf({ SECRETREF_HOME: join(scratch(), 'home') })
  return { loaded: await loadConfig({ path, found: true }, { now: NOW }), home, path }
}

async function reload(path: string): Promise<LoadedConfig> {
  return loadConfig({ path, found: true }, { now: NOW })
}

describe('a config that was found', () => {
  test('is not trusted, and the hint says how to', async () => {
    const { loaded, home, path } = await found()
    expect(() => requireTrust(loaded, home)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UNTRUSTED',
        hint: expect.stringContaining(`secretref trust ${path}`),
      }),
    )
  })

  test('is trusted after `trust`, which returns what it recorded', async () => {
    const { loaded, home, path } = await found()
    expect(trustConfig(loaded, home, NOW)).toEqual({
      path,
      hash: loaded.hash,
      owner: process.geteuid?.(),
      time: '2026-03-08T12:00:00.000Z',
    })
    expect(() => requireTrust(loaded, home)).not.toThrow()
  })

  test('needs trust again after an edit, and is told so; putting it back is enough', async () => {
    const { loaded, home, path } = await found('{"agents":{}}')
    trustConfig(loaded, home, NOW)
    writeFileSync(path, '{"agents": {}}')
    const edited = await reload(path)
    expect(() => requireTrust(edited, home)).toThrow(/has changed since it was trusted/)
    trustConfig(edited, home, NOW)
    expect(() => requireTrust(edited, home)).not.toThrow()
    expect(() => requireTrust(loaded, home)).toThrow(/has changed/)
  })

  test('is not trusted by its content alone, elsewhere', async () => {
    const { loaded, home } = await found()
    trustConfig(loaded, home, NOW)
    const copy = await reload(writeConfig(scratch(), '{}'))
    expect(copy.hash).toBe(loaded.hash)
    expect(() => requireTrust(copy, home)).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNTRUSTED' }),
    )
  })

  test('needs trust again when its owner is another', async () => {
    const { loaded, home } = await found()
    trustConfig(loaded, home, NOW)
    expect(() => requireTrust({ ...loaded, owner: 12_345 }, home)).toThrow(/has another owner/)
  })

  test('is not trusted by a link beside a file that is', async () => {
    const { loaded, home, path } = await found()
    const other = join(dirname(path), 'other.json')
    renameSync(path, other)
    trustConfig(await reload(other), home, NOW)
    symlinkSync('other.json', path)
    const linked = await reload(path)
    expect([linked.path, linked.hash]).toEqual([path, loaded.hash])
    expect(() => requireTrust(linked, home)).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNTRUSTED' }),
    )
  })

  test('is the same by whatever way its folder was reached', async () => {
    const { loaded, home, path } = await found()
    trustConfig(loaded, home, NOW)
    const folder = join(scratch(), 'folder')
    symlinkSync(dirname(path), folder)
    const linked = await reload(join(folder, 'secretref.json'))
    expect(linked).toMatchObject({ path, dir: dirname(path) })
    expect(() => requireTrust(linked, home)).not.toThrow()
  })

  test('is refused as a link out of its folder, whatever it leads to', async () => {
    const { loaded, home, path } = await found()
    trustConfig(loaded, home, NOW)
    const folder = scratch()
    const link = join(folder, 'secretref.json')
    for (const target of [path, join('..', basename(dirname(path)), 'secretref.json')]) {
      symlinkSync(target, link)
      await expect(reload(link)).rejects.toThrow(
        expect.objectContaining({
          code: 'CONFIG_UNTRUSTED',
          message: expect.stringContaining(`the config ${link} is a link out of the folder`),
        }),
      )
      rmSync(link)
    }
    mkdirSync(join(folder, 'below'))
    writeConfig(join(folder, 'below'), '{}')
    symlinkSync(join('below', 'secretref.json'), link)
    await expect(reload(link)).rejects.toThrow(/is a link out of the folder/)
  })
})

test('a config that was named needs no trust', async () => {
  const { loaded, home } = await found()
  expect(() => requireTrust({ ...loaded, found: false }, home)).not.toThrow()
})

describe('the record', () => {
  test('is 0600 in a 0700 folder, keeps other entries, and leaves nothing else behind', async () => {
    const { loaded, home } = await found()
    const other = await reload(writeConfig(scratch(), '{"agents":{}}'))
    trustConfig(loaded, home, NOW)
    trustConfig(other, home, NOW)
    trustConfig(loaded, home, NOW)
    expect(statSync(home.trust).mode & 0o777).toBe(0o600)
    expect(statSync(home.dir).mode & 0o777).toBe(0o700)
    expect(readdirSync(home.dir)).toEqual(['trust.json', 'trust.lock'])
    expect(statSync(`${home.dir}/trust.lock`).mode & 0o777).toBe(0o600)
    expect(() => requireTrust(loaded, home)).not.toThrow()
    expect(() => requireTrust(other, home)).not.toThrow()
    const record: unknown = JSON.parse(readFileSync(home.trust, 'utf8'))
    expect(nodeAt(record, ['trusted'])).toHaveLength(2)
  })

  test('loses nothing where several write it at once', { timeout: 60_000 }, async () => {
    const home = homeOf({ SECRETREF_HOME: join(scratch(), 'home') })
    const names = ['a', 'b', 'c', 'd']
    const script = join(import.meta.dirname, 'trusting.ts')
    await Promise.all(
      names.map((name) => promisify(execFile)(process.execPath, [script, home.dir, name, '20'])),
    )
    const record: unknown = JSON.parse(readFileSync(home.trust, 'utf8'))
    expect(nodeAt(record, ['trusted'])).toHaveLength(names.length * 20)
  })

  test('is not written while another process does so', async () => {
    const { loaded, home } = await found()
    trustConfig(loaded, home, NOW)
    const other = new DatabaseSync(join(home.dir, 'trust.lock'))
    other.exec('BEGIN IMMEDIATE')
    expect(() => trustConfig(loaded, home, NOW)).toThrow(
      expect.objectContaining({ code: 'STATE_UNAVAILABLE' }),
    )
    other.close()
    trustConfig(loaded, home, NOW)
  })

  test('stays whole on a disk that takes no more', (context) => {
    const wrapper = namespace(context, 'the record of trust on a full disk')
    const dir = scratch()
    const script = `mount -t tmpfs -o size=64k,mode=0700 none '${dir}'
      trusting() { "$NODE" '${join(import.meta.dirname, 'trusting.ts')}' '${dir}' "$@"; }
      trusting a 60
      cp '${dir}/trust.json' '${dir}/before'
      # One page is left, which a part of the record fits into.
      head -c 1m /dev/zero > '${dir}/filler' 2>/dev/null || truncate -s -4096 '${dir}/filler'
      trusting b 1
      cmp '${dir}/trust.json' '${dir}/before'
      rm '${dir}/filler'
      trusting c 1
      ls -A '${dir}'
      grep -c '"path"' '${dir}/trust.json'`
    const [program, ...args] = [...wrapper, '/bin/sh', '-ec', script]
    const env = { PATH: process.env['PATH'], NODE: process.execPath }
    const { stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout.trimEnd().split('\n')).toEqual([
      `STATE_UNAVAILABLE ${dir}/trust.json could not be written: the disk is full`,
      'before',
      'trust.json',
      'trust.lock',
      '61',
    ])
  })

  test('is not written where its lock is a link', async () => {
    const { loaded, home } = await found()
    mkdirSync(home.dir, { mode: 0o700 })
    symlinkSync(join(scratch(), 'elsewhere'), join(home.dir, 'trust.lock'))
    expect(() => trustConfig(loaded, home, NOW)).toThrow(
      expect.objectContaining({ code: 'FILE_INSECURE' }),
    )
    expect(() => requireTrust(loaded, home)).toThrow(/is not trusted/)
  })

  test.each([
    [
      'a link',
      (home: Home) => {
        const elsewhere = join(scratch(), 'trust.json')
        renameSync(home.trust, elsewhere)
        symlinkSync(elsewhere, home.trust)
      },
    ],
    [
      'writable by others',
      (home: Home) => {
        chmodSync(home.trust, 0o622)
      },
    ],
    [
      'in a folder that others can write',
      (home: Home) => {
        chmodSync(home.dir, 0o777)
      },
    ],
    [
      'a folder',
      (home: Home) => {
        renameSync(home.trust, `${home.trust}.old`)
        mkdirSync(home.trust)
      },
    ],
    [
      'damaged',
      (home: Home) => {
        writeFileSync(home.trust, '{"trusted": [{"path": 1}]}')
      },
    ],
    [
      'not JSON',
      (home: Home) => {
        writeFileSync(home.trust, 'trusted')
      },
    ],
  ])('is refused where it is %s: it grants nothing and is not overwritten', async (_, spoil) => {
    const { loaded, home } = await found()
    trustConfig(loaded, home, NOW)
    spoil(home)
    const refused = expect.objectContaining({ code: 'FILE_INSECURE' })
    expect(() => requireTrust(loaded, home)).toThrow(refused)
    expect(() => trustConfig(loaded, home, NOW)).toThrow(refused)
  })

  test.skipIf(!ROOT)('is refused where another user owns it (needs root to make one)', async () => {
    const { loaded, home } = await found()
    trustConfig(loaded, home, NOW)
    chownSync(home.trust, 12_345, 12_345)
    expect(() => requireTrust(loaded, home)).toThrow(
      expect.objectContaining({ code: 'FILE_INSECURE' }),
    )
  })
})
