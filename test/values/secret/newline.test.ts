import { expect, test } from 'vitest'
import { newlineAfter } from '../../../src/values/secret/newline.ts'

const END = '-----END OPENSSH PRIVATE KEY-----'

test.each([
  ['', 0],
  ['key', 0],
  ['key\n', 1],
  ['key\r\n', 2],
  ['key\n\n', 1],
  ['\n', 1],
  ['two\nlines\n', 1],
  [`-----BEGIN X-----\nAAAA\n${END}\n`, 0],
  [`-----BEGIN X-----\r\nAAAA\r\n${END}\r\n`, 0],
  [`${END}\n\n`, 1],
  [`${END} and more\n`, 1],
  [`-----END ${'A'.repeat(200)}-----\n`, 1],
])('%j', (text, length) => {
  expect(newlineAfter(Buffer.from(text))).toBe(length)
})
