import { describe, expect, test } from 'vitest'
import { mismatchOf, type Words } from '../../../src/findings/judge/mismatch.ts'
import { allTargets } from '../../../src/targets/lookup.ts'

const CATALOGUE = new Map((await allTargets()).map(({ id, service }) => [id, service]))
const wordsOf = (words: Partial<Words>): Words => ({
  tool: 'payments',
  envVar: 'A_VALUE',
  ref: 'a-value',
  ...words,
})
const said = (words: Partial<Words>): string | undefined => {
  const found = mismatchOf(wordsOf(words), CATALOGUE)
  return found && `${found.by} says ${found.stated}, not ${found.expected}`
}

describe('two services', () => {
  test.each<[string, Partial<Words>, string]>([
    [
      'the variable and the ref',
      { envVar: 'STRIPE_API_KEY', ref: 'slack-bot-token' },
      'variable STRIPE_API_KEY says Stripe, not Slack',
    ],
    [
      'the variable and the tool',
      { tool: 'slack-notifier', envVar: 'STRIPE_API_KEY' },
      'variable STRIPE_API_KEY says Stripe, not Slack',
    ],
    [
      'the variable and the tool, though the ref agrees',
      { tool: 'slack-notifier', envVar: 'STRIPE_API_KEY', ref: 'stripe-api-key' },
      'variable STRIPE_API_KEY says Stripe, not Slack',
    ],
    [
      'the stated service and the ref',
      { service: 'stripe', ref: 'slack-bot-token' },
      '"service" says Stripe, not Slack',
    ],
    [
      'the stated service and the tool',
      { service: 'stripe', tool: 'slack' },
      '"service" says Stripe, not Slack',
    ],
  ])('%s', (_, words, expected) => {
    expect(said(words)).toBe(expected)
  })
})

describe('no contradiction', () => {
  test.each<[string, Partial<Words>]>([
    ['names that say nothing', {}],
    ['all agree', { tool: 'stripe-payment', envVar: 'STRIPE_API_KEY', ref: 'stripe-api-key' }],
    ['only the tool says something', { tool: 'slack-notifier' }],
    ['a tool that says nothing', { tool: 'reports', envVar: 'STRIPE_API_KEY' }],
    ['a short word that is a service too', { tool: 'make-report', envVar: 'STRIPE_API_KEY' }],
    [
      'a stated service that the ref agrees with, whatever the tool is called',
      { service: 'stripe', tool: 'slack-notifier', ref: 'stripe-api-key' },
    ],
    ['a service that nobody knows', { service: 'our-own', envVar: 'STRIPE_API_KEY' }],
  ])('%s', (_, words) => {
    expect(said(words)).toBe(undefined)
  })
})
