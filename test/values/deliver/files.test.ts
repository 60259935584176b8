import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { deliverFile } from '../../../src/values/deliver/files.ts'

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
