import { execFile, execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fingerprinter, loadKey } from '../../../src/values/secret/fingerprint.ts'
import { isRoot, skipLoudly } from '../loud.ts'

let home: string
let keyFile: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'secretref-key-'))
  keyFile = join(home, 'keys', 'fingerprint.key')
})
afterEach(() => rmSync(home, { recursive: true }))

const value = Buffer.from('fake-value-1')

function codeOf(act: () => unknown): unknown {
  try {
    act()
    return 'nothing thrown'
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

describe('fingerprinter', () => {
  test('is HMAC-SHA256 under the key file, its first 128 bits', () => {
    const print = fingerprinter(keyFile)(value)
    const hash = createHmac('sha256', readFileSync(keyFile)).update(value).digest('hex')
    expect(print).toBe(`hmac-sha256:${hash.slice(0, 32)}`)
  })

  test('makes the key on first use, 32 bytes for us alone, and keeps it', () => {
    const first = fingerprinter(keyFile)(value)
    const key = lstatSync(keyFile)
    expect([key.size, key.mode & 0o777, key.nlink]).toEqual([32, 0o600, 1])
    expect(lstatSync(join(home, 'keys')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(home, 'keys'))).toEqual(['fingerprint.key'])
    expect(fingerprinter(keyFile)(value)).toBe(first)
  })

  test('another home has another key', () => {
    const other = join(home, 'other', 'fingerprint.key')
    expect(fingerprinter(other)(value)).not.toBe(fingerprinter(keyFile)(value))
  })

  test('processes that race for the first use end up with one key', async () => {
    const module = new URL('../../../src/values/secret/fingerprint.ts', import.meta.url).href
    const script = `const { fingerprinter } = await import(process.argv[1])
      process.stdout.write(fingerprinter(process.argv[2])(Buffer.from('fake-value-1')))`
    const run = promisify(execFile)
    const prints = await Promise.all(
      Array.from({ length: 6 }, () =>
        run(process.execPath, ['--input-type=module', '-e', script, module, keyFile]),
      ),
    )
    expect(new Set(prints.map(({ stdout }) => stdout))).toEqual(
      new Set([fingerprinter(keyFile)(value)]),
    )
    expect(readdirSync(join(home, 'keys'))).toEqual(['fingerprint.key'])
  }, 60_000)
})

describe('a key that others could have is refused', () => {
  beforeEach(() => mkdirSync(join(home, 'keys'), { mode: 0o700 }))

  test.each([0o644, 0o640, 0o602, 0o601])('mode %o', (mode) => {
    writeFileSync(keyFile, Buffer.alloc(32, 1))
    chmodSync(keyFile, mode)
    expect(codeOf(() => loadKey(keyFile))).toBe('FILE_INSECURE')
  })

  test('in a folder that others can enter', () => {
    fingerprinter(keyFile)
    chmodSync(join(home, 'keys'), 0o710)
    expect(codeOf(() => loadKey(keyFile))).toBe('FILE_INSECURE')
  })

  test('a symbolic link, also one that leads nowhere yet', () => {
    symlinkSync(join(home, 'elsewhere'), keyFile)
    expect(codeOf(() => loadKey(keyFile))).toBe('FILE_INSECURE')
    expect(readdirSync(home)).toEqual(['keys'])
  })

  test('a linked folder', () => {
    mkdirSync(join(home, 'real'), { mode: 0o700 })
    symlinkSync(join(home, 'real'), join(home, 'linked'))
    expect(codeOf(() => loadKey(join(home, 'linked', 'fingerprint.key')))).toBe('FILE_INSECURE')
  })

  test('a FIFO, without waiting for a writer', () => {
    execFileSync('mkfifo', ['-m', '600', keyFile])
    expect(codeOf(() => loadKey(keyFile))).toBe('FILE_INSECURE')
  })

  test('somebody else’s', (context) => {
    if (!isRoot) skipLoudly(context, 'a foreign key file', 'only root can make one')
    writeFileSync(keyFile, Buffer.alloc(32, 1), { mode: 0o600 })
    chownSync(keyFile, 65534, 65534)
    expect(codeOf(() => loadKey(keyFile))).toBe('FILE_INSECURE')
  })
})

test.each([0, 31, 33])('a damaged key of %i bytes is not used and not replaced', (size) => {
  mkdirSync(join(home, 'keys'), { mode: 0o700 })
  writeFileSync(keyFile, Buffer.alloc(size, 1), { mode: 0o600 })
  expect(codeOf(() => loadKey(keyFile))).toBe('STATE_UNAVAILABLE')
  expect(lstatSync(keyFile).size).toBe(size)
})

test('where no folder can be made, it says so', () => {
  writeFileSync(join(home, 'keys'), '')
  expect(codeOf(() => loadKey(keyFile))).toBe('STATE_UNAVAILABLE')
})
