import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exampleOf } from '../../scripts/generate/targets/samples.ts'
import { CATALOGUE } from '../../src/targets/catalogue.ts'
import { candidates, fits, fitsAny, searchRules } from '../../src/targets/detect.ts'
import { literalKind, LITERALS } from '../../src/targets/literals.ts'

const withPattern = CATALOGUE.flatMap(({ id, pattern }) =>
  pattern === undefined ? [] : [{ id, ...pattern, example: exampleOf(pattern) }],
)
const seen = withPattern.filter(({ confidence }) => confidence === 'seen')
const recognised = seen.filter(({ strength }) => strength === 'prefixed')
const shapes = seen.filter(({ strength }) => strength === 'shape')

/** Put together here, so that no scanner takes this file for a leak. */
const stripe = (length: number): string => ['sk', 'live', 'a1'.repeat(length / 2)].join('_')

describe('candidates', () => {
  test('of a form that services share, all of them', () => {
    expect(candidates(stripe(40))).toEqual(
      expect.arrayContaining(['stripe-secret-key', 'clerk', 'paystack']),
    )
    expect(candidates(stripe(24))).toContain('stripe-secret-key')
  })

  test('of every example, its own target and exactly those whose form takes it too', () => {
    for (const { id, example } of recognised) {
      const also = recognised.filter(({ overlaps }) => overlaps?.includes(id)).map((one) => one.id)
      const found = candidates(example)
      expect(found).toContain(id)
      expect([id, ...also]).toEqual(expect.arrayContaining([...found]))
    }
  })

  test('length and alphabet alone name nothing, and neither does what is only remembered', () => {
    const named = new Set(recognised.map(({ id }) => id))
    for (const { example } of withPattern) {
      expect(candidates(example).filter((id) => !named.has(id))).toEqual([])
    }
    expect(candidates('0123456789abcdef'.repeat(2))).toEqual([])
  })

  test('a part of a value, or more than it, is not the value', () => {
    expect(candidates(`${stripe(24)} `)).toEqual([])
    expect(candidates(`x${stripe(24)}`)).toEqual([])
    expect(candidates(stripe(24).slice(1))).toEqual([])
    expect(candidates('')).toEqual([])
  })

  test('any bytes are answered, and at once', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = Buffer.from(bytes).toString('latin1')
        expect(candidates(text).every((id) => fits(id, text) === 'fits')).toBe(true)
      }),
      { numRuns: 50 },
    )
    expect(candidates('a'.repeat(1024 * 1024))).toEqual([])
  })
})

describe('fits', () => {
  test('a recognised form fits, another is refused', () => {
    expect(fits('stripe-secret-key', stripe(24))).toBe('fits')
    expect(fits('slack-bot-token', stripe(24))).toBe('unfit')
  })

  test('a shape may refuse, never confirm', () => {
    for (const { id, example } of shapes) {
      expect(fits(id, example)).toBe('unknown')
      expect(fits(id, `${example} and more`)).toBe('unfit')
    }
  })

  test('of what is only remembered, and of unknown targets, nothing is said', () => {
    for (const { id } of withPattern.filter(({ confidence }) => confidence === 'known')) {
      expect(fits(id, 'anything')).toBe('unknown')
    }
    expect(fits('no-such-target', 'anything')).toBe('unknown')
    expect(fits('constructor', 'anything')).toBe('unknown')
  })

  test('of several kinds one is enough, and all must refuse', () => {
    const kinds = ['stripe-secret-key', 'stripe-restricted-key']
    expect(fitsAny(kinds, stripe(24).replace('sk', 'rk'))).toBe('fits')
    expect(fitsAny(kinds, 'hunter2')).toBe('unfit')
    expect(fitsAny([...kinds, 'no-such-target'], 'hunter2')).toBe('unknown')
    expect(fitsAny([], 'hunter2')).toBe('unknown')
  })
})

describe('what to look for in files', () => {
  const rules = searchRules().map(({ ids, prefixes, regex }) => ({
    ids,
    prefixes,
    pattern: new RegExp(regex),
  }))
  const searched = new Set(rules.flatMap(({ ids }) => ids))

  test('every rule finds the example of each of its targets in a line, and says where', () => {
    for (const { ids, prefixes, pattern } of rules) {
      for (const id of ids) {
        const example = recognised.find((one) => one.id === id)?.example ?? ''
        const at = pattern.exec(`KEY=${example}\nNEXT=1`)
        expect(at?.index, id).toBe(4)
        expect(
          prefixes.some((prefix) => example.startsWith(prefix)),
          id,
        ).toBe(true)
      }
    }
  })

  test('most recognisable forms are looked for; the rest begin with nothing of their own', () => {
    expect(searched.size).toBeGreaterThan(150)
    const left = recognised.filter(({ id }) => !searched.has(id)).map(({ id }) => id)
    expect(left).toEqual(
      'discord-bot-token googlechat-service-account msteams-app-password msteams-webhook pushbullet telegram-bot-token webex-bot terraform-cloud azure-client-secret gcp-service-account-key ngrok storyblok salesforce-access-token bigquery mailchimp mailgun maxmind newrelic-license-key asana'.split(
        ' ',
      ),
    )
  })

  test('nothing of it is in the catalogue itself: no scanner takes that for a leak', () => {
    const folder = join(import.meta.dirname, '../../src/targets')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    for (const file of files.filter((name) => name.includes('.'))) {
      const text = readFileSync(join(folder, file), 'utf8')
      const found = rules.filter(({ pattern }) => pattern.test(text)).flatMap(({ ids }) => ids)
      expect(found, file).toEqual([])
      if (file.endsWith('.json')) expect(literalKind(text), file).toBeUndefined()
    }
  })

  test('nothing is found inside a longer word', () => {
    const text = `task_${stripe(24)}`
    expect(rules.some(({ pattern }) => pattern.test(text.replace('_sk', 'xsk')))).toBe(false)
  })
})

test('whatever a config is refused for is in the catalogue, but for an id that is no secret', () => {
  const missing = LITERALS.filter(
    ({ pattern }) => !withPattern.some(({ example }) => pattern.test(example)),
  )
  // It goes with AWS_SECRET_ACCESS_KEY, whose form is a shape.
  expect(missing.map(({ kind }) => kind)).toEqual(['AWS access key id'])
})
