import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { pathBytes, pathText } from '../../../src/gateway/scan/path-text.ts'

const part = fc
  .constantFrom('a', '/', 'é', '😀', '\ufffd', '\\xff')
  .map((text) => Buffer.from(text))
const bytes = fc
  .array(fc.oneof(part, fc.uint8Array({ minLength: 1, maxLength: 4 })), { maxLength: 8 })
  .map((parts) => Buffer.concat(parts))

test('no two paths are one text', () => {
  fc.assert(
    fc.property(bytes, (path) => {
      expect(pathBytes(pathText(path)).equals(path)).toBe(true)
    }),
  )
})

test('a path below another one begins with it', () => {
  fc.assert(
    fc.property(bytes, bytes, (folder, name) => {
      const whole = Buffer.concat([folder, Buffer.from('/'), name])
      expect(pathText(whole)).toBe(`${pathText(folder)}/${pathText(name)}`)
    }),
  )
})

test('what is UTF-8 stays as it is, and other bytes can be read off', () => {
  expect(pathText(Buffer.from('a/é😀\ufffd'))).toBe('a/é😀\ufffd')
  expect(pathText(Buffer.from([0x61, 0xff, 0xc3, 0x28]))).toBe('a\udcff\udcc3(')
  // A surrogate that somebody encoded as if it were a character.
  expect(pathText(Buffer.from([0xed, 0xb3, 0xbf]))).toBe('\udced\udcb3\udcbf')
})
