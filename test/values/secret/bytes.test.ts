import { describe, expect, test } from 'vitest'
import { allocate, concat, copy, wipe } from '../../../src/values/secret/bytes.ts'

/** A slice of Node's shared pool has a larger ArrayBuffer behind it. */
function isOwnMemory(buffer: Buffer): boolean {
  return buffer.byteOffset === 0 && buffer.buffer.byteLength === buffer.length
}

describe('bytes', () => {
  test('every buffer has memory of its own, however small it is', () => {
    const small = Buffer.from('ab')
    expect(isOwnMemory(small)).toBe(false)
    for (const own of [allocate(2), copy(small), concat(small, [1], small)]) {
      expect(isOwnMemory(own)).toBe(true)
    }
  })

  test('allocated memory holds nothing of what was there before', () => {
    expect(allocate(4096).every((byte) => byte === 0)).toBe(true)
  })

  test('a copy and its source are wiped apart', () => {
    const source = Buffer.from('fake-value-1')
    const own = copy(source)
    wipe(source, undefined)
    expect(source.every((byte) => byte === 0)).toBe(true)
    expect(own.toString()).toBe('fake-value-1')
  })

  test('concat keeps order and every byte', () => {
    expect([...concat([0xef], Buffer.from([0, 255]), [])]).toEqual([0xef, 0, 255])
  })
})
