import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Line } from '../../../src/values/setter/line.ts'

const ESC = '\u001b'
const PASTE = `${ESC}[200~`
const PASTED = `${ESC}[201~`

/** Feeds `keys`, cut into chunks at `cuts`. */
function lineOf(keys: string, cuts: readonly number[] = [], limit = 1024): Line {
  const line = new Line(limit)
  const bytes = Buffer.from(keys)
  let from = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const to = Math.max(from, Math.min(cut, bytes.length))
    line.feed(bytes.subarray(from, to))
    from = to
  }
  line.feed(bytes.subarray(from))
  return line
}

const textIn = (line: Line): string => line.copy().toString()

describe('typed', () => {
  test.each([
    ['ends at Return', 'fake\r', 'fake'],
    ['ends at a newline', 'fake\n', 'fake'],
    ['takes both as one Return', 'fake\r\n', 'fake'],
    ['Backspace takes one back', 'fakee\u007f\r', 'fake'],
    ['Ctrl-H does as well', 'fakee\b\r', 'fake'],
    ['Backspace takes a whole character', 'fak世😀\u007f\u007fe\r', 'fake'],
    ['Backspace on nothing is nothing', '\u007f\u007ffake\r', 'fake'],
    ['Ctrl-U begins anew', 'wrong\u0015fake\r', 'fake'],
    ['Ctrl-D in a line is nothing', 'fa\u0004ke\r', 'fake'],
    ['Ctrl-D on an empty line ends it', '\u0004', ''],
    ['a Tab belongs to the value', 'fa\tke\r', 'fa\tke'],
    ['arrows and function keys are no text', `f${ESC}[Aa${ESC}OPk${ESC}[15~e\r`, 'fake'],
    ['keys with modifiers are no text', `fa${ESC}[1;5Dke${ESC}x\r`, 'fake'],
    ['other control keys are no text', 'f\u0001a\u0005k\u0017e\u001a\r', 'fake'],
  ])('%s', (_, keys, text) => {
    const line = lineOf(keys)
    expect(line).toMatchObject({ ended: true, fault: undefined, signal: undefined })
    expect(textIn(line)).toBe(text)
  })

  test('what a key could not do is counted', () => {
    expect(lineOf(`a${ESC}[A\u0001b`).ignored).toBe(2)
    expect(lineOf('ab\u007f\u0015\r').ignored).toBe(0)
  })

  test.each([
    ['\u0003', 'SIGINT'],
    ['\u001c', 'SIGQUIT'],
  ])('a key that interrupts, also after Return and beside a fault', (key, signal) => {
    expect(lineOf(`fake${key}`).signal).toBe(signal)
    expect(lineOf(`fake\r${key}`).signal).toBe(signal)
    expect(lineOf(`fake\rfake\r${key}`).signal).toBe(signal)
  })

  test('more than the limit is a fault, and no byte more is kept', () => {
    const line = lineOf('12345\r', [], 4)
    expect(line).toMatchObject({ fault: 'too-large' })
    expect(textIn(line)).toBe('1234')
  })
})

describe('pasted', () => {
  test('one line between marks, with or without its newline', () => {
    const open = lineOf(`${PASTE}fake${PASTED}`)
    expect(open).toMatchObject({ ended: false, pasting: false })
    expect(textIn(open)).toBe('fake')
    const ended = lineOf(`${PASTE}fake\r${PASTED}`)
    expect(ended).toMatchObject({ ended: true, fault: undefined, pasting: false })
    expect(textIn(ended)).toBe('fake')
  })

  test.each([
    ['two lines', `${PASTE}fake\rfake${PASTED}`, 'many-lines'],
    ['an empty second line', `${PASTE}fake\r\r${PASTED}`, 'many-lines'],
    ['without marks', 'fake\rfake\r', 'many-lines'],
    ['a control character', `${PASTE}fa\u0001ke${PASTED}`, 'control'],
    ['an interrupt character', `${PASTE}fa\u0003ke${PASTED}`, 'control'],
    ['a key sequence', `${PASTE}fa${ESC}[Ake${PASTED}`, 'control'],
  ])('%s: refused', (_, keys, fault) => {
    expect(lineOf(keys)).toMatchObject({ fault, signal: undefined })
  })

  test('an unknown sequence with a long parameter is no mark', () => {
    expect(lineOf(`${ESC}[99999999999999999999200~a`).pasting).toBe(false)
    expect(lineOf(`${ESC}[20;0~a`).pasting).toBe(false)
  })
})

/** No control characters: what one types or pastes. */
const plain = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/\p{Cc}/u.test(text))
const cuts = fc.array(fc.nat(60), { maxLength: 6 })

test('any text comes out as it went in, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(plain, fc.boolean(), cuts, (text, marked, where) => {
      const keys = marked ? `${PASTE}${text}${PASTED}\r` : `${text}\r`
      const line = lineOf(keys, where)
      expect(line).toMatchObject({ ended: true, fault: undefined, ignored: 0 })
      expect(textIn(line)).toBe(text)
    }),
    { numRuns: 300 },
  )
})

test('more than one line is refused, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(plain, plain, fc.boolean(), cuts, (first, second, marked, where) => {
      const text = `${first}\r${second}x`
      const keys = marked ? `${PASTE}${text}${PASTED}` : text
      expect(lineOf(keys, where).fault).toBe('many-lines')
    }),
    { numRuns: 300 },
  )
})
