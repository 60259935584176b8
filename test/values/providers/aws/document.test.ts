import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasValue, valueIn, withValue } from '../../../../src/values/providers/aws/document.ts'
import { bytesOf } from '../conformance.ts'

const NOW = new Date('2026-03-08T04:12:00.123Z')
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const random = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((k) => k !== '__proto__')
const key = fc.oneof(fc.constantFrom('value', 'a'), random)
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const members = fc.dictionary(key, fc.oneof(text, fc.integer(), fc.constant(null)), { maxKeys: 5 })

describe('what is written is what is read', () => {
  test('one key of an object, whatever else is in it, and all else stays', () => {
    fc.assert(
      fc.property(members, key, text, (old, field, value) => {
        const before = Object.hasOwn(old, field) ? old[field] : ''
        const stored = withValue(json(old), field, Buffer.from(value), NOW)
        if (typeof before !== 'string') {
          expect(stored).toMatchObject({ reason: 'not-a-string' })
          return
        }
        if (!Buffer.isBuffer(stored)) throw new Error('not written')
        expect(bytesOf(valueIn(stored, field, {})).toString()).toBe(value)
        const after: Record<string, unknown> = JSON.parse(stored.toString())
        // The article's object keeps its own books.
        const own = field === 'value' && Object.hasOwn(old, 'value')
        const books = own ? new Set(['createdAt', 'expiresAt']) : new Set<string>()
        for (const [name, kept] of Object.entries(old)) {
          if (name !== field && !books.has(name)) expect(after[name]).toEqual(kept)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('all of it, any bytes, where it is no object with a value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const value = Buffer.from(bytes)
        const stored = withValue(Buffer.from('fake-old'), undefined, value, NOW)
        if (!Buffer.isBuffer(stored)) throw new Error('not written')
        expect(stored.equals(value)).toBe(true)
        expect(stored.buffer === value.buffer).toBe(false)
      }),
    )
  })

  test('where nothing is stored yet', () => {
    const value = Buffer.from('fake-"new"')
    expect(withValue(undefined, undefined, value, NOW)).toEqual(value)
    expect(withValue(undefined, 'key', value, NOW)).toEqual(json({ key: 'fake-"new"' }))
  })
})

describe('what leaves open which value is meant is a failure', () => {
  test.each([
    ['{"value":"fake-1","value":"fake-2"}', undefined, 'duplicate-key'],
    ['{"a":"fake-1","a":"fake-2"}', 'a', 'duplicate-key'],
    ['fake', 'a', 'not-json'],
    ['["fake"]', 'a', 'not-an-object'],
    ['{"value":5}', undefined, 'not-a-string'],
    ['{"a":{"value":5}}', 'a', 'not-a-string'],
    ['{"a":{"other":"fake"}}', 'a', 'no-such-key'],
    ['{"a":"fake"}', 'b', 'no-such-key'],
    ['{"value":"fake","expiresAt":5}', undefined, 'bad-date'],
    ['{"value":"fake","expiresAt":"soon"}', 'value', 'bad-date'],
    ['{"value":""}', undefined, 'empty'],
  ])('%s, field %s: %s', (stored, field, reason) => {
    expect(valueIn(Buffer.from(stored), field, {})).toMatchObject({ reason })
  })

  test('and is not written over, nor is a value that JSON cannot hold put into JSON', () => {
    const value = Buffer.from('fake')
    expect(withValue(Buffer.from('fake'), 'a', value, NOW)).toMatchObject({ reason: 'not-json' })
    expect(withValue(json(['fake']), 'a', value, NOW)).toMatchObject({ reason: 'not-an-object' })
    expect(withValue(json({ a: 'fake' }), 'a', Buffer.from([0xff]), NOW)).toMatchObject({
      reason: 'not-utf8',
    })
  })
})

test('JSON without a value of its own is a value as it stands: the key of a service account', () => {
  const stored = json({ type: 'fake_account', private_key: 'fake' })
  expect(bytesOf(valueIn(stored, undefined, {})).equals(stored)).toBe(true)
})

test('a value that cannot be read is there all the same', () => {
  expect(hasValue(json({ a: 5 }), 'a')).toBe(true)
  expect(hasValue(json({ a: 'fake' }), 'b')).toBe(false)
})
