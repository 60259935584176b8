import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { deliverFile, replaceFile } from '../../../src/values/deliver/files.ts'

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-files-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const VALUE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

test('every byte as it is, in a file that only we can read, whatever the umask', () => {
  const before = process.umask(0)
  onTestFinished(() => void process.umask(before))
  const path = join(folder(), 'key')
  deliverFile(path, VALUE)
  expect(readFileSync(path).equals(VALUE)).toBe(true)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test.each(['file', 'link', 'dangling link', 'folder'])('not over a %s that is there', (what) => {
  const dir = folder()
  const path = join(dir, 'key')
  const other = join(dir, 'other')
  if (what === 'file') writeFileSync(path, 'theirs')
  if (what === 'folder') mkdirSync(path)
  if (what.endsWith('link')) symlinkSync(other, path)
  if (what === 'link') writeFileSync(other, 'theirs')
  expect(() => deliverFile(path, VALUE)).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  if (what === 'file') expect(readFileSync(path, 'utf8')).toBe('theirs')
  if (what === 'link') expect(readFileSync(other, 'utf8')).toBe('theirs')
  if (what === 'dangling link') expect(existsSync(other)).toBe(false)
})

const SOURCE = new URL('../../../src/values/deliver/files.ts', import.meta.url).href
/** Replaces a file with one of two values, as fast as it can, until it is killed. */
const REPLACER = `
const { replaceFile } = await import(${JSON.stringify(SOURCE)})
const values = ['a', 'b'].map((sign) => Buffer.from(sign.repeat(256 * 1024)))
for (let i = 0; ; i++) replaceFile(process.argv[1], values[i % 2])
`

describe('replaceFile', () => {
  test('a file of the same name and mode, with nothing left beside it', () => {
    const dir = folder()
    const path = join(dir, 'key')
    deliverFile(path, Buffer.from('old'))
    replaceFile(path, VALUE)
    expect(readFileSync(path).equals(VALUE)).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(dir)).toEqual(['key'])
  })

  test('a link that somebody put beside it or in its place is replaced, and never followed', () => {
    const dir = folder()
    const path = join(dir, 'key')
    const other = join(dir, 'other')
    writeFileSync(other, 'theirs')
    symlinkSync(other, path)
    symlinkSync(other, `${path}.new`)
    replaceFile(path, VALUE)
    expect(readFileSync(other, 'utf8')).toBe('theirs')
    expect(readFileSync(path).equals(VALUE)).toBe(true)
  })

  test('where it cannot be, the old one stays and nothing is left beside it', () => {
    const dir = folder()
    const path = join(dir, 'key')
    mkdirSync(join(path, 'theirs'), { recursive: true })
    expect(() => replaceFile(path, VALUE)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
    expect(readdirSync(dir)).toEqual(['key'])
  })

  test('readers see one value or the other, and so do they after a kill', async () => {
    const path = join(folder(), 'key')
    for (let kill = 0; kill < 3; kill++) {
      const args = ['--input-type=module', '-e', REPLACER, path]
      const child = spawn(process.execPath, args, { stdio: 'ignore' })
      const gone = once(child, 'exit')
      const seen = { a: 0, b: 0 }
      const look = (): void => {
        const text = existsSync(path) ? readFileSync(path, 'latin1') : undefined
        if (text === undefined) return
        expect(text.length).toBe(256 * 1024)
        const sign = text[0] === 'a' ? 'a' : 'b'
        expect(text === sign.repeat(text.length)).toBe(true)
        seen[sign] += 1
      }
      while (seen.a < 20 || seen.b < 20) {
        look()
        expect(child.exitCode).toBeNull()
        await new Promise(setImmediate)
      }
      child.kill('SIGKILL')
      await gone
      look()
    }
  })
})
