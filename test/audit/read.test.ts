import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseRecord, readLines } from '../../src/audit/read.ts'
import { entry, tempHome } from './home.ts'

function fileOf(content: string | Buffer): string {
  const home = tempHome()
  mkdirSync(home.dir, { mode: 0o700 })
  writeFileSync(home.auditLog, content, { mode: 0o600 })
  return home.auditLog
}

const linesIn = (path: string): unknown[] =>
  Array.from(readLines(path), ({ bytes, ...rest }) => ({ text: bytes.toString(), ...rest }))

describe('readLines', () => {
  test('gives each line, its number and where it ends; what is behind the last newline is not whole', () => {
    expect(linesIn(fileOf('支付\n\nthree'))).toEqual([
      { text: '支付', number: 1, end: 7, whole: true },
      { text: '', number: 2, end: 8, whole: true },
      { text: 'three', number: 3, end: 13, whole: false },
    ])
  })

  test('an empty log and no log have no line', () => {
    expect(linesIn(fileOf(''))).toEqual([])
    expect(linesIn(tempHome().auditLog)).toEqual([])
  })

  test('lines of any length come whole, wherever a read ends', () => {
    const lengths = [0, 1, 262_143, 262_144, 262_145, 300_000, 700_000, 3, 262_142]
    const content = lengths.map((length, i) => `${String(i).repeat(length)}\n`).join('')
    let end = 0
    expect(linesIn(fileOf(content))).toEqual(
      lengths.map((length, i) => {
        end += length + 1
        return { text: String(i).repeat(length), number: i + 1, end, whole: true }
      }),
    )
  })

  test('stops at what is too long to be a record', () => {
    const found = Array.from(readLines(fileOf(`a\n${'x'.repeat(5_000_000)}\nb\n`)), (line) => ({
      number: line.number,
      whole: line.whole,
    }))
    expect(found).toEqual([
      { number: 1, whole: true },
      { number: 2, whole: false },
    ])
  })

  test('closes the file also when the reader stops early', () => {
    const path = fileOf('a\nb\n')
    for (let i = 0; i < 2000; i++) {
      for (const _ of readLines(path)) break
    }
  })
})

describe('parseRecord', () => {
  const good = { ...entry(), v: 1, seq: 1, time: '2026-11-24T00:00:00.000Z', prev: '0'.repeat(64) }

  test('takes a record, with fields of later versions', () => {
    const more = { ...good, later: true }
    expect(parseRecord(Buffer.from(JSON.stringify(more)))).toEqual(more)
  })

  test('refuses what is no UTF-8', () => {
    const bytes = Buffer.from(JSON.stringify({ ...good, later: '?' }))
    bytes[bytes.indexOf('?')] = 0xff
    expect(parseRecord(bytes)).toBeUndefined()
  })

  test.each([
    ['nothing', ''],
    ['no JSON', '{"v":1'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['another version', JSON.stringify({ ...good, v: 2 })],
    ['no number', JSON.stringify({ ...good, seq: '1' })],
    ['number zero', JSON.stringify({ ...good, seq: 0 })],
    ['no actor', JSON.stringify({ ...good, actor: null })],
    ['no time', JSON.stringify({ ...good, time: undefined })],
    ['no event', JSON.stringify({ ...good, event: 7 })],
    ['no prev', JSON.stringify({ ...good, prev: undefined })],
    ['an actor whose name is no text', JSON.stringify({ ...good, actor: { id: 7 } })],
    ['a list for an actor', JSON.stringify({ ...good, actor: [] })],
    ['an agent that is no text', JSON.stringify({ ...good, agent: { toString: 1 } })],
    ['a ref that is null', JSON.stringify({ ...good, ref: null })],
    ['a version that is a list', JSON.stringify({ ...good, secret: { version: ['a'] } })],
    ['an exit that is a number', JSON.stringify({ ...good, exit: 1 })],
    ['a count that is a text', JSON.stringify({ ...good, count: '7' })],
    ['a detail that is a list', JSON.stringify({ ...good, detail: [1] })],
    ['a detail with more inside', JSON.stringify({ ...good, detail: { bytes: { valueOf: 1 } } })],
    [
      'more levels than a program can walk',
      `${JSON.stringify(good).slice(0, -1)},"x":${'['.repeat(250_000)}${']'.repeat(250_000)}}`,
    ],
  ])('refuses %s', (_, text) => {
    expect(parseRecord(Buffer.from(text))).toBeUndefined()
  })
})
