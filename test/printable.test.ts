import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeJson } from '../src/printable.ts'

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

test('JSON on one line says the same without a character that deceives', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string()), (value) => {
      const text = safeJson(value)
      expect(text).not.toMatch(UNSAFE)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
    { numRuns: 300 },
  )
})

test('indented, its own line ends are the only ones', () => {
  const value = { 'a\u009b2J': 'red\u001b[31m\u202e\u2028\u{e0001}\n' }
  expect(safeJson(value, 2)).toBe(
    '{\n  "a\\u009b2J": "red\\u001b[31m\\u202e\\u2028\\udb40\\udc01\\n"\n}',
  )
})
