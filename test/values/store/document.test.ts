import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDocument, writeDocument, type Document } from '../../../src/values/store/document.ts'
import { addVersion, promote, remove, versionAt } from '../../../src/values/store/versions.ts'

const NOW = new Date('2026-11-25T09:00:00.000Z')
const empty = (): Document => ({ recipients: ['age1fake'], secrets: new Map() })

function add(
  document: Document,
  name: string,
  value: string,
  more: Partial<{ expect: string; operation: string; stage: 'pending' | 'current' }> = {},
) {
  operations += 1
  return addVersion(document, name, {
    value: Buffer.from(value),
    expect: 'any',
    operation: `op-${operations}`,
    stage: 'current',
    now: NOW,
    ...more,
  })
}
let operations = 0

const current = (document: Document, name: string): string | undefined =>
  versionAt(document, name, undefined)?.value.toString()

describe('a document', () => {
  test('comes back as it was written, whatever bytes its values have', () => {
    const name = fc
      .stringMatching(/^[a-z][a-z0-9/._-]{0,20}$/)
      .filter((text) => text !== 'constructor')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, fc.uint8Array({ minLength: 1, maxLength: 40 })), { maxLength: 8 }),
        (puts) => {
          const document = empty()
          for (const [i, [key, value]] of puts.entries()) {
            addVersion(document, key, {
              value: Buffer.from(value),
              expect: 'any',
              operation: `op-${i}`,
              stage: 'current',
              now: NOW,
            })
          }
          const bytes = writeDocument(document)
          const read = readDocument(bytes)
          expect(read?.recipients).toEqual(document.recipients)
          expect(new Map(read?.secrets)).toEqual(document.secrets)
          expect(read && writeDocument(read).equals(bytes)).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('is JSON that a person can read', () => {
    const document = empty()
    add(document, 'stripe-api-key', 'fake-"value"\n')
    const parsed: unknown = JSON.parse(writeDocument(document).toString())
    expect(parsed).toMatchObject({
      'secretref-store': 1,
      secrets: { 'stripe-api-key': { current: 1, versions: [{ value: 'fake-"value"\n' }] } },
    })
  })

  test.each([
    ['another format', '{"secretref-store": 2, "recipients": [], "secrets": {}}'],
    ['no secrets', '{"secretref-store": 1, "recipients": []}'],
    [
      'a name that is none',
      '{"secretref-store":1,"recipients":[],"secrets":{"__proto__":{"versions":[]}}}',
    ],
    [
      'a current version that is not there',
      '{"secretref-store":1,"recipients":[],"secrets":{"a":{"current":1,"versions":[]}}}',
    ],
    [
      'versions out of order',
      `{"secretref-store":1,"recipients":[],"secrets":{"a":{"versions":[${[2, 1].map((n) => `{"version":${n},"createdAt":"2026-01-01","value":"fake"}`).join()}]}}}`,
    ],
    [
      'base64 that is none',
      '{"secretref-store":1,"recipients":[],"secrets":{"a":{"versions":[{"version":1,"createdAt":"2026-01-01","base64":"A"}]}}}',
    ],
    ['no JSON', 'fake'],
  ])('is refused with %s', (_what, text) => {
    expect(readDocument(Buffer.from(text))).toBeUndefined()
  })
})

describe('versions', () => {
  test('the newest is current, the one before previous; each can be asked for', () => {
    const document = empty()
    add(document, 'a', 'fake-1')
    add(document, 'a', 'fake-2')
    expect(document.secrets.get('a')).toMatchObject({ current: 2, previous: 1 })
    expect(current(document, 'a')).toBe('fake-2')
    expect(versionAt(document, 'a', '1')?.value.toString()).toBe('fake-1')
    expect(versionAt(document, 'a', '3')).toBeUndefined()
  })

  test('a compare-and-set that does not hold changes nothing', () => {
    const document = empty()
    add(document, 'a', 'fake-1', { expect: 'absent' })
    const before = writeDocument(document)
    expect(add(document, 'a', 'fake-2', { expect: 'absent' }).kind).toBe('conflict')
    expect(add(document, 'a', 'fake-2', { expect: '7' }).kind).toBe('conflict')
    expect(promote(document, 'a', '7', '1')).toEqual({ kind: 'written', version: 1 })
    expect(writeDocument(document)).toEqual(before)
    expect(add(document, 'a', 'fake-2', { expect: '1' })).toEqual({ kind: 'written', version: 2 })
  })

  test('an operation that is repeated is done once', () => {
    const document = empty()
    add(document, 'a', 'fake-1', { operation: 'same' })
    add(document, 'a', 'fake-2')
    expect(add(document, 'a', 'fake-1', { operation: 'same' })).toEqual({
      kind: 'written',
      version: 1,
    })
    expect(current(document, 'a')).toBe('fake-2')
  })

  test('a pending one is answered with only once it is promoted, and a rollback is a promotion', () => {
    const document = empty()
    add(document, 'a', 'fake-1')
    add(document, 'a', 'fake-2', { stage: 'pending' })
    expect(current(document, 'a')).toBe('fake-1')
    expect(promote(document, 'a', '9', '2').kind).toBe('conflict')
    expect(promote(document, 'a', '1', '2')).toEqual({ kind: 'written', version: 2 })
    expect(promote(document, 'a', '1', '2')).toEqual({ kind: 'written', version: 2 })
    expect(document.secrets.get('a')).toMatchObject({ current: 2, previous: 1 })
    expect(document.secrets.get('a')).not.toHaveProperty('pending')
    promote(document, 'a', '2', '1')
    expect(current(document, 'a')).toBe('fake-1')
    expect(promote(document, 'a', '1', '5').kind).toBe('absent')
  })

  test('old ones go, those in use stay', () => {
    const document = empty()
    add(document, 'a', 'fake-1')
    for (let i = 2; i <= 30; i += 1) add(document, 'a', `fake-${i}`, { stage: 'pending' })
    const kept = document.secrets.get('a')?.versions.map(({ version }) => version) ?? []
    expect(kept).toContain(1)
    expect(kept).toContain(30)
    expect(kept.length).toBeLessThanOrEqual(11)
  })

  test('a removed name is gone, its bytes wiped', () => {
    const document = empty()
    add(document, 'a', 'fake-1')
    const bytes = versionAt(document, 'a', '1')?.value
    expect(remove(document, 'a', '7').kind).toBe('conflict')
    expect(remove(document, 'a', '1').kind).toBe('written')
    expect(bytes?.every((byte) => byte === 0)).toBe(true)
    expect(remove(document, 'a', 'any').kind).toBe('absent')
  })
})
