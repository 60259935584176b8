/**
 * Random answers before and in an outage, over real sealed files: a last good value is served where
 * docs/outages.md says so, and nowhere else. The oracle below is that page's table, not the code.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SheetItem } from '../../../src/gateway/sheet.ts'
import { Calls } from '../../../src/values/resolver/calls.ts'
import { fetchAll, type Held } from '../../../src/values/resolver/fetch.ts'
import { afterFetch, keep, type StaleCache } from '../../../src/values/resolver/stale.ts'
import { fingerprinter } from '../../../src/values/secret/fingerprint.ts'
import { ANSWERS, scripted, scriptedProvider, valueOf, type Answer } from './scripted.ts'
import { item, named, sheetOf } from './sheets.ts'

const PROVIDERS = ['first', 'second'] as const
const REFS = ['a', 'b', 'c'] as const
const START = Date.parse('2026-06-15T12:00:00Z')
const MOST_MS = 900_000

type Table = Readonly<Record<string, Answer>>

const ref = fc.record({
  chain: fc
    .subarray([...PROVIDERS], { minLength: 1 })
    .chain((all) => fc.shuffledSubarray(all, { minLength: 1 })),
  fallbackOn: fc.constantFrom<SheetItem['fallbackOn'][]>(
    ['unavailable'],
    ['unavailable'],
    ['unavailable', 'not-found'],
    ['not-found'],
  ),
  /** For which of its providers the config opts in. */
  stale: fc.subarray([...PROVIDERS], { minLength: 0 }),
  /** How long after it was read its own end is, in milliseconds. */
  life: fc.constantFrom(undefined, undefined, 60_000, 60_001, 2 * MOST_MS),
})
type Ref = typeof ref extends fc.Arbitrary<infer R> ? R : never
/** An answer that is a value can be delivered in each way. */
const USABLE = ANSWERS.filter((answer) => answer !== 'unusable')

const table = (arbitrary: fc.Arbitrary<Answer>): fc.Arbitrary<Table> =>
  fc.record(Object.fromEntries(PROVIDERS.flatMap((p) => REFS.map((r) => [`${p} ${r}`, arbitrary]))))
const story = fc.record({
  refs: fc.record(Object.fromEntries(REFS.map((r) => [r, ref]))),
  before: table(fc.constantFrom<Answer[]>('value', 'value', 'value', 'sealed', 'absent')),
  meanwhile: table(
    fc.oneof(
      { arbitrary: fc.constantFrom<Answer[]>('timeout', 'limited', 'sealed'), weight: 3 },
      { arbitrary: fc.constant<Answer>('absent'), weight: 1 },
      { arbitrary: fc.constantFrom(...USABLE), weight: 1 },
    ),
  ),
  age: fc.constantFrom(0, 60_000, MOST_MS - 1, MOST_MS, MOST_MS + 60_000, -60_000),
})

/** The chain's rows of the table: of whom the answer is, and what it was. */
function walk(
  name: string,
  { chain, fallbackOn }: Ref,
  answers: Table,
): { of: string; answer: string; passed: string[] } {
  const passed: string[] = []
  for (const [i, provider] of chain.entries()) {
    const answer = answers[`${provider} ${name}`] ?? ''
    const goesOn =
      (isOutage(answer) && fallbackOn.includes('unavailable')) ||
      (answer === 'absent' && fallbackOn.includes('not-found'))
    if (!goesOn || i === chain.length - 1) return { of: provider, answer, passed }
    passed.push(answer)
  }
  throw new TypeError('an empty chain')
}

function isOutage(answer: string): boolean {
  return ['timeout', 'limited', 'sealed'].includes(answer)
}

/** What is kept of each ref, by provider: when it was read, and when it ends. */
type Kept = Map<string, { read: number; end: number }>

/** The table's third column: what an answer does to what is kept, and what is delivered. */
function expected(
  name: string,
  at: Ref,
  answers: Table,
  { kept, now, checked }: { kept: Kept; now: number; checked: boolean },
): string | undefined {
  const { of, answer, passed } = walk(name, at, answers)
  const key = (provider: string): string => `${provider} ${name}`
  if (answer === 'value') {
    if (at.stale.some((p) => p === of))
      kept.set(key(of), { read: now, end: now + (at.life ?? Infinity) })
    return valueOf(of, name)
  }
  if (answer === 'denied' || answer === 'absent') for (const p of at.chain) kept.delete(key(p))
  const all = passed.length + 1 === at.chain.length
  if (!isOutage(answer) || !all || !passed.every(isOutage) || checked) return undefined
  for (const provider of at.chain) {
    const one = kept.get(key(provider))
    if (one === undefined || !at.stale.some((p) => p === provider)) continue
    const young = now >= one.read && now - one.read < MOST_MS
    if (young && now < one.end) return valueOf(provider, name)
    kept.delete(key(provider))
  }
  return undefined
}

test('it is served in an outage of the whole chain alone, young enough, where the config opts in', async () => {
  const home = mkdtempSync(join(tmpdir(), 'secretref-stale-'))
  let served = 0
  let runs = 0
  try {
    await fc.assert(
      fc.asyncProperty(story, async ({ refs, before, meanwhile, age }) => {
        runs += 1
        const dir = join(home, `stale-${runs}`)
        mkdirSync(dir, { mode: 0o700 })
        const kept: Kept = new Map()
        const down: Table = Object.fromEntries(Object.keys(before).map((name) => [name, 'sealed']))
        const later = START + age
        const waves: readonly (readonly [Table, number, SheetItem['delivery']])[] = [
          [before, START, 'env'],
          [meanwhile, later, 'env'],
          // A check is never served so; the last start shows what is still there then.
          [down, later, 'none'],
          [down, later, 'env'],
        ]
        for (const [answers, now, delivery] of waves) {
          const held = await start({ home, dir, refs, answers, now, delivery })
          const wanted = REFS.map((name) => {
            const at = refs[name]
            return at && expected(name, at, answers, { kept, now, checked: delivery === 'none' })
          })
          expect(held.map(({ value }) => value?.toString())).toEqual(wanted)
          expect(readdirSync(dir)).toHaveLength(kept.size)
          served += held.filter(({ report }) => 'stale' in report).length
        }
      }),
      { numRuns: 150 },
    )
    // It was an outage often enough to show something.
    expect(served).toBeGreaterThan(10)
  } finally {
    rmSync(home, { recursive: true })
  }
})

/** One start: everybody is asked, what an outage left open is served, what is delivered is kept. */
async function start(given: {
  home: string
  dir: string
  refs: Readonly<Record<string, Ref>>
  answers: Table
  now: number
  delivery: SheetItem['delivery']
}): Promise<Held[]> {
  const { home, dir, refs, answers, now, delivery } = given
  const keys = join(home, 'keys')
  const items = REFS.map((name) => {
    const { chain, fallbackOn, stale } = refs[name] ?? { chain: [], fallbackOn: [], stale: [] }
    const maxStale = Object.fromEntries(stale.map((p) => [p, MOST_MS]))
    const steps = chain.map((p) => named(name, p))
    return item(name, steps, { maxStale, fallbackOn, delivery })
  })
  const providers = Object.fromEntries(PROVIDERS.map((p) => [p, scriptedProvider(p)]))
  const sheet = sheetOf(home, providers, items)
  const fingerprint = fingerprinter(sheet.fingerprintKey)
  const { types } = scripted({
    manner: () => 'good',
    answer: (provider, path) => answers[`${provider} ${path}`] ?? 'denied',
    ends: (path) => {
      const life = refs[path]?.life
      return life === undefined ? undefined : new Date(now + life)
    },
  })
  const { signal } = new AbortController()
  const calls = new Calls(providers)
  const held = await fetchAll(sheet, new Map(), fingerprint, signal, calls, types)
  const place = {
    dir,
    identity: join(keys, 'store.key'),
    config: '/etc/app/c.json',
    environment: 'default',
  }
  const cache: StaleCache = { sheet, place, fingerprint, now: () => new Date(now) }
  await afterFetch(cache, held)
  for (const one of held) {
    // Only what is released is kept, and a check releases nothing.
    if (delivery !== 'none') expect(await keep(cache, one)).toBe(true)
  }
  return held
}
