/** What is taken out of files that anchors keep, whoever else could write to them. */
import { describe, expect, test } from 'vitest'
import { lineOf } from '../../src/audit/anchor/line.ts'
import { parseVerifierKey } from '../../src/audit/note.ts'
import { checkpointsIn, notesKept, type Notes } from '../../src/audit/vouched.ts'
import { keyOf, signedLog } from './signed-log.ts'

const log = signedLog({ records: 9 })
const other = signedLog({ records: 9, key: keyOf('another') })

function read(text: string): Notes {
  const key = parseVerifierKey(log.vkey)
  return checkpointsIn(notesKept(text), () => key, true)
}

function sizes({ checkpoints }: Notes): number[] {
  return checkpoints
    .filter(({ known }) => known)
    .map(({ size }) => size)
    .toSorted((one, next) => one - next)
}

const inLine = (size: number): string => `Nov 24 host secretref[7]: ${lineOf(log.note(size))}\n`

describe('a file', () => {
  test('of notes and of lines of a system log: both count, each once', () => {
    for (const text of [
      `${inLine(3)}${log.note(5)}${log.note(3)}${inLine(3)}`,
      `${log.note(5)}${inLine(3)}`,
      `${log.note(3)}Nov 24 host other: x\n${inLine(5)}`,
    ]) {
      expect(sizes(read(text))).toEqual([3, 5])
      expect(read(text)).toMatchObject({ forged: 0, unreadable: 0 })
    }
  })

  test('in which a line names itself one of a checkpoint, and holds none', () => {
    for (const line of ['note=', 'note=AAAA', 'note=====', `note=${'QUJD'.repeat(1000)}`]) {
      const found = read(`${log.note(5)}x checkpoint size=1 ${line}\n${inLine(7)}`)
      expect(sizes(found)).toEqual([5, 7])
      expect(found.unreadable).toBe(1)
    }
  })

  test('in which a note is torn at any byte: the others are found, and that it is there is told', () => {
    const note = log.note(5)
    for (let end = 1; end < Buffer.byteLength(note) - 1; end++) {
      for (const between of ['', '\n']) {
        const torn = Buffer.from(note).subarray(0, end).toString()
        const found = read(log.note(3) + torn + between + log.note(7))
        expect(sizes(found)).toEqual([3, 7])
        const unknown = found.checkpoints.length - 2
        expect(found.forged + found.unreadable + unknown).toBe(1)
      }
    }
  })

  test('in which a bad signature was put behind a good one: the good one counts', () => {
    const [, bad = ''] = log.note(4).split('\n\n')
    const found = read(log.note(5) + bad + bad)
    expect(sizes(found)).toEqual([5])
    expect(found.forged).toBe(1)
  })

  test('in which only others signed', () => {
    expect(read(other.note(5))).toMatchObject({ checkpoints: [{ known: false }], forged: 0 })
  })
})
