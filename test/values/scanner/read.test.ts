import { chmodSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Reader, type Content } from '../../../src/values/scanner/read.ts'
import { isRoot, skipLoudly } from '../loud.ts'

function file(content: string | Buffer): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-read-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  writeFileSync(join(dir, 'file'), content)
  return join(dir, 'file')
}

const read = (path: string): Content => new Reader().read(Buffer.from(path))
const text = (content: Content): string =>
  content.kind === 'text' ? content.bytes.toString() : content.kind
const MARK_LE = Buffer.from([0xff, 0xfe])
const utf16 = Buffer.from('KEY=é😀', 'utf16le')

test.each([
  ['a text', 'KEY=é', 'KEY=é'],
  ['nothing', '', ''],
  ['UTF-16, little end first', Buffer.concat([MARK_LE, utf16]), 'KEY=é😀'],
  ['UTF-16, big end first', Buffer.concat([MARK_LE, utf16]).swap16(), 'KEY=é😀'],
  [
    'UTF-16, cut in a character',
    Buffer.concat([MARK_LE, Buffer.from('AB', 'utf16le'), Buffer.from([1])]),
    'AB',
  ],
  ['only a mark', MARK_LE, ''],
  ['UTF-16 without a mark', utf16, 'binary'],
  [
    'a NUL in the first 8 KiB',
    Buffer.concat([Buffer.alloc(8191, 'a'), Buffer.from([0])]),
    'binary',
  ],
])('%s', (_, content, expected) => {
  expect(text(read(file(content)))).toBe(expected)
})

test('10 MiB are read, a byte more is too much', () => {
  const path = file('')
  writeFileSync(path, Buffer.alloc(10 * 1024 * 1024, 'a'))
  expect(text(read(path))).toHaveLength(10 * 1024 * 1024)
  writeFileSync(path, Buffer.alloc(10 * 1024 * 1024 + 1, 'a'))
  expect(read(path)).toEqual({ kind: 'huge' })
  truncateSync(path, 1024 ** 4)
  expect(read(path)).toEqual({ kind: 'huge' })
})

test.runIf(process.platform === 'linux')('a file whose size is not told is read to its end', () => {
  expect(text(read('/proc/self/status'))).toContain('Pid:')
})

test('what is no file is not opened', () => {
  const path = file('x')
  symlinkSync(path, `${path}-link`)
  expect(read(`${path}-link`)).toEqual({ kind: 'special' })
  expect(read(join(path, '..'))).toEqual({ kind: 'special' })
  expect(read('/dev/null')).toEqual({ kind: 'special' })
  expect(read(`${path}-none`)).toEqual({ kind: 'unreadable' })
})

test('without rights it is unreadable', (context) => {
  if (isRoot) skipLoudly(context, 'a file without rights', 'root may read it')
  const path = file('x')
  chmodSync(path, 0)
  expect(read(path)).toEqual({ kind: 'unreadable' })
})

test('nothing is left when it is wiped', () => {
  const reader = new Reader()
  const content = reader.read(Buffer.from(file('some value')))
  reader.wipe()
  expect(text(content)).toBe('\0'.repeat(10))
})
