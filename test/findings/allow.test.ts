import { describe, expect, test } from 'vitest'
import { allow, parseAllowList, type AllowEntry } from '../../src/findings/allow.ts'
import type { Finding } from '../../src/findings/types.ts'

const PATH = '/p/allow.json'
const NOW = new Date('2026-06-15T12:00:00Z')
const fingerprint = `hmac-sha256:${'ab'.repeat(16)}`

const finding = (over: Partial<Finding> = {}): Finding => ({
  code: 'credential',
  severity: 'error',
  message: 'm',
  hint: 'h',
  places: [{ file: '/p/docs/a.env', line: 3, column: 1 }],
  targets: ['stripe'],
  fingerprint,
  ...over,
})

const run = (entries: readonly AllowEntry[], findings: readonly Finding[] = [finding()]) =>
  allow(findings, { entries, path: PATH, now: NOW })

const reason = 'made up for the documentation'

describe('an entry allows', () => {
  test.each([
    { file: 'docs/a.env', reason },
    { file: './docs/../docs/a.env', reason },
    { file: '/p/docs/a.env', line: 3, reason },
    { file: 'docs/a.env', target: 'stripe', code: 'credential', reason },
    { fingerprint, reason },
    { fingerprint, file: 'docs/a.env', reason, until: '2026-06-16' },
  ])('%j', (entry) => {
    expect(run([entry])).toEqual({ findings: [], allowed: 1, unused: [], expired: [] })
  })
})

describe('an entry does not', () => {
  test.each([
    { file: 'docs/b.env', reason },
    { file: 'a.env', reason },
    { file: 'docs/a.env', line: 4, reason },
    { file: 'docs/a.env', target: 'github', reason },
    { file: 'docs/a.env', code: 'known-value', reason },
    { fingerprint: `hmac-sha256:${'cd'.repeat(16)}`, reason },
  ])('%j', (entry) => {
    expect(run([entry])).toMatchObject({ allowed: 0, unused: [1], expired: [] })
  })

  test('after its day, and that is told', () => {
    const entry = { file: 'docs/a.env', reason, until: '2026-06-15' }
    expect(run([entry])).toMatchObject({ allowed: 0, unused: [], expired: [1] })
  })

  test('what could not be searched', () => {
    const code = 'unreadable'
    expect(run([{ file: 'docs/a.env', reason }], [finding({ code })])).toMatchObject({ allowed: 0 })
  })
})

test('every entry that fits is used, and each is numbered as it stands', () => {
  const entries = [
    { fingerprint, reason },
    { file: 'x', reason },
    { file: 'docs/a.env', reason },
  ]
  expect(run(entries)).toMatchObject({ allowed: 1, unused: [2] })
})

describe('a list with a mistake is refused, with the number of the entry', () => {
  test.each([
    ['{', 'is no JSON'],
    ['{}', 'is no array'],
    ['[{"file":"a"}]', 'entry 1: it has no reason'],
    ['[{"file":"a","reason":"  "}]', 'entry 1: reason is a text'],
    ['[{"file":"a","reason":"r"},{"reason":"r"}]', 'entry 2: it names no file'],
    ['[{"file":"a","reason":"r","value":"x"}]', 'entry 1: it has a field'],
    ['[{"file":"a","reason":"r","line":0}]', 'entry 1: line'],
    ['[{"file":"a","reason":"r","line":"1"}]', 'entry 1: line'],
    ['[{"file":1,"reason":"r"}]', 'entry 1: file is a text'],
    ['[{"file":"a","reason":"r","until":"soon"}]', 'entry 1: until'],
    ['[{"file":"a","reason":"r","until":"2026-13-01"}]', 'entry 1: until'],
    ['[null]', 'entry 1: it is no object'],
    ['[[]]', 'entry 1: it has no reason'],
  ])('%s', (text, why) => {
    expect(() => parseAllowList(text, PATH)).toThrow(why)
  })

  test('what a mistaken entry says is not repeated', () => {
    const value = 'q7Rk2mZx9TfW4bLp'
    try {
      parseAllowList(JSON.stringify([{ [value]: value }]), PATH)
      expect.unreachable()
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain(value)
    }
  })
})
