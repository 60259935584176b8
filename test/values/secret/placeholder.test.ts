import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPlaceholder } from '../../../src/values/secret/placeholder.ts'

describe('isPlaceholder', () => {
  test.each([
    'changeme',
    'CHANGE_ME',
    'Change-Me',
    'replace_me',
    'TODO',
    'secret',
    'password',
    'xxx',
    'XXXX',
    '****',
    '...',
    '<your key>',
    '<API_KEY>',
    '${STRIPE_API_KEY}',
    '{{ stripe_api_key }}',
    'your-api-key-here',
    'YOUR_TOKEN',
    'your token',
    // The article's own two.
    ['sk', 'live', `51${'x'.repeat(12)}`].join('_'),
    ['xoxb', 'x'.repeat(16)].join('-'),
    '__OPENCLAW_REDACTED__',
  ])('%s stands for a value', (text) => {
    expect(isPlaceholder(Buffer.from(text))).toBe(true)
  })

  test.each([
    '',
    'x',
    'xx',
    'changeme1',
    'secretive',
    'yourself',
    'your',
    'your-',
    'matrix-xxx',
    '<',
    '<>',
    '<open',
    '${a',
    '{a}',
    'fake-value-1',
    'https://example.com/...',
    '\u00ff\u00fe',
  ])('%j is a value', (text) => {
    expect(isPlaceholder(Buffer.from(text))).toBe(false)
  })

  test('random hexadecimal and base64 keys are values', () => {
    const key = fc
      .uint8Array({ minLength: 16, maxLength: 48 })
      .filter((bytes) => bytes.some((byte) => byte !== 0))
      .map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(key, fc.constantFrom('hex', 'base64url'), (bytes, encoding) => {
        expect(isPlaceholder(Buffer.from(bytes.toString(encoding)))).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('a long value is none, whatever it ends in', () => {
    expect(isPlaceholder(Buffer.from('x'.repeat(129)))).toBe(false)
  })
})
