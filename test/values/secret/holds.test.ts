import { expect, test } from 'vitest'
import { holds } from '../../../src/values/secret/holds.ts'

const VALUE = ['fake', 'made', '0123'].join('-')

test.each([
  ['the value itself', VALUE, VALUE, 'yes'],
  ['the value inside', `key:${VALUE}/1`, VALUE, 'yes'],
  ['a value that ends its line, and a name that does not', VALUE, ` ${VALUE}\r\n`, 'yes'],
  ['another one', 'key-1', VALUE, 'no'],
  // As a user's name in a connection string.
  ['a part of the value', 'fake-made', VALUE, 'no'],
  ['eight bytes', 'id-12345678', '12345678', 'yes'],
  ['less, and white space', 'id-1234567', '1234567\n', 'by-chance'],
  ['white space alone', 'a b', ' \n', 'no'],
  ['nothing', 'key-1', '', 'no'],
])('%s', (_, text, value, held) => {
  const bytes = Buffer.from(value)
  expect(holds(text, bytes)).toBe(held)
  // It is looked at, and stays as it was.
  expect(bytes.toString()).toBe(value)
})
