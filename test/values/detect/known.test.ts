import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KnownValues } from '../../../src/values/detect/known.ts'

/** Fingerprints are a matter of their own; here every text is its own. */
const search = (text: string, known: readonly string[], most = 1e6): string[] =>
  new KnownValues((one) => one, known, most)
    .spans(text)
    .spans.map(({ start, end }) => text.slice(start, end))

const VALUE = 'q7Rk2mZx9TfW4bLp'
const WORDY = 'correcthorse'

describe('a known value is found', () => {
  test.each([
    VALUE,
    `x ${VALUE} y`,
    `A=${VALUE}`,
    `"${VALUE}"`,
    `'${VALUE}'`,
    `\`${VALUE}\``,
    `f("a", ${VALUE});`,
    `https://user:${VALUE}@host/path`,
    `https://host/?key=${VALUE}&x=1`,
    `[${VALUE}, other]`,
    `{a:${VALUE}}`,
    `--key=${VALUE},`,
    `<b>${VALUE}</b>`,
    `a|${VALUE}|b`,
    `\r\n${VALUE}\r\n`,
  ])('%s', (text) => {
    expect(new Set(search(text, [VALUE]))).toEqual(new Set([VALUE]))
  })

  test.each([
    ['a word, behind a sign or in quotes', WORDY, [`A=${WORDY}`, `"${WORDY}"`, `x: '${WORDY}'`]],
    ['with spaces', 'correct horse 1', ['A=correct horse 1\n', '"correct horse 1"']],
    ['base64', 'ab+/cd12==', ['A=ab+/cd12==', '"ab+/cd12=="', 'x ab+/cd12== y', 'k: ab+/cd12==,']],
    ['with signs that separate', 'a=b;c@1(d)', ['A=a=b;c@1(d)', '"a=b;c@1(d)"', ' a=b;c@1(d) ']],
  ])('%s', (_, value, texts) => {
    for (const text of texts) expect(search(text, [value])).toContain(value)
  })

  test('escaped in JSON, at its place in the text', () => {
    const value = 'it"s\\a\nvalue é 1'
    const bytes = Buffer.from(value).toString('latin1')
    const text = Buffer.from(JSON.stringify({ a: value })).toString('latin1')
    const [span] = new KnownValues((one) => one, [bytes], 100).spans(text).spans
    expect(text.slice(span?.start, span?.end)).toBe(
      Buffer.from(JSON.stringify(value)).toString('latin1').slice(1, -1),
    )
  })

  test('whatever it is, in quotes', () => {
    const value = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 60 })
    fc.assert(
      fc.property(value, (one) => {
        expect(search(`x = ${JSON.stringify(one)}`, [one]).length).toBeGreaterThan(0)
      }),
      { numRuns: 200 },
    )
  })
})

test('nothing else is', () => {
  expect(search(`${VALUE}x x${VALUE} ${VALUE.slice(1)} ${VALUE.toLowerCase()}`, [VALUE])).toEqual(
    [],
  )
  expect(search('short x=1234567', ['short', '1234567'])).toEqual([])
})

test('one value under two names is both', () => {
  const known = new KnownValues((one) => one, ['other-1-2-3', VALUE, VALUE], 100)
  expect(known.spans(`"${VALUE}"`).spans[0]?.known).toEqual([1, 2])
})

test('the number of texts that are looked up is bounded, and that it was reached is told', () => {
  let asked = 0
  const count = (one: string): string => {
    asked += 1
    return one
  }
  const text = Array.from({ length: 50 }, (_, i) => `token-number-${i}`).join(' ')
  const known = new KnownValues(count, [VALUE], 20)
  expect(known.spans(text).whole).toBe(false)
  expect(asked).toBe(20)
  expect(known.spans('').whole).toBe(true)
})

test('the same text is looked up once', () => {
  let asked = 0
  const known = new KnownValues(() => String((asked += 1)), [VALUE], 100)
  for (let i = 0; i < 5; i++) known.spans('token-number-1 token-number-1')
  expect(asked).toBe(1)
})

test('without known values nothing is looked up', () => {
  const known = new KnownValues(() => expect.unreachable(), [], 100)
  expect(known.spans(`"${VALUE}"`)).toEqual({ spans: [], whole: true })
})
