import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  unusedOf,
  type ListedStore,
  type Pointing,
  type UnusedInput,
} from '../../src/plan/unused.ts'

const STORE: ListedStore = { provider: 'file', path: '/s/secrets.json', names: [] }
const FILES = new Map([['file', '/s/secrets.json']])

/** A ref that reads its own key, or another spelling of it, of the file provider's own file. */
const reads = (ref: string, field = ref, alias?: string): Pointing => ({
  ref,
  chain: [{ provider: 'file', at: { path: '', field, ...(alias === undefined ? {} : { alias }) } }],
})
const input = (given: Partial<UnusedInput>): UnusedInput => ({
  refs: [],
  uses: [],
  others: [],
  stores: [],
  files: FILES,
  ...given,
})
const holding = (...names: string[]): ListedStore => ({ ...STORE, names })
const namesIn = (given: Partial<UnusedInput>): string[] =>
  unusedOf(input(given)).names.map(({ name }) => name)

describe('refs', () => {
  test('what no binding names is unused, sorted and once', () => {
    const { refs } = unusedOf(input({ refs: ['b', 'used', 'a', 'b'], uses: [reads('used')] }))
    expect(refs).toEqual([
      { ref: 'a', stored: [] },
      { ref: 'b', stored: [] },
    ])
  })

  test('the name in a store that an unused ref points to, or is called like, is told with it', () => {
    const { refs, names } = unusedOf(
      input({
        refs: ['old', 'older'],
        others: [reads('old', 'old_key')],
        stores: [holding('old_key', 'older', 'nobodys')],
      }),
    )
    expect(refs.map(({ ref, stored }) => [ref, stored.map(({ name }) => name)])).toEqual([
      ['old', ['old_key']],
      ['older', ['older']],
    ])
    expect(names.map(({ name }) => name)).toEqual(['nobodys'])
  })
})

describe('names in a store', () => {
  test('AWS knows one by its name and by its ARN', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:team/key-AbC123'
    const parameter = 'arn:aws:ssm:eu-central-1:123456789012:parameter/team/token'
    const names = ['team/key', '/team/token', 'team/old']
    const stores = [
      { provider: 'aws', path: 'an account', under: ['team/'], namedBy: ['aws'], names },
    ]
    const uses = [arn, parameter].map((path): Pointing => ({
      ref: path,
      chain: [{ provider: 'aws', at: { path } }],
    }))
    expect(namesIn({ uses, stores })).toEqual(['team/old'])
  })

  test('what a chain reads is used; of two spellings the one that a read would find', () => {
    const stores = [holding('stripe-key', 'stripe_key')]
    const uses = [reads('stripe-key', 'stripe-key', 'stripe_key')]
    expect(namesIn({ uses, stores })).toEqual(['stripe_key'])
    expect(namesIn({ uses, stores: [holding('stripe_key')] })).toEqual([])
  })

  test('a later provider of a chain reads too', () => {
    const chain = [
      { provider: 'vault', at: { path: 'x' } },
      { provider: 'file', at: { path: '', field: 'kept' } },
    ]
    expect(namesIn({ uses: [{ ref: 'r', chain }], stores: [holding('kept')] })).toEqual([])
  })

  test('of an encrypted store by each provider that is this one; by no other', () => {
    const stores = [{ ...STORE, names: ['team/kept', 'nobodys'], namedBy: ['store', 'again'] }]
    const by = (provider: string): string[] =>
      namesIn({ uses: [{ ref: 'r', chain: [{ provider, at: { path: 'team/kept' } }] }], stores })
    expect(by('store')).toEqual(['nobodys'])
    expect(by('again')).toEqual(['nobodys'])
    expect(by('elsewhere')).toEqual(['nobodys', 'team/kept'])
  })

  test('by its path from another provider: a key of the same file, and a file of a listed folder', () => {
    const key = [{ provider: 'other', at: { path: '/s/secrets.json', field: 'k' } }]
    expect(namesIn({ uses: [{ ref: 'r', chain: key }], stores: [holding('k', 'l')] })).toEqual([
      'l',
    ])
    const folder: ListedStore = { provider: 'files', path: '/f', names: ['one', 'two'] }
    const file = [{ provider: 'other', at: { path: '/f/one' } }]
    expect(namesIn({ uses: [{ ref: 'r', chain: file }], stores: [folder] })).toEqual(['two'])
  })
})

const NAMES = ['a', 'b', 'c', 'd', 'toString'] as const
const pointing = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES))
  .map(([ref, field]) => reads(ref, field))
const inputs = fc.record({
  refs: fc.array(fc.constantFrom(...NAMES)),
  uses: fc.array(pointing, { maxLength: 4 }),
  others: fc.array(pointing, { maxLength: 4 }),
  stores: fc.subarray([...NAMES]).map((names) => [holding(...names)]),
})

test('every ref is used xor unused, and every name is read, told with a ref, or told alone', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { refs, names } = unusedOf(input(given))
      const used = new Set(given.uses.map(({ ref }) => ref))
      const unused = new Set(refs.map(({ ref }) => ref))
      for (const ref of given.refs) expect(used.has(ref)).not.toBe(unused.has(ref))
      for (const ref of unused) expect(given.refs).toContain(ref)
      const read = new Set(given.uses.flatMap(({ chain }) => chain.map(({ at }) => at.field)))
      const withRef = new Set(refs.flatMap(({ stored }) => stored.map(({ name }) => name)))
      const alone = new Set(names.map(({ name }) => name))
      for (const name of given.stores.flatMap((store) => store.names)) {
        const told = [read, withRef, alone].filter((one: ReadonlySet<unknown>) => one.has(name))
        expect(told).toHaveLength(1)
      }
    }),
    { numRuns: 300 },
  )
})

const shape = ({ refs, names }: ReturnType<typeof unusedOf>): unknown => [
  refs.map(({ ref, stored }) => [ref, stored.map(({ name }) => name)]),
  names.map(({ name }) => name),
]

test('in which order things are written changes nothing', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const turned = input({
        refs: given.refs.toReversed(),
        uses: given.uses.toReversed(),
        others: given.others.toReversed(),
        stores: given.stores.map((store) => ({ ...store, names: store.names.toReversed() })),
      })
      expect(shape(unusedOf(turned))).toEqual(shape(unusedOf(input(given))))
    }),
    { numRuns: 100 },
  )
})
