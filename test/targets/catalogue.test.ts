/** The catalogue as it is, and that its checks find what they are for. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkedTargets, problemsOf } from '../../scripts/generate/targets/catalogue.ts'
import { hostMatches } from '../../src/targets/hosts.ts'
import {
  allTargets,
  expiryOf,
  hostsOf,
  rotateOf,
  targetById,
  verifyOf,
} from '../../src/targets/lookup.ts'
import { targetOf } from '../../src/targets/infer.ts'
import { companionsIn } from '../../src/targets/placeholders.ts'
import type { Pattern, Rule, Target, Verify } from '../../src/targets/types.ts'

const ROOT = join(import.meta.dirname, '../..')
const targets = await allTargets()

function isRejection({ verdict }: Rule): boolean {
  return verdict === 'rejected'
}

/** Ids of the targets whose service can be taken at its word when it rejects. */
function rejecting(placed: boolean): Set<string> {
  const ids = targets.flatMap((target) =>
    verifyOf(target, placed)?.rules.some(isRejection) === true ? target.id : [],
  )
  return new Set(ids)
}

function idsOf(list: readonly Target[]): string[] {
  return list.map(({ id }) => id).toSorted()
}

describe('the catalogue', () => {
  test('passes all of its checks, and is what code is given', () => {
    expect(idsOf(checkedTargets(ROOT))).toEqual(idsOf(targets))
  })

  test('knows at least 300 services, and of 200 how to ask whether a credential works', () => {
    const services = new Set(targets.map(({ service }) => service))
    const asked = targets.filter((target) => verifyOf(target) !== undefined)
    expect(services.size).toBeGreaterThanOrEqual(300)
    expect(new Set(asked.map(({ service }) => service)).size).toBeGreaterThanOrEqual(200)
  })

  test('a call that was seen goes to a host that was seen, or to one that a config must name', () => {
    for (const target of targets) {
      const call = verifyOf(target)
      if (call === undefined) continue
      const { host } = call
      if (host === undefined) expect(target.selfHosted, target.id).toBe(true)
      else {
        const filled = host.replace(/\{[^}]*\}/g, 'x')
        expect(
          hostsOf(target).some((name) => hostMatches(name, filled)),
          target.id,
        ).toBe(true)
      }
    }
  })

  test('a companion that was seen is a variable that was, of the same service', () => {
    for (const { service, companions = [] } of targets) {
      const variables = new Set<string>()
      for (const one of targets.filter((other) => other.service === service)) {
        for (const { name, confidence } of one.env) if (confidence === 'seen') variables.add(name)
      }
      for (const { name, confidence } of companions) {
        expect({ name, confidence }).toEqual({
          name,
          confidence: variables.has(name) ? 'seen' : 'known',
        })
      }
    }
  })

  test('no companion of a call is taken for the credential of another service', () => {
    for (const target of targets) {
      const recipe = verifyOf(target)
      for (const envVar of recipe === undefined ? [] : companionsIn(recipe)) {
        const id = targetOf({ service: undefined, tool: 'x', envVar, ref: 'x' })?.id
        const other = targets.find((one) => one.id === id)?.service ?? target.service
        expect(`${envVar}: ${other}`).toBe(`${envVar}: ${target.service}`)
      }
    }
  })

  test('no call rejects for a 403 that may mean something else, or for a 200 without reading it', () => {
    const blunt = targets.flatMap((target) =>
      (verifyOf(target, true)?.rules ?? [])
        .filter(({ verdict, body }) => verdict === 'rejected' && body === undefined)
        .filter(({ status }) => status.some((code) => code !== 401))
        .map(() => target.id),
    )
    // Each of these answers 403 to a wrong key, by its source.
    expect(blunt.toSorted()).toEqual(['deepl', 'fastly', 'newrelic-license-key'])
  })

  test('a rejection is certain only where no other region, sandbox or own server may be meant', () => {
    const certain = rejecting(false)
    const withUrl = rejecting(true)
    for (const id of ['deepl', 'paypal', 'mixpanel', 'gitlab-pat', 'sentry-user-token']) {
      expect(certain.has(id), id).toBe(false)
      expect(withUrl.has(id), id).toBe(true)
    }
    // A server of one's own is asked only where a config says where it is.
    for (const id of ['slack-bot-token', 'stripe-secret-key', 'mattermost', 'freshdesk']) {
      expect(certain.has(id), id).toBe(true)
    }
    expect(certain.size).toBeGreaterThan(180)
  })

  test('Slack says with a 200 that a token is dead', async () => {
    const slack = await targetById('slack-bot-token')
    expect(slack && verifyOf(slack)?.rules).toContainEqual({
      status: [200],
      body: { pointer: '/error', equals: 'token_revoked' },
      verdict: 'rejected',
    })
  })

  test('nothing is known of an id that is none', async () => {
    expect(await targetById('no-such-target')).toBeUndefined()
    expect(await targetById('constructor')).toBeUndefined()
  })
})

const base: Target = {
  id: 'made-up',
  service: 'Made Up',
  category: 'chat',
  kind: 'api-key',
  env: [{ name: 'MADE_UP_API_KEY', confidence: 'seen' }],
  hosts: [{ name: 'api.made-up.example', confidence: 'seen' }],
  auth: { type: 'bearer', name: 'Authorization', format: 'Bearer {value}', confidence: 'seen' },
  confidence: 'seen',
  sources: ['made-up.example'],
}
const call: Verify = {
  method: 'GET',
  host: 'api.made-up.example',
  path: '/me',
  headers: { authorization: 'Bearer {value}' },
  rules: [{ status: [200], verdict: 'valid' }],
  confidence: 'seen',
}
const pattern: Pattern = {
  regex: '^mu_[a-z]{20}$',
  strength: 'prefixed',
  example: 'mu_x{20}',
  confidence: 'seen',
}

describe('what acts is seen', () => {
  const known = { ...base, verify: { ...call, confidence: 'known' as const } }
  const rotate = { mode: 'in-place' as const, api: true, how: 'PUT', overlap: 'none' }

  test('a call, a host, a rotation and an expiry from memory are not given to code', () => {
    expect(verifyOf(known)).toBeUndefined()
    expect(hostsOf({ ...base, hosts: [{ name: 'a.example', confidence: 'known' }] })).toEqual([])
    expect(rotateOf({ ...base, rotate: { ...rotate, confidence: 'known' } })).toBeUndefined()
    const expiry = { kind: 'fixed' as const, how: 'a year' }
    expect(expiryOf({ ...base, expiry: { ...expiry, confidence: 'known' } })).toBeUndefined()
  })

  test('seen ones are', () => {
    expect(verifyOf({ ...base, verify: call })).toBe(call)
    expect(rotateOf({ ...base, rotate: { ...rotate, confidence: 'seen' } })?.mode).toBe('in-place')
  })

  test('a call that must be signed is left out until somebody can sign it', () => {
    expect(verifyOf({ ...base, verify: { ...call, signing: 'aws-sigv4' } })).toBeUndefined()
  })
})

describe('a check finds', () => {
  const withCall = (more: Partial<Verify>): Target => ({ ...base, verify: { ...call, ...more } })
  const withPattern = (more: Partial<Pattern>, id = base.id): Target => {
    return { ...base, id, pattern: { ...pattern, ...more } }
  }

  test('nothing where nothing is wrong', () => {
    expect(problemsOf([{ ...base, verify: call, pattern }])).toEqual([])
  })

  test.each<[string, readonly Target[], string]>([
    ['an id that is there twice', [base, base], 'made-up: is there twice'],
    ['a pattern without an end', [withPattern({ regex: '^mu_[a-z]{20}' })], 'not anchored'],
    ['a pattern without a bound', [withPattern({ regex: '^mu_[a-z]+$' })], 'without a bound'],
    [
      'one that looks ahead',
      [withPattern({ regex: '^(?=mu)[a-z_]{23}$' })],
      'not for patterns here',
    ],
    [
      'one that doubles its work',
      [withPattern({ regex: '^(?:[a-z]{1,9}){1,9}$' })],
      'several ways',
    ],
    ['one that costs too much', [withPattern({ regex: '^[a-z]{0,400}[a-z]{0,400}x$' })], 'steps'],
    ['an example of another form', [withPattern({ example: 'mu_' })], 'does not take its example'],
    [
      'an overlap that is not stated',
      [withPattern({}), withPattern({ regex: '^mu_[a-z]{10,30}$' }, 'other')],
      'other: overlaps are [made-up], not []',
    ],
    [
      'an overlap that is none',
      [
        withPattern({ overlaps: ['other'] }),
        withPattern({ regex: '^ot_[a-z]{20}$', example: 'ot_x{20}' }, 'other'),
      ],
      'made-up: overlaps are [], not [other]',
    ],
    ['a call to a host of others', [withCall({ host: 'evil.example' })], 'none of its hosts'],
    ['a call without a host', [{ ...base, verify: callAnywhere() }], 'the call has no host'],
    ['a host that the value chooses', [withCall({ host: '{value}.made-up.example' })], 'choose'],
    ['a call that does not show the value', [withCall({ headers: {} })], 'does not hold the value'],
    ['an unknown placeholder', [withCall({ path: '/{account}' })], 'what is {account}?'],
    ['a companion that is none', [withCall({ path: '/{MADE_UP_ID}' })], 'is no companion'],
    [
      'a rule that is never reached',
      [withCall({ rules: [...call.rules, { status: [200], verdict: 'rejected' }] })],
      'rule 2 is never reached',
    ],
    [
      'a call that nothing can pass',
      [withCall({ rules: [{ status: [401], verdict: 'rejected' }] })],
      'nothing is valid',
    ],
    ['a body of no form', [withCall({ method: 'POST', body: 'key={value}' })], 'nothing says what'],
    ['a fact that was seen nowhere', [{ ...base, sources: [] }], 'no source is named'],
    [
      'two services that are one word',
      [base, { ...base, id: 'other', service: 'Made-Up' }],
      'other: Made-Up and Made Up are one word',
    ],
    [
      "an id that is another service's word",
      [
        base,
        { ...base, id: 'acme', service: 'Other' },
        { ...base, id: 'other-key', service: 'Acme' },
      ],
      'acme: is the word of another service, Acme',
    ],
    [
      'two that are usual for a variable',
      [usual('one'), usual('two')],
      'MU: usual for one and two',
    ],
  ])('%s', (_, wrong, problem) => {
    expect(problemsOf(wrong).join('\n')).toContain(problem)
  })

  function usual(id: string): Target {
    return { ...base, id, env: [{ name: 'MU', confidence: 'seen', usual: true }] }
  }

  function callAnywhere(): Verify {
    const { host: _, ...rest } = call
    return rest
  }
})
