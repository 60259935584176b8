import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import { serialise } from '../../src/audit/serialise.ts'
import { entry } from './home.ts'

const record = (fields: Partial<AuditRecord> = {}): AuditRecord => ({
  prev: '0'.repeat(64),
  ...entry(),
  ...fields,
  time: '2026-11-24T00:00:00.000Z',
  seq: 1,
  v: 1,
})

describe('serialise', () => {
  test('writes keys in one order, whatever order they come in', () => {
    const line = serialise(
      record({
        detail: { zebra: 1, apple: true },
        ref: 'stripe-api-key',
        secret: { expiresAt: '2027-03-08', fingerprint: 'f', version: '1' },
        actor: { uid: 1, pid: 2, run: 'r', id: 'u', type: 'user' },
        exit: { signal: 'SIGTERM', code: 3 },
        tool: 'stripe',
      }),
    )
    expect(line).toBe(
      '{"v":1,"seq":1,"time":"2026-11-24T00:00:00.000Z","event":"grant.released",' +
        '"actor":{"type":"user","id":"u","run":"r","pid":2,"uid":1},"agent":"payment-analyst",' +
        '"tool":"stripe","ref":"stripe-api-key",' +
        '"secret":{"version":"1","fingerprint":"f","expiresAt":"2027-03-08"},' +
        '"exit":{"code":3,"signal":"SIGTERM"},"detail":{"zebra":1,"apple":true},' +
        `"prev":"${'0'.repeat(64)}"}`,
    )
  })

  test('leaves out what the record does not know', () => {
    const more = Object.assign(record(), { value: 'fake-value-stray' })
    const actor = Object.assign({ ...more.actor }, { value: 'fake-value-stray' })
    expect(serialise({ ...more, actor })).not.toContain('fake-value')
  })

  test('escapes control, format and separator characters, and keeps names readable', () => {
    const line = serialise(
      record({ reason: 'a\n\0\u001b\u007f\u009b\u202e\u2028\u{e0001}é支付😀' }),
    )
    expect(line).toContain(String.raw`"a\n\u0000\u001b\u007f\u009b\u202e\u2028\udb40\udc01é支付😀"`)
  })

  test('cuts a text of more than 4,096 units, never through a character', () => {
    const { reason } = JSON.parse(serialise(record({ reason: `${'a'.repeat(4094)}😀tail` })))
    expect(reason).toBe(`${'a'.repeat(4094)}\ufffd…`)
    expect(JSON.parse(serialise(record({ reason: 'b'.repeat(4096) }))).reason).toHaveLength(4096)
  })

  test('refuses a record that no reader would take', () => {
    const many = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`key-${i}`, 'x'.repeat(4096)]),
    )
    expect(() => serialise(record({ detail: many }))).toThrow('too long')
  })

  test('property: any text comes back, on one line without a character that deceives', () => {
    const anyText = fc
      .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x2fff })))
      .map((units) => String.fromCharCode(...units))
    fc.assert(
      fc.property(anyText, anyText, (reason, note) => {
        const line = serialise(record({ reason, detail: { note } }))
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        const back = JSON.parse(line)
        expect(back.reason).toBe(reason.toWellFormed())
        expect(back.detail.note).toBe(note.toWellFormed())
      }),
      { numRuns: 500 },
    )
  })
})
