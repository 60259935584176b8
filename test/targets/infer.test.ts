import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  idsOfService,
  isTargetId,
  serviceWords,
  targetOf,
  type Asked,
} from '../../src/targets/infer.ts'

const asked = (names: Partial<Asked>): Asked => ({ envVar: 'KEY', ref: 'some-key', ...names })

describe('which target a binding is for', () => {
  test.each<[Partial<Asked>, string, string]>([
    // The article's.
    [
      { tool: 'stripe-payment', envVar: 'STRIPE_API_KEY', ref: 'stripe-api-key' },
      'stripe-secret-key',
      'variable',
    ],
    [
      { tool: 'slack-notifier', envVar: 'SLACK_BOT_TOKEN', ref: 'slack-bot-token' },
      'slack-bot-token',
      'variable',
    ],
    [
      { envVar: 'LEGACY_GITHUB_TOKEN', ref: 'legacy-github-token' },
      'github-pat-classic',
      'variable',
    ],
    [{ envVar: 'TOKEN', ref: 'legacy-github-token' }, 'github-pat-classic', 'ref'],
    // What only tells two of a kind apart.
    [{ envVar: 'SENDGRID_API_KEY_PROD' }, 'sendgrid', 'variable'],
    [{ envVar: 'OLD_SENDGRID_API_KEY_2' }, 'sendgrid', 'variable'],
    [{ ref: 'sendgrid-api-key-v2' }, 'sendgrid', 'ref'],
    // An id, a service with one kind, a service with several of which a name tells which.
    [{ service: 'stripe-restricted-key' }, 'stripe-restricted-key', 'service'],
    [{ service: 'SendGrid' }, 'sendgrid', 'service'],
    [{ service: 'stripe', envVar: 'STRIPE_API_KEY' }, 'stripe-secret-key', 'service'],
    [{ service: 'Stripe', ref: 'stripe-api-key' }, 'stripe-secret-key', 'service'],
    // The config's own word is above what the names say.
    [{ service: 'sendgrid', envVar: 'STRIPE_API_KEY' }, 'sendgrid', 'service'],
    [{ tool: 'sendgrid-mailer' }, 'sendgrid', 'tool'],
  ])('%o is %s', (names, id, by) => {
    expect(targetOf(asked(names))).toMatchObject({ id, by })
  })

  test.each<[string, Partial<Asked>]>([
    ['nothing that is known', { tool: 'mail', envVar: 'MAIL_KEY', ref: 'mail-key' }],
    ['a variable of several services', { envVar: 'DATABASE_URL', ref: 'database-url' }],
    ['a variable and a ref that contradict', { envVar: 'STRIPE_API_KEY', ref: 'github-token' }],
    ['a service with several kinds', { service: 'stripe' }],
    ['a tool of a service with several kinds', { tool: 'stripe-payment' }],
    ['an unknown service', { service: 'no-such-service', envVar: 'STRIPE_API_KEY' }],
    ['a known name behind an unknown word', { envVar: 'PROXY_OPENAI_API_KEY' }],
    ['a tool that only contains a name', { tool: 'not-sendgrid' }],
    ['names out of an object', { service: 'constructor', tool: '__proto__', envVar: 'toString' }],
  ])('%s is nothing', (_, names) => {
    expect(targetOf(asked(names))).toBeUndefined()
  })

  test('kinds that share a variable are all said, the usual one first', () => {
    expect(targetOf(asked({ envVar: 'STRIPE_API_KEY' }))?.also).toEqual(['stripe-restricted-key'])
    expect(targetOf(asked({ envVar: 'OPENAI_API_KEY' }))).toMatchObject({
      id: 'openai-project-key',
      also: ['openai-service-account-key'],
    })
    expect(targetOf(asked({ envVar: 'SLACK_BOT_TOKEN' }))?.also).toEqual([])
  })
})

test('whatever the names are, the answer is a target that exists, or none', () => {
  const parts = fc.constantFrom('STRIPE', 'GITHUB', 'OLD', 'API', 'KEY', 'TOKEN', '2', '', 'X')
  const name = fc.oneof(
    fc.string(),
    fc.array(parts).map((words) => words.join('_')),
  )
  fc.assert(
    fc.property(fc.option(name), fc.option(name), name, name, (service, tool, envVar, ref) => {
      const names = { service: service ?? undefined, tool: tool ?? undefined, envVar, ref }
      const found = targetOf(names)
      if (found === undefined) return
      expect([found.id, ...found.also].every(isTargetId)).toBe(true)
      expect(found.also).not.toContain(found.id)
    }),
    { numRuns: 500 },
  )
})

test('a service stands for its kinds, an id for itself', () => {
  expect(idsOfService('Slack')).toContain('slack-bot-token')
  expect(idsOfService('slack-bot-token')).toEqual(['slack-bot-token'])
  expect(idsOfService('X (Twitter)')).toEqual(idsOfService('x-twitter'))
  expect(idsOfService('nobody')).toEqual([])
  expect(serviceWords()).toEqual(expect.arrayContaining(['slack', 'slack-bot-token']))
})

test('to infer does not load the catalogue', () => {
  for (const name of ['infer.ts', 'words.ts', 'index.generated.ts', '../config/names.ts']) {
    const text = readFileSync(join(import.meta.dirname, '../../src/targets', name), 'utf8')
    expect(text).not.toMatch(/catalogue\.ts|lookup\.ts|\.json/)
  }
})
