import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LITERALS, literalKind } from '../../src/targets/literals.ts'
import { SAMPLES } from './literal-samples.ts'

test('every kind has samples', () => {
  expect(LITERALS.map(({ kind }) => kind).toSorted()).toEqual(Object.keys(SAMPLES).toSorted())
})

describe.each(Object.entries(SAMPLES))('%s', (kind, samples) => {
  test('is found alone, in a header, in an option and between quotes', () => {
    for (const sample of samples) {
      for (const text of [
        sample,
        `Bearer ${sample}`,
        `--key=${sample}`,
        `"${sample}"`,
        `x:${sample}\n`,
      ]) {
        expect(literalKind(text)).toBe(kind)
      }
    }
  })

  test('is not found inside a word, nor by its prefix alone', () => {
    for (const { prefixes } of LITERALS.filter((literal) => literal.kind === kind)) {
      for (const prefix of prefixes) expect(literalKind(`${prefix}x`)).toBeUndefined()
    }
    if (kind === 'private key (PEM)' || kind === 'Slack webhook address') return
    for (const sample of samples) {
      if (!/^sk-|^xox/.test(sample)) expect(literalKind(`ta${sample}`)).not.toBe(kind)
    }
  })
})

test("the article's placeholders are found", () => {
  const file = join(import.meta.dirname, '..', 'fixtures', 'article', '2.1.json')
  const values = [...readFileSync(file, 'utf8').matchAll(/"value": "([^"]+)"/g)].map(
    ([, text]) => text,
  )
  expect(values.map((text) => literalKind(text ?? ''))).toEqual([
    'Stripe secret or restricted key',
    'Slack token',
  ])
})

describe('what a config may well hold is not taken for a credential', () => {
  test.each([
    'stripe-api-key',
    'STRIPE_API_KEY',
    'sk_live_key_name',
    'pk_live_fakefakefakefake',
    'task-ant-farm-colony-number-seventeen',
    'npm_config_registry',
    'hf_hub_download',
    'ghp_token',
    'xoxb-token',
    'glpat-name',
    'risk_live_dashboard_component',
    'https://hooks.slack.com/',
    'AIzawa',
    'AKIAN',
    'pypi-mirror',
    'SG.standard.name',
    'prod/stripe/api-key',
    '/usr/local/bin/sk-proj-resolver',
    'eyJhbGciOiJIUzI1NiJ9',
    'the PRIVATE KEY lies in Vault',
    '0 9 * * 1-5',
    '財務分析 Agent',
  ])('%s', (text) => {
    expect(literalKind(text)).toBeUndefined()
  })
})

test('every pattern names its source', () => {
  for (const { source } of LITERALS) expect(source.length).toBeGreaterThan(5)
})

describe('a million characters cost no more than their length', () => {
  // What was quadratic took minutes for this, which is far beyond the time that a test has.
  const SIZE = 1_000_000

  test.each(LITERALS.flatMap(({ kind, prefixes }) => prefixes.map((prefix) => [kind, prefix])))(
    '%s: beginnings with %s, and no end',
    (_, prefix) => {
      for (const filler of ['', '-', 'A', ' ']) {
        literalKind((prefix + filler).repeat(SIZE / (prefix.length + filler.length)))
      }
    },
  )

  test.each([
    ['OpenAI key', 'sk-', ' T3BlbkFJ'],
    ['OpenAI key, as one word', 'sk-', 'T3BlbkFJ'],
    ['signed token (JWT)', '-eyJ', ' eyJ'],
    ['Anthropic key', 'sk-ant-a', ''],
    ['SendGrid key', `SG.${'x'.repeat(22)}.`, ''],
    ['private key (PEM)', '-----BEGIN A ', 'PRIVATE KEY'],
  ])('%s: beginnings that overlap, and an end far away', (_, beginning, end) => {
    literalKind(beginning.repeat(SIZE / beginning.length) + end)
  })
})
