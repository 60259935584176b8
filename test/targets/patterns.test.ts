/** That no pattern of the catalogue can be made to run for long, and that the proof of it is one. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shapeOf, stepsOf } from '../../scripts/generate/targets/cost.ts'
import { parse } from '../../scripts/generate/targets/regex.ts'
import { prefixesOf, samplesOf } from '../../scripts/generate/targets/samples.ts'
import { CATALOGUE } from '../../src/targets/catalogue.ts'

const patterns = [...new Set(CATALOGUE.flatMap(({ pattern }) => pattern?.regex ?? []))]
const steps = (body: string): number => stepsOf(parse(`^${body}$`))

describe('every pattern', () => {
  test.each([
    ['without anchors', false],
    ['with them', true],
  ])('ends on texts that are made to be hard, %s', (_, anchored) => {
    // What backtracks without an end never comes back from here: the test's own limit ends it.
    for (const regex of patterns) {
      const pattern = new RegExp(anchored ? regex : regex.slice(1, -1))
      for (const text of hardFor(regex)) pattern.test(text)
    }
  })

  test('takes what is made from it, and nothing longer than is said', () => {
    for (const regex of patterns) {
      const tree = parse(regex)
      const pattern = new RegExp(regex)
      const { longest } = shapeOf(tree)
      const prefixes = prefixesOf(tree)
      for (const sample of samplesOf(tree)) {
        expect(pattern.test(sample), regex).toBe(true)
        expect(sample.length).toBeLessThanOrEqual(longest)
        expect(
          prefixes.some((prefix) => sample.startsWith(prefix)),
          regex,
        ).toBe(true)
      }
    }
  })
})

/** Its own texts, repeated, cut, and with an end that fits nowhere. */
function hardFor(regex: string): string[] {
  const samples = samplesOf(parse(regex)).slice(0, 4)
  return samples.flatMap((sample) => {
    const many = sample.repeat(Math.ceil(4096 / sample.length))
    const last = sample.slice(-1).repeat(4096)
    const half = sample.slice(0, sample.length / 2)
    return [`${many}\u0000`, `${half}${last}\u0000`, `${half.repeat(8)}${last}`, `${sample}\u0000`]
  })
}

describe('the bound on steps', () => {
  test.each([
    ['abc', 3],
    ['[a-z]{1,100}', 100],
    // The dot alone decides where the first ends.
    ['[a-z]{1,100}\\.[a-z]{1,100}', 300],
    // Each of a hundred places may be the end.
    ['[a-z]{1,100}x[a-z]{1,100}', 10_200],
    // Which branch it is shows at once, or does not.
    ['(?:ab|cd)e', 5],
    ['(?:ab|ac)e', 6],
  ])('of %s is %i', (body, most) => {
    expect(steps(body)).toBe(most)
  })

  test.each(['(?:a{1,9}){1,9}', '(?:a|a){1,9}', '(?:a?){1,9}', '(?:ab?b?){2,9}'])(
    'is refused for %s, where one text can be taken in several ways',
    (body) => {
      expect(() => steps(body)).toThrow('several ways')
    },
  )

  test('holds for a matcher that counts its steps, whatever the pattern and the text', () => {
    const atom = fc.constantFrom('a', 'b', '[ab]', '[a-c]', 'c')
    const many = fc.constantFrom('', '', '?', '{2}', '{1,3}', '{0,4}')
    const item = fc.tuple(atom, many).map((parts) => parts.join(''))
    const group = fc
      .tuple(fc.array(item, { minLength: 1, maxLength: 2 }), many)
      .map(([items, times]) => `(?:${items.join('|')})${times}`)
    const body = fc
      .array(fc.oneof(item, group), { minLength: 1, maxLength: 5 })
      .map((items) => items.join(''))
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c'), { maxLength: 14 })
      .map((all) => all.join(''))
    fc.assert(
      fc.property(body, text, (regex, subject) => {
        let most: number
        try {
          most = steps(regex)
        } catch {
          return
        }
        expect(countedSteps(regex, subject)).toBeLessThanOrEqual(most)
      }),
      { numRuns: 1500 },
    )
  })
})

/** How many characters a plain backtracking matcher looks at, without any of an engine's shortcuts. */
function countedSteps(body: string, text: string): number {
  type Tree = ReturnType<typeof parse>
  let count = 0
  const walk = (node: Tree, at: number, then: (at: number) => boolean): boolean => {
    switch (node.type) {
      case 'chars': {
        count++
        const code = text.codePointAt(at)
        return code !== undefined && node.chars[code] === true && then(at + 1)
      }
      case 'choice':
        return node.branches.some((branch) => walk(branch, at, then))
      case 'repeat': {
        const more = (times: number, from: number): boolean =>
          (times < node.most &&
            walk(
              node.item,
              from,
              (next) => (next > from || times < node.least) && more(times + 1, next),
            )) ||
          (times >= node.least && then(from))
        return more(0, at)
      }
      case 'sequence':
      default: {
        const each = (index: number, from: number): boolean => {
          const item = node.items[index]
          return item === undefined ? then(from) : walk(item, from, (next) => each(index + 1, next))
        }
        return each(0, at)
      }
    }
  }
  walk(parse(`^${body}$`), 0, (at) => at === text.length)
  return count
}

describe('what is not understood is refused', () => {
  test.each([
    'a',
    '^a',
    'a$',
    '^a\\$',
    '^a*$',
    '^a+$',
    '^a{2,}$',
    '^a{3,2}$',
    '^a{2}{3}$',
    '^a??$',
    '^(a)$',
    '^(?=a)b$',
    '^(?<n>a)$',
    '^(?!a)b$',
    '^a.b$',
    '^a^b$',
    '^a$b$',
    '^\\ba$',
    '^(?:a)\\1$',
    '^\\p{L}$',
    '^(?:a$',
    '^a)$',
    '^[a$',
  ])('%s', (regex) => {
    expect(() => parse(regex)).toThrow()
  })
})
