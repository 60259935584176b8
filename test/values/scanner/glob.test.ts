/** What matching costs: the length of a pattern times that of a path, whatever the pattern. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { globOf, Work } from '../../../src/values/scanner/glob.ts'

/** Steps that it took, and what it says. */
function run(pattern: string, name: string): { steps: number; matches: boolean } {
  const work = new Work(Number.MAX_SAFE_INTEGER)
  const matches = globOf(pattern)(name, work)
  return { steps: Number.MAX_SAFE_INTEGER - work.left, matches }
}

const PIECES = ['**/', '**', '*', '?', '[a-c]', '[!x]', '[[:alpha:]]', '[[:', '[', 'a', 'b', '/']
const repeated = fc
  .tuple(fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 4 }), fc.nat(60))
  .map(([pieces, times]) => pieces.join('').repeat(times + 1))
const path = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '/', 'x'), { minLength: 1, maxLength: 4 }), fc.nat(60))
  .map(([chars, times]) => chars.join('').repeat(times + 1))

test('no more than pattern times path', () => {
  fc.assert(
    fc.property(repeated, repeated, path, (a, b, name) => {
      const pattern = a + b
      expect(run(pattern, name).steps).toBeLessThanOrEqual((pattern.length + 1) * (name.length + 1))
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['folders in folders', '**/'.repeat(2000), `${'a/'.repeat(100)}b`],
  ['so many that they do not fit a stack', `${'**/'.repeat(100_000)}b`, 'a/a'],
  ['stars', '*?'.repeat(2000), 'a'.repeat(1999)],
])('%s take no time', (_, pattern, name) => {
  const begun = performance.now()
  expect(run(pattern, name).matches).toBe(false)
  expect(performance.now() - begun).toBeLessThan(5000)
})

test.each([
  ['classes that are none', `a${'[[:'.repeat(200_000)}`, false],
  ['classes that are none, in a set', `[${'[:'.repeat(200_000)}x]`, true],
])('%s are read in one go', (_, pattern, matches) => {
  const begun = performance.now()
  expect(run(pattern, ':').matches).toBe(matches)
  expect(performance.now() - begun).toBeLessThan(5000)
})

test.each(['constructor', '__proto__', 'toString', 'a:b', '', 'x'.repeat(100)])(
  'a class %j is none, and such a pattern matches nothing',
  (name) => {
    expect(run(`[[:${name}:]]`, 'a').matches).toBe(false)
  },
)

test('without work left nothing matches, and that is told', () => {
  const work = new Work(10)
  expect(globOf('*a*b*c')('a'.repeat(100), work)).toBe(false)
  expect(work.ranOut).toBe(true)
})

test('work is also that of the whole', () => {
  const whole = new Work(100)
  expect(new Work(80, whole).spend(80)).toBe(true)
  const second = new Work(80, whole)
  expect(second.spend(30)).toBe(false)
  expect(second.ranOut).toBe(true)
})
