import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Growing } from '../../../src/values/setter/growing.ts'

test('holds what was pushed, in order, however it came', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 6000 }), { maxLength: 8 }), (parts) => {
      const growing = new Growing(100_000)
      for (const part of parts) {
        if (part.length === 1) growing.pushByte(part[0] ?? 0)
        else growing.push(part)
      }
      expect(growing.copy().equals(Buffer.concat(parts))).toBe(true)
    }),
    { numRuns: 100 },
  )
})

test('refuses what is beyond the limit, and keeps what it has', () => {
  const growing = new Growing(5)
  expect(growing.push(Buffer.from('1234'))).toBe(true)
  expect(growing.push(Buffer.from('56'))).toBe(false)
  expect(growing.pushByte(0x35)).toBe(true)
  expect(growing.pushByte(0x36)).toBe(false)
  expect(growing.copy().toString()).toBe('12345')
  expect(growing.copy(2).toString()).toBe('123')
})

test('a copy is another memory, and after a wipe nothing is left', () => {
  const growing = new Growing(10)
  growing.push(Buffer.from('fake'))
  const copy = growing.copy()
  growing.wipe()
  expect(growing.length).toBe(0)
  expect(copy.toString()).toBe('fake')
})
