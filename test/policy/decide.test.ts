import { describe, expect, test } from 'vitest'
import type { Fetched, FetchedFailure, FetchedValue } from '../../src/policy/fetched.ts'
import type { Plan, PlannedBinding } from '../../src/plan/types.ts'
import { blocking, decide, decideAgain, type Decision } from '../../src/policy/decide.ts'

const now = new Date('2026-11-24T12:00:00Z')

function bindingWith(fields: Partial<PlannedBinding> = {}): PlannedBinding {
  return {
    agent: 'analyst',
    tool: 'stripe-payment',
    slot: 'apiKey',
    ref: 'stripe-api-key',
    envVar: 'STRIPE_API_KEY',
    target: 'stripe',
    required: true,
    onFailure: 'deny-and-log',
    delivery: 'env',
    pathInEnvVar: false,
    chain: [{ provider: 'file', at: { path: '', field: 'stripe_api_key' } }],
    fallbackOn: ['unavailable'],
    route: 'refMap',
    ...fields,
  }
}
function first(
  fields: Partial<PlannedBinding>,
  rest: { capabilities?: readonly string[]; strict?: boolean } = {},
): Decision {
  const { capabilities, strict = false } = rest
  const plan: Plan = {
    agent: 'analyst',
    environment: 'default',
    ...(capabilities === undefined ? {} : { capabilities }),
    bindings: [bindingWith(fields)],
    skipped: [bindingWith({ ref: 'left-out' })],
  }
  const [decision, ...others] = decide(plan, { now, strict })
  expect(others).toEqual([])
  return decision ?? expect.fail('no decision')
}

const NEW = 'get a new credential, run: secretref secrets set stripe-api-key'
/** A rotation may have replaced the value, and the config still has the end of the one before. */
const newOrDated = (hint: string): string =>
  `if its value is new already, correct its expiresAt in the config; else ${hint}, and correct it then`

describe('before anybody is asked', () => {
  describe('capabilities', () => {
    test('an agent without the key is not restricted', () => {
      expect(first({})).toMatchObject({ allow: true, reason: 'bound', warnings: [] })
    })
    test('a tool that is listed', () => {
      const capabilities = ['stripe-payment', 'data-analysis']
      expect(first({}, { capabilities })).toMatchObject({ allow: true, reason: 'capability' })
    })
    test.each([[['data-analysis']], [[]], [['stripe']], [['apiKey']]])(
      'a tool that is not in %j',
      (capabilities) => {
        expect(first({}, { capabilities })).toMatchObject({
          allow: false,
          code: 'CAPABILITY_MISSING',
          reason: 'capability-missing',
          message:
            'agent "analyst" has no capability "stripe-payment", so "stripe-api-key" is not granted to it',
        })
      },
    )
    test('come before everything else', () => {
      const problem = { code: 'REF_UNKNOWN' as const, message: 'm', hint: 'h' }
      expect(first({ problem, expiresAt: '2020-01-01' }, { capabilities: [] }).code).toBe(
        'CAPABILITY_MISSING',
      )
    })
  })

  test('a problem of the plan denies in its own words', () => {
    const problem = { code: 'ENVIRONMENT_MISMATCH' as const, message: 'm', hint: 'h' }
    expect(first({ problem })).toMatchObject({ allow: false, reason: 'not-servable', ...problem })
  })

  describe('dates', () => {
    test('past: denied', () => {
      expect(first({ expiresAt: '2026-11-24' })).toMatchObject({
        allow: false,
        code: 'EXPIRED',
        reason: 'expired',
        message: '"stripe-api-key" expired on 2026-11-24',
        hint: expect.stringContaining('secretref secrets set stripe-api-key'),
        expiresAt: '2026-11-24',
      })
    })
    test('a date that no calendar has: denied', () => {
      expect(first({ expiresAt: '2027-02-30' })).toMatchObject({ allow: false, code: 'EXPIRED' })
    })
    test('inside seven days: a warning', () => {
      expect(first({ expiresAt: '2026-11-27T00:00:00Z' })).toMatchObject({
        allow: true,
        expiresAt: '2026-11-27T00:00:00Z',
        warnings: [{ code: 'EXPIRING', message: '"stripe-api-key" expires in 3 days, 2026-11-27' }],
      })
    })
    test('later: nothing', () => {
      expect(first({ expiresAt: '2026-12-25' })).toMatchObject({ allow: true, warnings: [] })
    })
    test('deprecated: a warning with the note, under --strict a denial', () => {
      const fields = { deprecationDate: '2026-03-01', note: 'use stripe-key-2' }
      expect(first(fields)).toMatchObject({
        allow: true,
        warnings: [
          {
            code: 'DEPRECATED',
            message: '"stripe-api-key" has been deprecated since 2026-03-01',
            hint: 'bind its successor instead: use stripe-key-2',
          },
        ],
      })
      expect(first(fields, { strict: true })).toMatchObject({
        allow: false,
        code: 'DEPRECATED',
        reason: 'deprecated',
      })
    })
    test('deprecated one day: nothing yet, strict or not', () => {
      expect(first({ deprecationDate: '2026-11-25' }, { strict: true })).toMatchObject({
        allow: true,
        warnings: [],
      })
    })
  })
})

const value: FetchedValue = {
  outcome: 'value',
  provider: 'file',
  fingerprint: 'hmac:0123',
  ms: 3,
  passed: [],
  warnings: [],
}
const failure: FetchedFailure = {
  outcome: 'failure',
  kind: 'absent',
  code: 'SECRET_NOT_FOUND',
  reason: 'no-such-key',
  provider: 'file',
  ms: 3,
  passed: [],
}

function again(fetched: Fetched, fields: Partial<PlannedBinding> = {}, strict = false): Decision {
  return decideAgain(bindingWith(fields), fetched, now, strict)
}

describe('when the providers have answered', () => {
  test('a value', () => {
    expect(again(value)).toMatchObject({
      allow: true,
      reason: 'answered',
      message: 'provider "file" has "stripe-api-key"',
      warnings: [],
    })
  })
  test('from a later provider of the chain: allowed, and told', () => {
    const passed = [{ provider: 'vault', code: 'TIMEOUT' as const }]
    expect(again({ ...value, passed })).toMatchObject({
      allow: true,
      reason: 'fallback',
      warnings: [
        {
          code: 'FALLBACK_USED',
          message: '"stripe-api-key" came from "file", after vault (TIMEOUT)',
        },
      ],
    })
  })

  test.each([
    ['the store', '2026-11-20T00:00:00.000Z', '2027-01-01', NEW],
    ['the config', '2027-01-01T00:00:00.000Z', '2026-11-20', newOrDated(NEW)],
    ['the store alone', '2026-11-20T00:00:00.000Z', undefined, NEW],
  ])('expired by %s', (_, ofStore, ofConfig, hint) => {
    const fields = ofConfig === undefined ? {} : { expiresAt: ofConfig }
    expect(again({ ...value, expiresAt: ofStore }, fields)).toMatchObject({
      allow: false,
      code: 'EXPIRED',
      message: '"stripe-api-key" expired on 2026-11-20',
      hint,
    })
  })
  test.each([
    ['file', 'run: secretref secrets set stripe-api-key'],
    ['exec', 'set it where the program of provider "file" takes it from'],
    ['env', 'set it in the environment that secretref is started in'],
    ['vault', 'run: secretref secrets set stripe-api-key'],
    ['store', 'run: secretref secrets set stripe-api-key'],
  ])('a new one gets into a provider of type %s as that can be written', (type, set) => {
    const providers = new Map([['file', { type }]])
    const ended = { ...value, expiresAt: '2026-11-20T00:00:00.000Z' }
    const hint = `get a new credential, ${set}`
    expect(decideAgain(bindingWith(), ended, now, false, providers)).toMatchObject({ hint })
    const bindings = [bindingWith({ expiresAt: '2026-11-20' })]
    const plan: Plan = { agent: 'analyst', environment: 'default', bindings, skipped: [] }
    expect(decide(plan, { now, strict: false, providers })).toMatchObject([
      { code: 'EXPIRED', hint: newOrDated(hint) },
    ])
    const warnings = [{ code: 'PLACEHOLDER_VALUE' }]
    const warned = decideAgain(bindingWith(), { ...value, warnings }, now, false, providers)
    expect(warned.warnings).toMatchObject([{ hint: set }])
  })

  test('the earlier date is the one that is known', () => {
    const expiresAt = '2027-03-08T04:12:00.000Z'
    expect(again({ ...value, expiresAt }, { expiresAt: '2027-12-31' })).toMatchObject({
      allow: true,
      expiresAt,
    })
    expect(again({ ...value, expiresAt }, { expiresAt: '2027-01-01' })).toMatchObject({
      expiresAt: '2027-01-01',
    })
    expect(again(value)).not.toHaveProperty('expiresAt')
  })
  test('a store’s date inside seven days', () => {
    expect(again({ ...value, expiresAt: '2026-11-25T00:00:00.000Z' }).warnings).toMatchObject([
      { code: 'EXPIRING', message: '"stripe-api-key" expires in 1 day, 2026-11-25' },
    ])
  })
  test('deprecation that came between the two decisions, under --strict', () => {
    expect(again(value, { deprecationDate: '2026-11-24T11:59:59Z' }, true).code).toBe('DEPRECATED')
  })

  test('warnings of the store', () => {
    const warnings = [
      { code: 'FILE_MODE_LOOSE', place: '/root/s.json' },
      { code: 'PLACEHOLDER_VALUE' },
      { code: 'SOMETHING_NEW' },
    ]
    expect(again({ ...value, warnings }).warnings).toEqual([
      {
        code: 'FILE_MODE_LOOSE',
        message: 'only the folder above it keeps others out of /root/s.json',
        hint: 'run: chmod 600 /root/s.json',
      },
      {
        code: 'PLACEHOLDER_VALUE',
        message: 'the value of "stripe-api-key" looks like a placeholder',
        hint: 'run: secretref secrets set stripe-api-key',
      },
    ])
  })

  const failures: [Partial<FetchedFailure>, reason: string, code: string][] = [
    [{}, 'no-such-key', 'SECRET_NOT_FOUND'],
    [
      { kind: 'denied', code: 'PROVIDER_DENIED', reason: 'not-permitted' },
      'not-permitted',
      'PROVIDER_DENIED',
    ],
    [{ kind: 'unavailable', code: 'TIMEOUT', reason: 'timeout' }, 'timeout', 'TIMEOUT'],
    [
      { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'of my own' },
      'unavailable',
      'PROVIDER_UNAVAILABLE',
    ],
    [
      { kind: 'malformed', code: 'SECRET_MALFORMED', reason: 'toString' },
      'malformed',
      'SECRET_MALFORMED',
    ],
  ]
  test.each(failures)('%j', (fields, reason, code) => {
    const decision = again({ ...failure, ...fields })
    expect(decision).toMatchObject({ allow: false, reason, code, hint: expect.any(String) })
    expect(JSON.stringify(decision)).not.toContain('of my own')
  })
  test('a failure after others tells them too', () => {
    const passed = [
      { provider: 'vault', code: 'TIMEOUT' as const },
      { provider: 'mine', code: 'PROVIDER_UNAVAILABLE' as const },
    ]
    expect(again({ ...failure, passed }).message).toBe(
      'provider "file" has no entry for "stripe-api-key", after vault (TIMEOUT), mine (PROVIDER_UNAVAILABLE)',
    )
  })
  test('a program is not told to be chmod 600', () => {
    const insecure = {
      ...failure,
      kind: 'denied',
      code: 'FILE_INSECURE',
      reason: 'mode',
      place: '/bin/r',
      provider: 'mine',
    } as const
    const types = new Map([['mine', { type: 'exec' }]])
    expect(decideAgain(bindingWith(), insecure, now, false, types).hint).toBe(
      'run: chmod go-w /bin/r',
    )
    expect(decideAgain(bindingWith(), insecure, now, false).hint).toBe('run: chmod 600 /bin/r')
  })
})

test('only denials of what is required stop a start', () => {
  const denied = first({ expiresAt: '2020-01-01' })
  const optional = first({ expiresAt: '2020-01-01', required: false })
  expect(blocking([first({}), denied, optional])).toEqual([denied])
  expect(blocking([first({}), optional])).toEqual([])
})
