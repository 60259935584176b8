/** Records on a terminal: nothing is wider than it, and nothing is left out. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AuditRecord, Entry } from '../../src/audit/record.ts'
import { logShow } from '../../src/cli/log.ts'
import { logTable } from '../../src/cli/log-table.ts'
import { width } from '../../src/cli/table.ts'
import { entry, openLog, tempHome } from '../audit/home.ts'
import { hearing } from './hearing.ts'

function record(seq: number, fields: Partial<Entry>): AuditRecord {
  return { ...entry(fields), v: 1, seq, time: '2026-11-24T12:00:00.000Z', prev: '' }
}

function shown(records: readonly AuditRecord[], columns?: number): string {
  return [...logTable(records, columns)].join('')
}

function without(one: AuditRecord): AuditRecord {
  const { agent, ...rest } = one
  expect(agent).toBeDefined()
  return rest
}

const RECORDS = [
  without(record(1, { event: 'log.opened' })),
  record(2, {
    agent: '支付',
    ref: 'stripe-api-key',
    decision: 'allow',
    reason: 'answered',
    envVar: 'STRIPE_API_KEY',
    provider: 'file',
  }),
]

describe('the rest of a record', () => {
  test('stands beside the columns where there is room', () => {
    expect(shown(RECORDS, 98)).toBe(
      [
        'SEQ  TIME                  EVENT           AGENT  REF',
        '1    2026-11-24T12:00:00Z  log.opened      -      -',
        '2    2026-11-24T12:00:00Z  grant.released  支付   stripe-api-key  allow answered',
        `${' '.repeat(66)}env=STRIPE_API_KEY provider=file`,
        '',
      ].join('\n'),
    )
  })

  test('and below them where there is not', () => {
    expect(shown(RECORDS, 80)).toBe(
      [
        'SEQ  TIME                  EVENT           AGENT  REF',
        '1    2026-11-24T12:00:00Z  log.opened      -      -',
        '2    2026-11-24T12:00:00Z  grant.released  支付   stripe-api-key',
        '    allow answered env=STRIPE_API_KEY provider=file',
        '',
      ].join('\n'),
    )
  })

  test('in a pipe on one line, however long', () => {
    expect(shown(RECORDS).split('\n')).toHaveLength(4)
    expect(shown(RECORDS)).toContain('allow answered env=STRIPE_API_KEY provider=file\n')
  })
})

test('on a terminal of any width no word is lost, and no line is wider unless a word is', () => {
  const word = fc.stringMatching(/^[a-z支]{1,30}$/)
  const detail = fc.dictionary(word, fc.oneof(word, fc.integer()), { maxKeys: 8 })
  fc.assert(
    fc.property(
      fc.array(detail, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 62, max: 220 }),
      (details, columns) => {
        const records = details.map((one, i) => record(i, { ref: 'r', detail: one }))
        const [wide, narrow] = [shown(records), shown(records, columns)]
        expect(narrow.split(/\s+/)).toEqual(wide.split(/\s+/))
        for (const line of narrow.split('\n')) {
          // A word that has more than the room beside the other columns is not broken.
          if (line.split(/\s+/).some((one) => width(one) > 32)) continue
          expect(width(line)).toBeLessThanOrEqual(Math.max(columns, 80))
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('what somebody wrote into the log is shown as it is, and breaks nothing', () => {
  const forged: AuditRecord = JSON.parse(
    '{"v":1,"seq":1,"time":"t","event":"e","prev":"","actor":{},"agent":5,"ref":{},"secret":null,"exit":null,"detail":null,"decision":7,"reason":"a\\u001b[2Jb"}',
  )
  for (const columns of [undefined, 80, 1]) {
    expect(shown([forged], columns)).toContain(String.raw`7 a\u{1b}[2Jb`)
  }
})

test('the width is that of the terminal', async () => {
  const home = tempHome()
  const log = openLog(home)
  await log.append([entry({ ref: 'r', detail: { one: 'x'.repeat(30), two: 'y'.repeat(30) } })])
  const [pipe, terminal] = [hearing(home), hearing(home, 80)]
  await logShow(pipe, { event: 'grant.released' })
  await logShow(terminal, { event: 'grant.released' })
  expect(pipe.stdout.trimEnd().split('\n')).toHaveLength(2)
  expect(terminal.stdout.trimEnd().split('\n')).toHaveLength(3)
})

test('a name that no record has is told on stderr', async () => {
  const home = tempHome()
  await openLog(home).append([entry({ ref: 'stripe-api-key' })])
  const io = hearing(home)
  expect(await logShow(io, { agent: 'payment-analist', ref: 'x', json: true })).toBe(0)
  expect(JSON.parse(io.stdout)).toEqual({ version: 1, records: [] })
  expect(io.stderr).toBe(
    'secretref: note: no record names an agent "payment-analist"\n' +
      'hint: did you mean "payment-analyst"?\n' +
      'secretref: note: no record names a ref "x"\n',
  )
})

test('a credential in the place of a name is not repeated', async () => {
  const home = tempHome()
  await openLog(home).append([entry()])
  const io = hearing(home)
  const value = ['sk', 'live', 'Zq7xW2Zq7xW2Zq7xW2Zq7xW2'].join('_')
  expect(await logShow(io, { agent: value })).toBe(0)
  expect(io.stderr).toBe('secretref: note: no record names an agent of that name\n')
})
