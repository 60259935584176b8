import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase64, encodeBase64 } from '../../../src/values/secret/base64.ts'

test('it is what Node writes, and comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = encodeBase64(bytes)
      expect(text.toString()).toBe(Buffer.from(bytes).toString('base64'))
      expect(decodeBase64(text)).toEqual(Buffer.from(bytes))
    }),
  )
})

test.each(['A', 'AA', 'AA=A', 'AB==', 'A===', '====', 'AA A', 'AA-_', 'AAAA='])(
  '%j is refused: one text for the same bytes',
  (text) => {
    expect(decodeBase64(Buffer.from(text))).toBeUndefined()
  },
)
