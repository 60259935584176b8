import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Position } from '../../../src/values/detect/position.ts'

test('counts as JavaScript does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', 'é', '中', '😀', '\ufeff') })
  fc.assert(
    fc.property(text, text, (before, after) => {
      const bytes = Buffer.from(before + after)
      const lines = before.split('\n')
      expect(new Position(bytes).of(Buffer.byteLength(before))).toEqual({
        line: lines.length,
        column: (lines.at(-1) ?? '').length + 1,
      })
    }),
    { numRuns: 200 },
  )
})

test('goes on from where it is', () => {
  const position = new Position(Buffer.from('a\nbé\nc'))
  expect(position.of(0)).toEqual({ line: 1, column: 1 })
  expect(position.of(3)).toEqual({ line: 2, column: 2 })
  expect(position.of(3)).toEqual({ line: 2, column: 2 })
  expect(position.of(6)).toEqual({ line: 3, column: 1 })
})

test('bytes that are no UTF-8 move it on, and not back', () => {
  expect(new Position(Buffer.from([0xff, 0xc3, 0x41])).of(3).column).toBeGreaterThan(1)
})
