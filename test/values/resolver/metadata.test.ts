import { describe, expect, test } from 'vitest'
import { describeValue } from '../../../src/values/resolver/metadata.ts'

const fingerprint = (value: Buffer): string => `fake:${value.length}`
const VALUE = Buffer.from('fake-value-0123')

describe('what is said about a value', () => {
  test('its version, dates, fingerprint and warnings; nothing else', () => {
    const described = describeValue(
      VALUE,
      {
        version: 'v1.2:3_4-5',
        createdAt: new Date('2026-01-02T03:04:05Z'),
        expiresAt: new Date('2027-01-02T03:04:05.678Z'),
        warnings: [{ code: 'PLACEHOLDER_VALUE' }],
      },
      fingerprint,
    )
    expect(described).toEqual({
      version: 'v1.2:3_4-5',
      createdAt: '2026-01-02T03:04:05.000Z',
      expiresAt: '2027-01-02T03:04:05.678Z',
      fingerprint: 'fake:15',
      warnings: [{ code: 'PLACEHOLDER_VALUE' }],
    })
    expect(describeValue(VALUE, {}, fingerprint)).toEqual({ fingerprint: 'fake:15', warnings: [] })
  })

  test.each(['a b', '', 'é', 'v\n', 'v'.repeat(129), '{}'])('no version %j', (version) => {
    expect(describeValue(VALUE, { version }, fingerprint)).not.toHaveProperty('version')
  })

  test.each(['fake-value-0123', 'v1:fake-value-0123', 'fake-value-0123.old'])(
    'a version that holds the value is refused whole: %s',
    (version) => {
      const refused = { code: 'PROVIDER_INVALID', reason: 'refused-metadata' }
      expect(describeValue(VALUE, { version }, fingerprint)).toEqual(refused)
    },
  )

  test('a short value stands in a version by chance: then the version is left out', () => {
    const short = Buffer.from('42')
    expect(describeValue(short, { version: 'v1.42' }, fingerprint)).toEqual({
      fingerprint: 'fake:2',
      warnings: [],
    })
    expect(describeValue(short, { version: 'v1.43' }, fingerprint)).toHaveProperty('version')
    // From eight bytes on it is no chance.
    const eight = Buffer.from('12345678')
    expect(describeValue(eight, { version: '12345678' }, fingerprint)).toHaveProperty('reason')
  })
})
