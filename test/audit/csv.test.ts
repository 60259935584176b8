/** CSV: every record is one line that a parser takes back, and no field is a formula. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvHeader, csvLine } from '../../src/audit/csv.ts'
import type { AuditRecord, Entry } from '../../src/audit/record.ts'
import { entry } from './home.ts'

/** A reader after RFC 4180 alone: quoted or bare fields, CRLF at the end of a line. */
function fieldsIn(line: string): string[] {
  const fields: string[] = []
  let rest = line
  do {
    const [whole = '', , quoted, bare = ''] =
      /^(,?)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/.exec(fields.length === 0 ? `,${rest}` : rest) ?? []
    rest = rest.slice(fields.length === 0 ? whole.length - 1 : whole.length)
    fields.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'))
  } while (rest.startsWith(','))
  expect(rest).toBe('\r\n')
  return fields
}

function record(fields: Partial<Entry> = {}): AuditRecord {
  return { ...entry(fields), v: 1, seq: 7, time: '2026-11-24T12:00:00.000Z', prev: 'ab'.repeat(32) }
}

function rowOf(fields: Partial<Entry>): Record<string, string> {
  const cells = fieldsIn(csvLine(record(fields)))
  const names = fieldsIn(csvHeader())
  expect(cells).toHaveLength(names.length)
  return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']))
}

test('the columns and their order are fixed', () => {
  expect(csvHeader()).toBe(
    'seq,time,event,actor.type,actor.id,actor.run,actor.pid,actor.uid,agent,tool,ref,envVar,provider,' +
      'target,environment,decision,reason,delivery,secret.version,secret.fingerprint,secret.expiresAt,' +
      'ms,config,command,code,exit.code,exit.signal,parent,count,detail,prev\r\n',
  )
})

test('a whole record', () => {
  const whole: Entry = {
    event: 'run.ended',
    actor: { type: 'agent', id: 'x', run: 'r-1', pid: 3, uid: 1000 },
    agent: 'a',
    tool: 't',
    ref: 'r',
    envVar: 'KEY',
    provider: 'file',
    target: 'stripe',
    environment: 'production',
    decision: 'deny',
    reason: 'expired',
    delivery: 'env',
    secret: { version: 'v1', fingerprint: 'hmac-sha256:00', expiresAt: '2027-01-01T00:00:00.000Z' },
    ms: 12,
    config: 'cd'.repeat(32),
    command: '/bin/a, "b"',
    code: 'EXPIRED',
    exit: { code: 0, signal: 'SIGTERM' },
    parent: 'r-0',
    count: 2,
    detail: { file: 'x,y', n: 1, b: true },
  }
  expect(csvLine(record(whole))).toBe(
    '7,2026-11-24T12:00:00.000Z,run.ended,agent,x,r-1,3,1000,a,t,r,KEY,file,stripe,production,deny,' +
      'expired,env,v1,hmac-sha256:00,2027-01-01T00:00:00.000Z,12,' +
      `${'cd'.repeat(32)},"/bin/a, ""b""",EXPIRED,0,SIGTERM,r-0,2,"{""file"":""x,y"",""n"":1,""b"":true}",${'ab'.repeat(32)}\r\n`,
  )
  expect(rowOf(whole)).toMatchObject({
    command: '/bin/a, "b"',
    detail: '{"file":"x,y","n":1,"b":true}',
  })
})

describe('a spreadsheet takes no field for a formula', () => {
  test.each([
    ['=1+1', `'=1+1`],
    ['+1', `'+1`],
    ['-1', `'-1`],
    ['@SUM(1)', `'@SUM(1)`],
    ['＝1', `'＝1`],
    [`'already`, `''already`],
    ['=cmd|"/c calc",x', `'=cmd|"/c calc",x`],
    ['\t=1', String.raw`\u{9}=1`],
    ['\r=1', String.raw`\u{d}=1`],
    ['\n=1', String.raw`\u{a}=1`],
    ['a=1', 'a=1'],
  ])('%j', (given, expected) => {
    expect(rowOf({ command: given })['command']).toBe(expected)
  })

  test('whatever a record holds: one line, its columns, no formula, and text that can be taken back', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[=+\-@'",;\t\r\n ]{1,4}x?$/),
    )
    fc.assert(
      fc.property(
        text,
        text,
        fc.dictionary(text, text, { maxKeys: 2 }),
        (agent, command, detail) => {
          const line = csvLine(record({ agent, command, detail }))
          const cells = fieldsIn(line)
          expect(cells).toHaveLength(31)
          expect(line.slice(0, -2)).not.toMatch(/[\p{Cc}\p{Cs}]/u)
          for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/)
          // What is visible and not marked comes back as it was.
          if (/^[ -~]*$/.test(agent)) expect(cells[8]?.replace(/^'/, '')).toBe(agent)
        },
      ),
      { numRuns: 500 },
    )
  })
})

test('a line of somebody else, whose parts are not what they should be', () => {
  const forged: AuditRecord = JSON.parse(
    '{"v":1,"seq":1,"time":"t","event":"e","prev":"","actor":{},"agent":{"=":1},"secret":null,"exit":"x","detail":[1],"ms":-5}',
  )
  const cells = fieldsIn(csvLine(forged))
  expect(cells).toHaveLength(31)
  expect([cells[8], cells[21], cells[29]]).toEqual(['{"=":1}', `'-5`, '[1]'])
})
