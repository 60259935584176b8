import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LARGEST, readConfig, type RawConfig } from '../../src/config/read.ts'
import { scratch, thrown, writeConfig } from './helpers.ts'

const ROOT = process.geteuid?.() === 0

function readNamed(path: string): RawConfig {
  return readConfig({ path, found: false })
}

function folder(mode: number): string {
  const path = join(scratch(), 'inner')
  mkdirSync(path)
  chmodSync(path, mode)
  return path
}

describe('a config that only its owner can write', () => {
  test('is read, byte for byte', () => {
    const path = writeConfig(scratch(), '\ufeff{ }\r\n')
    const { bytes, owner, path: real } = readNamed(path)
    expect(bytes.toString()).toBe('\ufeff{ }\r\n')
    expect(owner).toBe(process.geteuid?.())
    expect(real).toBe(path)
  })

  test('may be read by everybody', () => {
    const path = writeConfig(folder(0o755), '{}')
    chmodSync(path, 0o644)
    expect(readNamed(path).bytes.toString()).toBe('{}')
  })

  test('may lie in a sticky folder such as /tmp', () => {
    expect(readNamed(writeConfig(folder(0o1777), '{}')).bytes.toString()).toBe('{}')
  })

  test('may be a link: its own path and folder are those of the file', () => {
    const path = writeConfig(scratch(), '{}')
    const link = join(scratch(), 'link.json')
    symlinkSync(path, link)
    expect(readNamed(link).path).toBe(path)
  })

  test('may be empty', () => {
    expect(readNamed(writeConfig(scratch(), '')).bytes).toHaveLength(0)
  })
})

describe('refused as CONFIG_INSECURE', () => {
  test.each([
    [0o660, 'group'],
    [0o606, 'others'],
    [0o666, 'both'],
  ])('a file of mode %o', (mode) => {
    const path = writeConfig(scratch(), '{}')
    chmodSync(path, mode)
    expect(() => readNamed(path)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INSECURE', hint: `chmod go-w ${path}` }),
    )
  })

  test.each([0o770, 0o707, 0o777])('a folder of mode %o', (mode) => {
    const inner = folder(mode)
    expect(() => readNamed(writeConfig(inner, '{}'))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INSECURE', hint: `chmod go-w ${inner}` }),
    )
  })

  test('a link from a folder that others can write, for they could move it', () => {
    const inner = folder(0o777)
    symlinkSync(writeConfig(scratch(), '{}'), join(inner, 'link.json'))
    expect(() => readNamed(join(inner, 'link.json'))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INSECURE', hint: `chmod go-w ${inner}` }),
    )
  })

  test('a link to a file that others can write', () => {
    const path = writeConfig(scratch(), '{}')
    chmodSync(path, 0o666)
    const link = join(scratch(), 'link.json')
    symlinkSync(path, link)
    expect(() => readNamed(link)).toThrow(expect.objectContaining({ hint: `chmod go-w ${path}` }))
  })

  test('the hint can be pasted into a shell, whatever the path is called', () => {
    const inner = join(scratch(), "it's $(odd)")
    mkdirSync(inner)
    const path = writeConfig(inner, '{}')
    chmodSync(path, 0o666)
    const { hint = '' } = thrown(() => readNamed(path))
    execFileSync('/bin/sh', ['-c', hint])
    expect(readNamed(path).bytes.toString()).toBe('{}')
  })

  test('a folder', () => {
    expect(() => readNamed(scratch())).toThrow(expect.objectContaining({ code: 'CONFIG_INSECURE' }))
  })

  test('a FIFO, without waiting for a writer', () => {
    const path = join(scratch(), 'secretref.json')
    execFileSync('mkfifo', ['-m', '600', path])
    expect(() => readNamed(path)).toThrow(expect.objectContaining({ code: 'CONFIG_INSECURE' }))
  })

  test('a device', () => {
    expect(() => readNamed('/dev/null')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INSECURE' }),
    )
  })

  test.skipIf(!ROOT)('a file of another user (needs root to make one)', () => {
    const path = writeConfig(scratch(), '{}')
    chownSync(path, 12_345, 12_345)
    expect(() => readNamed(path)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INSECURE', hint: `chown 0 ${path}` }),
    )
  })

  test.skipIf(!ROOT)('a folder of another user (needs root to make one)', () => {
    const inner = folder(0o755)
    const path = writeConfig(inner, '{}')
    chownSync(inner, 12_345, 12_345)
    expect(() => readNamed(path)).toThrow(expect.objectContaining({ hint: `chown 0 ${inner}` }))
  })
})

describe('not there, or too much', () => {
  test('a link to nothing is told', () => {
    const link = join(scratch(), 'link.json')
    symlinkSync('/nowhere/secretref.json', link)
    expect(() => readNamed(link)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_NOT_FOUND',
        message: expect.stringContaining('link'),
      }),
    )
  })

  test('more than 64 MiB is refused; 64 MiB is read', () => {
    const path = join(scratch(), 'secretref.json')
    writeFileSync(path, '', { mode: 0o600 })
    truncateSync(path, LARGEST)
    expect(readNamed(path).bytes).toHaveLength(LARGEST)
    truncateSync(path, LARGEST + 1)
    expect(() => readNamed(path)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})
