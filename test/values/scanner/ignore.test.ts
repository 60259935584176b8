/** What `.gitignore` leaves out, held against git itself. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { globOf, Work } from '../../../src/values/scanner/glob.ts'
import { Ignored, NO_RULES, rulesIn, type Rules } from '../../../src/values/scanner/ignore.ts'
import { loudly } from '../loud.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit) loudly('.gitignore as git reads it', 'needs git')

/** Nothing of this machine's or user's own git settings. */
const GIT = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }

const enough = (): Work => new Work(Number.MAX_SAFE_INTEGER)

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-ignore-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Which of the paths git would ignore, by the `.gitignore` files given by folder. */
function byGit(
  dir: string,
  ignores: ReadonlyMap<string, string>,
  paths: readonly string[],
): string[] {
  for (const [where, text] of ignores) {
    mkdirSync(join(dir, where), { recursive: true })
    writeFileSync(join(dir, where, '.gitignore'), text, 'latin1')
  }
  for (const path of paths) {
    mkdirSync(join(dir, path.endsWith('/') ? path : dirname(path)), { recursive: true })
    if (!path.endsWith('/')) writeFileSync(join(dir, path), '')
  }
  const { stdout, status } = spawnSync('git', ['check-ignore', '--no-index', '--stdin', '-z'], {
    cwd: dir,
    env: GIT,
    input: paths.map((path) => `${path}\0`).join(''),
    encoding: 'utf8',
  })
  if (status !== 0 && status !== 1) throw new Error('git did not answer')
  return stdout.split('\0').filter((path) => path !== '')
}

/** The same by our own rules: an entry is left out where it, or a folder above it, is. */
function byUs(ignores: ReadonlyMap<string, string>, paths: readonly string[]): string[] {
  const rulesOf = (where: string): Rules => rulesIn(ignores.get(where) ?? '') ?? NO_RULES
  return paths.filter((path) => {
    const isFolder = path.endsWith('/')
    const steps = path.replace(/\/$/, '').split('/')
    let rules = Ignored.top(rulesOf(''))
    return steps.some((name, i) => {
      const isLast = i === steps.length - 1
      if (rules.ignores(name, isFolder || !isLast, enough())) return true
      rules = rules.below(name, rulesOf(steps.slice(0, i + 1).join('/')))
      return false
    })
  })
}

const NAMES = ['a', 'b', 'ab', 'a.b', 'A', 'a b', '[a]', '-', 'b!', '#a', '!a', 'a*']
const name = fc.constantFrom(...NAMES)
const paths = fc.uniqueArray(
  fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/')),
  { minLength: 6, maxLength: 20 },
)
/** No path may be a file where another has a folder. */
const consistent = paths.map((all) =>
  all.filter((path) => !all.some((other) => other !== path && other.startsWith(`${path}/`))),
)
const SIGNS =
  '* ** ? / / /**/ **/ /** *** [ab] [!a] [^b] [a-c] []a] [[:alpha:]] [[:nope:]] [ \\ \\* ! \\! # \\# [a-] [\\]]'
const piece = fc.constantFrom(...NAMES, ...SIGNS.split(' '), ' ', '\\ ')
const line = fc
  .tuple(fc.constantFrom('', '', '!', '/'), fc.array(piece, { maxLength: 5 }))
  .map(([start, pieces]) => start + pieces.join(''))
const text = fc
  .tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'))
  .map(([lines, end]) => lines.map((one) => one + end).join(''))

describe.runIf(hasGit)('as git does', () => {
  test('whatever the patterns, in nested files', () => {
    const dir = folder()
    execFileSync('git', ['init', '-q', dir], { env: GIT })
    let n = 0
    fc.assert(
      fc.property(
        text,
        text,
        consistent,
        fc.constantFrom('a', 'ab', 'b'),
        (top, below, all, where) => {
          // A repository of its own for each would take most of the time.
          const base = `case-${n++}`
          const inner = all.includes(where) ? [] : [[`${base}/${where}`, below] as const]
          const ignores = new Map([[base, top], ...inner])
          const given = all.map((path) => `${base}/${path}`)
          expect(byUs(ignores, given)).toEqual(byGit(dir, ignores, given))
        },
      ),
      { numRuns: 80 },
    )
  })

  test.each([
    ['build/\n', ['build/x', 'src/build/y', 'build.txt']],
    ['*.log\n!keep.log\n', ['a.log', 'keep.log', 'd/a.log', 'd/keep.log']],
    ['/only\n', ['only', 'd/only']],
    ['d/**/x\n', ['d/x', 'd/e/x', 'd/e/f/x', 'x']],
    ['a/*\n!a/b\n', ['a/b', 'a/c', 'a/d/e']],
    ['\ufeffx\n', ['x']],
    ['x   \ny\\ \n', ['x', 'y ', 'y']],
    ['x', ['x']],
    ['x**/y\n', ['x/y', 'xa/y', 'x/a/y', 'xy']],
    ['é\n', ['é', 'e']],
  ])('%j', (patterns, given) => {
    const dir = folder()
    execFileSync('git', ['init', '-q', dir], { env: GIT })
    const ignores = new Map([['', Buffer.from(patterns).toString('latin1')]])
    const bytes = given.map((path) => Buffer.from(path).toString('latin1'))
    const ours = byUs(ignores, bytes).map((path) => Buffer.from(path, 'latin1').toString())
    expect(ours).toEqual(byGit(dir, ignores, given))
  })
})

test('a pattern that is made to take for ever takes no time', () => {
  const pattern = `${'*a'.repeat(200)}b`
  const begun = performance.now()
  expect(globOf(pattern)('a'.repeat(2000), enough())).toBe(false)
  expect(globOf(`${'**/a'.repeat(150)}/b`)('a/'.repeat(1000), enough())).toBe(false)
  // Going back and trying again would outlast everybody.
  expect(performance.now() - begun).toBeLessThan(5000)
})

describe('a file is followed as a whole or not at all', () => {
  test.each([
    ['10,000 patterns', 'a\n'.repeat(10_000), true],
    ['one more', 'a\n'.repeat(10_001), false],
    ['lines that are no patterns', '#\n\n'.repeat(20_000), true],
    ['a pattern as long as a path', 'a'.repeat(4096), true],
    ['one that is longer', `b\n${'a'.repeat(4097)}\nc`, false],
    ['more than is held', `#${'a'.repeat(512 * 1024)}`, false],
  ])('%s', (_, given, isFollowed) => {
    expect(rulesIn(given) !== undefined).toBe(isFollowed)
  })

  test('those above take of the room', () => {
    const half = rulesIn(`#${'a'.repeat(300 * 1024)}`) ?? NO_RULES
    const top = Ignored.top(half)
    expect(rulesIn(`#${'a'.repeat(300 * 1024)}`, top.room)).toBeUndefined()
    expect(rulesIn('a', top.below('x', NO_RULES).room)).toBeDefined()
  })
})

test('without work left nothing is left out, also by a rule that takes long to say no', () => {
  const ignored = Ignored.top(rulesIn('a*\n*?x*y\n') ?? NO_RULES)
  expect(ignored.ignores('a'.repeat(50), false, enough())).toBe(true)
  const work = new Work(80)
  expect(ignored.ignores('a'.repeat(50), false, work)).toBe(false)
  expect(work.ranOut).toBe(true)
})
