/**
 * Random configs, random answers of every provider: who answers each ref, and who is asked at all, is what
 * the table of docs/outages.md says. The oracle below is written from that table and from the chain's
 * paragraph in docs/configuration.md, not from the code.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ChainEntry, Config } from '../../../src/config/types.ts'
import type { Sheet } from '../../../src/gateway/sheet.ts'
import { planAgent } from '../../../src/plan/plan.ts'
import { Calls } from '../../../src/values/resolver/calls.ts'
import { fetchAll, type Held } from '../../../src/values/resolver/fetch.ts'
import {
  ANSWERS,
  MANNERS,
  scripted,
  scriptedProvider,
  valueOf,
  type Answer,
  type Asked,
  type Manner,
} from './scripted.ts'
import { item, sheetOf } from './sheets.ts'

const PROVIDERS = ['first', 'second', 'third'] as const
const REFS = ['a', 'b', 'c', 'd'] as const

type Table = Readonly<Record<string, Answer>>
type Manners = Readonly<Record<string, Manner>>
interface Ref {
  provider: string | string[]
  fallbackOn?: ('unavailable' | 'not-found')[]
}

const name = fc.constantFrom(...PROVIDERS)
const list = fc.array(name, { minLength: 1, maxLength: 3 })
const on = fc.constantFrom<Pick<Ref, 'fallbackOn'>>(
  {},
  { fallbackOn: ['unavailable'] },
  { fallbackOn: ['not-found'] },
  { fallbackOn: ['unavailable', 'not-found'] },
)
const ref = fc
  .tuple(fc.oneof(name, list), on)
  .map(([provider, more]): Ref => Object.assign({ provider }, more))
const answers = fc.record(
  Object.fromEntries(
    // A value is what most answers are: chains end early too often else.
    PROVIDERS.flatMap((p) => REFS.map((r) => [`${p} ${r}`, fc.constantFrom('value', ...ANSWERS)])),
  ),
)
const manners = fc.record(
  Object.fromEntries(
    PROVIDERS.map((p) => [
      p,
      fc.oneof(
        { arbitrary: fc.constant('good' as const), weight: 9 },
        { arbitrary: fc.constantFrom(...MANNERS), weight: 1 },
      ),
    ]),
  ),
)
const fleet = fc.record({
  refs: fc.record(Object.fromEntries(REFS.map((r) => [r, ref]))),
  fallback: fc.option(list, { nil: undefined }),
  answers,
  manners,
})

function sheetFor(refs: Readonly<Record<string, Ref>>, fallback: string[] | undefined): Sheet {
  const entries: readonly ChainEntry[] | undefined = fallback
  const config: Config = {
    secrets: {
      providers: Object.fromEntries(
        PROVIDERS.map((p) => [p, { type: 'vault', address: `https://${p}.example` }]),
      ),
    },
    openclaw: {
      gateway: {
        secrets: {
          refMap: { ...refs },
          ...(entries === undefined ? {} : { fallback: [...entries] }),
        },
      },
    },
    agents: {
      agent: {
        'tool-bindings': {
          tool: {
            credentials: Object.fromEntries(Object.keys(refs).map((r) => [r, { secretRef: r }])),
          },
        },
      },
    },
  }
  const { bindings } = planAgent({ config, configDir: '/etc/app', userHome: '/home/me' })
  return sheetOf(
    '/nowhere',
    Object.fromEntries(PROVIDERS.map((p) => [p, scriptedProvider(p)])),
    bindings.map(({ ref: r, chain, fallbackOn }) => item(r, chain, { fallbackOn })),
  )
}

interface Expected {
  /** Whom it is asked of, in order. */
  steps: string[]
  /** The provider that the answer is of, and the value where it is one. */
  of: string
  value?: string
}

/** The chain as it is written: a list is all of it; one name is followed by what `fallback` has after it. */
function chainOf({ provider }: Ref, fallback: string[] = []): string[] {
  const whole =
    typeof provider === 'string'
      ? [provider, ...fallback.slice(fallback.indexOf(provider) + 1)]
      : provider
  return [...new Set(whole)]
}

const OUTAGES: ReadonlySet<string> = new Set(['timeout', 'limited', 'sealed'])

/** The rows of the table, from the top. */
function walk(
  r: string,
  at: Ref,
  fallback: string[] | undefined,
  table: Table,
  bugs: Manners,
): Expected {
  const { fallbackOn = ['unavailable'] } = at
  const steps: string[] = []
  for (const provider of chainOf(at, fallback)) {
    steps.push(provider)
    const answer = bugs[provider] === 'good' ? (table[`${provider} ${r}`] ?? '') : 'a bug'
    if (answer === 'value') return { steps, of: provider, value: valueOf(provider, r) }
    const goesOn =
      (OUTAGES.has(answer) && fallbackOn.includes('unavailable')) ||
      (answer === 'absent' && fallbackOn.includes('not-found'))
    if (!goesOn) return { steps, of: provider }
  }
  return { steps, of: steps.at(-1) ?? '' }
}

async function fetched(
  sheet: Sheet,
  table: Table,
  bugs: Manners,
): Promise<{ held: Held[]; asked: Asked[]; open: number }> {
  const { types, asked, open } = scripted({
    manner: (provider) => bugs[provider] ?? 'good',
    answer: (provider, path) => table[`${provider} ${path}`] ?? 'denied',
  })
  const { signal } = new AbortController()
  const calls = new Calls(sheet.providers)
  const held = await fetchAll(sheet, new Map(), () => 'fake', signal, calls, types)
  return { held, asked, open: open() }
}

/** Each ref with each provider that was asked for it; a batch that did not open asked for nothing. */
function questions(asked: readonly Asked[], wanted: ReadonlySet<string> = new Set(REFS)): string[] {
  return asked
    .flatMap(({ provider, paths }) =>
      paths.filter((path) => wanted.has(path)).map((path) => `${path} of ${provider}`),
    )
    .toSorted()
}

test('who answers, and who is asked, is what the table says', async () => {
  await fc.assert(
    fc.asyncProperty(fleet, async ({ refs, fallback, answers: table, manners: bugs }) => {
      const sheet = sheetFor(refs, fallback)
      const { held, asked, open } = await fetched(sheet, table, bugs)
      const expected = sheet.items.map(({ ref: r }) =>
        walk(r, refs[r] ?? { provider: [] }, fallback, table, bugs),
      )
      expect(held.map(({ value, report }) => [report.provider, value?.toString()])).toEqual(
        expected.map(({ of, value }) => [of, value]),
      )
      expect(held.map(({ report }) => report.passed.map(({ provider }) => provider))).toEqual(
        expected.map(({ steps }) => steps.slice(0, -1)),
      )
      const wanted = expected.flatMap(({ steps }, i) =>
        steps
          .filter((p) => bugs[p] !== 'does not open')
          .map((p) => `${sheet.items[i]?.ref} of ${p}`),
      )
      // Nobody is asked twice, and nobody after a final answer.
      expect(questions(asked)).toEqual(wanted.toSorted())
      expect(open).toBe(0)
    }),
    { numRuns: 400 },
  )
})

test('one bad ref costs the others nothing: they are asked for by the same calls as without it', async () => {
  await fc.assert(
    fc.asyncProperty(fleet, async ({ refs, fallback, answers: table }) => {
      const good: Manners = Object.fromEntries(PROVIDERS.map((p) => [p, 'good']))
      const { a: _, ...others } = refs
      const rest = new Set(Object.keys(others))
      const all = await fetched(sheetFor(refs, fallback), table, good)
      const without = await fetched(sheetFor(others, fallback), table, good)
      const batches = (asked: readonly Asked[]): string[] =>
        asked
          .map(({ provider, paths }) => `${provider}: ${paths.filter((p) => rest.has(p)).join()}`)
          .filter((line) => !line.endsWith(': '))
          .toSorted()
      expect(batches(all.asked)).toEqual(batches(without.asked))
    }),
    { numRuns: 200 },
  )
})

test('each provider is asked once for all that begin with it, whatever becomes of each', async () => {
  await fc.assert(
    fc.asyncProperty(fleet, async ({ refs, fallback, answers: table, manners: bugs }) => {
      const sheet = sheetFor(refs, fallback)
      const { asked } = await fetched(sheet, table, bugs)
      const first = Map.groupBy(sheet.items, ({ chain }) => chain[0]?.provider ?? '')
      // What is asked first is asked at once.
      const batches = asked.slice(0, first.size).map(({ provider }) => provider)
      expect(batches.toSorted()).toEqual([...first.keys()].toSorted())
    }),
    { numRuns: 200 },
  )
})
