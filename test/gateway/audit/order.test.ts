/** In which order a config is written changes nothing that an audit finds; and each ref is used or unused. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Config } from '../../../src/config/types.ts'
import type { AuditFinding } from '../../../src/findings/judge/finding.ts'
import { judge } from '../../../src/findings/judge/judge.ts'
import { planAll, type Planned } from '../../../src/gateway/audit/plans.ts'
import { factsOf } from '../../findings/judge/facts.ts'
import { configArbitrary } from '../../plan/arbitrary.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const STORE = {
  outcome: 'listed',
  provider: 'file',
  path: '/h/secrets.json',
  names: ['stripe_api_key', 'slack_bot_token', 'stray'],
  hidden: 0,
  more: 0,
} as const

function planned(config: Config): Planned {
  return planAll({ config, configDir: '/c', userHome: '/h', asked: undefined, now: NOW })
}

function findingsOf(config: Config): AuditFinding[] {
  const { plans, ...facts } = planned(config)
  return judge(
    factsOf({
      ...facts,
      bindings: plans.flatMap(({ bindings }) => bindings),
      stores: [STORE],
      files: new Map([['file', STORE.path]]),
    }),
  )
}

/** The same with the keys of every object written the other way round; lists mean their order. */
function turned<T>(value: T): T
function turned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, turned<unknown>(item)]),
  )
}

/** Without the plan's own sentences, which may name the first of several that are meant. */
function seen(config: Config): unknown[] {
  return findingsOf(config).map((finding) => Object.assign(finding, { message: '', hint: '' }))
}

test('a config that is written in another order has the same findings', () => {
  let found = 0
  fc.assert(
    fc.property(configArbitrary, (config) => {
      const findings = seen(config)
      found += findings.length
      expect(seen(turned(config))).toEqual(findings)
    }),
    { numRuns: 150 },
  )
  expect(found).toBeGreaterThan(150)
})

test('every ref of a config is used xor unused', () => {
  fc.assert(
    fc.property(configArbitrary, (config) => {
      const { plans, placed, uses } = planned(config)
      const codes = findingsOf(config).filter(({ code }) => code === 'unused-ref')
      const unused = new Set(codes.map(({ ref }) => ref))
      const used = new Set(uses.map(({ ref }) => ref))
      const bound = plans.flatMap(({ bindings }) => bindings.map(({ binding }) => binding.ref))
      for (const ref of [...placed.map((one) => one.ref), ...bound]) {
        expect(unused.has(ref)).not.toBe(used.has(ref))
      }
    }),
    { numRuns: 150 },
  )
})
