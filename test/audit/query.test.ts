import { describe, expect, test } from 'vitest'
import { Lookout, matcher, type Query, type Unseen } from '../../src/audit/query.ts'
import type { AuditRecord, Entry } from '../../src/audit/record.ts'
import { entry } from './home.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const record = (time: string, fields: Partial<Entry> = {}): AuditRecord => ({
  ...entry(fields),
  v: 1,
  seq: 1,
  time,
  prev: '',
})
const times = (query: Query): string[] =>
  ['2026-11-17T12:00:00.000Z', '2026-11-24T00:00:00.000Z', '2026-11-24T10:00:00.000Z'].filter(
    (time) => matcher(query, NOW)(record(time)),
  )

describe('matcher', () => {
  test('without a question everything matches', () => {
    expect(times({})).toHaveLength(3)
  })

  test.each([
    [{ agent: 'a' }, true],
    [{ agent: 'b' }, false],
    [{ ref: 'r' }, true],
    [{ ref: 'R' }, false],
    [{ event: 'run.ended' }, true],
    [{ event: 'run.started' }, false],
    [{ agent: 'a', ref: 'other' }, false],
  ])('%j: %s', (query, expected) => {
    const matches = matcher(query, NOW)
    expect(matches(record(NOW.toISOString(), { agent: 'a', ref: 'r', event: 'run.ended' }))).toBe(
      expected,
    )
  })

  test('a record without a ref is not of a ref', () => {
    expect(matcher({ ref: 'r' }, NOW)(record(NOW.toISOString()))).toBe(false)
  })

  test.each([
    ['2h', 1],
    ['7200s', 1],
    ['119m', 0],
    ['12h', 2],
    ['7d', 3],
    ['1w', 3],
    ['6d', 2],
    ['2026-11-24', 2],
    ['2026-11-24T00:00:00.001Z', 1],
    ['2026-11-24T09:00:00+00:00', 1],
    ['2026-11-24t11:30:00+01:30', 1],
    ['2026-11-24 10:00Z', 1],
  ])('since %s', (since, count) => {
    expect(times({ since })).toHaveLength(count)
  })

  test('until is the moment before which', () => {
    expect(times({ until: '2h' })).toHaveLength(2)
    expect(times({ until: '2026-11-24T10:00:00.001Z' })).toHaveLength(3)
    expect(times({ since: '2026-11-24', until: '2026-11-24' })).toHaveLength(0)
    expect(() => times({ since: '1h', until: '2h' })).toThrow(/--since is after --until/)
  })

  test.each([
    'yesterday',
    '',
    '2',
    '2y',
    '-2h',
    '24.11.2026',
    '2026-13-01',
    '2026-02-30',
    '2026-11-24T10:00',
  ])('not a time: %j', (since) => {
    expect(() => matcher({ since }, NOW)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: `--since is not a time: "${since}"` }),
    )
  })

  test('an event that does not exist is a mistake, not an empty answer', () => {
    expect(() => matcher({ event: 'grant' }, NOW)).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('grant.released') }),
    )
  })
})

function unseen(query: Query, ...records: readonly Partial<Entry>[]): readonly Unseen[] {
  const lookout = new Lookout(query)
  for (const fields of records) lookout.see(record(NOW.toISOString(), fields))
  return lookout.unseen()
}

describe('what was mistyped', () => {
  test('the nearest event is suggested', () => {
    expect(() => matcher({ event: 'grant.relesed' }, NOW)).toThrow(
      expect.objectContaining({
        message: 'there is no event "grant.relesed" in the audit log',
        hint: 'did you mean "grant.released"?',
      }),
    )
  })

  test('a word that could be a value is not repeated', () => {
    const value = ['fake', 'Zq7xW2'.repeat(8)].join('')
    for (const query of [{ event: value }, { since: value }, { until: `${value} $` }]) {
      expect(() => matcher(query, NOW)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('Zq7xW2') }),
      )
    }
  })

  test('a name that no record has is told, with the one that is near', () => {
    const records = [{ agent: 'payment-analyst', ref: 'r' }, { agent: 'b' }]
    expect(unseen({ agent: 'payment-analist', ref: 'other' }, ...records)).toEqual([
      { kind: 'agent', name: 'payment-analist', nearest: 'payment-analyst' },
      { kind: 'ref', name: 'other' },
    ])
    expect(unseen({ agent: 'b', ref: 'r' }, ...records)).toEqual([])
    expect(unseen({ event: 'run.ended' }, ...records)).toEqual([])
    expect(unseen({ agent: 'b' })).toEqual([{ kind: 'agent', name: 'b' }])
  })

  test('a name is seen also where very many others are', () => {
    const many = Array.from({ length: 10_050 }, (_, i) => ({ agent: `a-${i}` }))
    expect(unseen({ agent: 'a-10049' }, ...many)).toEqual([])
  })
})
