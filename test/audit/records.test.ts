import { describe, expect, test } from 'vitest'
import type { Line } from '../../src/audit/read.ts'
import { recordsOf, type Damage } from '../../src/audit/records.ts'
import { MAX_LINE } from '../../src/audit/serialise.ts'

const LINE = '{"v":1,"seq":1,"time":"t","event":"e","prev":"","actor":{}}'

function read(...texts: (string | Buffer)[]): { seqs: number; first: number | undefined } {
  const lines = texts.map((text, i): Line => {
    const bytes = Buffer.from(text)
    const whole = bytes.at(-1) === 10
    return { number: i + 1, bytes: whole ? bytes.subarray(0, -1) : bytes, end: 0, whole }
  })
  const damage: Damage = {}
  const seqs = [...recordsOf(lines, damage)].length
  return { seqs, first: damage.first }
}

describe('lines that are no records', () => {
  test('none', () => {
    expect(read(`${LINE}\n`, `${LINE}\n`)).toEqual({ seqs: 2, first: undefined })
  })

  test('the first is named, and the others are read', () => {
    expect(read(`${LINE}\n`, 'x\n', 'y\n', `${LINE}\n`)).toEqual({ seqs: 2, first: 2 })
  })

  test('bytes behind the last newline may be a writer at work, unless they are too many', () => {
    expect(read(`${LINE}\n`, '{"v"')).toEqual({ seqs: 1, first: undefined })
    expect(read(`${LINE}\n`, 'x'.repeat(MAX_LINE + 1))).toEqual({ seqs: 1, first: 2 })
  })

  test('an unfinished line with another segment behind it is damage', () => {
    expect(read('{"v"', `${LINE}\n`)).toEqual({ seqs: 1, first: 1 })
  })

  test('what is not UTF-8 is no record: its text is not what its bytes say', () => {
    const bytes = Buffer.concat([
      Buffer.from(LINE.slice(0, 30)),
      Buffer.from([0xff]),
      Buffer.from(`${LINE.slice(30)}\n`),
    ])
    expect(read(bytes)).toEqual({ seqs: 0, first: 1 })
  })
})
