/** When a rotation counts as overdue, and what is said of one that is stuck. */
import { expect, test } from 'vitest'
import type { AuditFacts } from '../../../src/findings/judge/facts.ts'
import type { AuditFinding } from '../../../src/findings/judge/finding.ts'
import { judgeOverdue, judgeStuck } from '../../../src/findings/judge/rotation.ts'
import type { Rule } from '../../../src/rotation/due.ts'
import { parseWindow } from '../../../src/rotation/window.ts'
import { factOf, factsOf, fetchedFact, NOW } from './facts.ts'

const DAY_MS = 86_400_000
/** NOW is the noon of a Tuesday. */
const ago = (days: number): string => new Date(NOW.getTime() - days * DAY_MS).toISOString()

function overdue(
  rule: Rule,
  value: { createdAt?: string; expiresAt?: string },
  rotations: AuditFacts['rotations'] = [],
): AuditFinding[] {
  return judgeOverdue(factsOf({ bindings: [fetchedFact({ rule }, value)], rotations }))
}
const details = (findings: readonly AuditFinding[]): (string | undefined)[] =>
  findings.map(({ detail }) => detail)
const windowOf = (text: string): Rule => {
  const window = parseWindow(text)
  if (window === undefined) throw new Error('no window')
  return { every: 7 * DAY_MS, window }
}

test('by its age or its end, a day after it was due', () => {
  const every = { every: 30 * DAY_MS }
  expect(overdue(every, { createdAt: ago(30.9) })).toEqual([])
  expect(details(overdue(every, { createdAt: ago(31.1) }))).toEqual(['since 2026-11-23'])
  const before = { before: 10 * DAY_MS }
  expect(overdue(before, { expiresAt: ago(-9.1) })).toEqual([])
  expect(details(overdue(before, { expiresAt: ago(-8.9) }))).toEqual(['since 2026-11-23'])
  expect(overdue({}, { createdAt: ago(4000), expiresAt: ago(-1) })).toEqual([])
})

test('a window is waited for, and what never opens is not', () => {
  // Due on Friday, could be done on Sunday.
  const created = { createdAt: ago(11) }
  expect(details(overdue(windowOf('Sun 02:00-05:00'), created))).toEqual(['since 2026-11-22'])
  expect(overdue(windowOf('Mon 14:00-15:00'), created)).toEqual([])
  expect(overdue(windowOf('Wed 02:00-05:00'), created)).toEqual([])
})

test('what is not served, or could not be read, is not judged', () => {
  const rule = { every: DAY_MS }
  const bindings = [fetchedFact({ rule, covered: false }), factOf({ rule })]
  expect(judgeOverdue(factsOf({ bindings }))).toEqual([])
})

test('one that is under way says how far it is; one that is stuck is one finding', () => {
  const one = { ref: 'stripe-api-key', environment: 'production', failures: 0, since: NOW }
  const rule = { every: 7 * DAY_MS }
  const due = { createdAt: ago(11) }
  expect(details(overdue(rule, due, [{ ...one, step: 'creating' }]))).toEqual([
    'since 2026-11-20, under way: creating',
  ])
  expect(overdue(rule, due, [{ ...one, step: 'stuck' }])).toEqual([])
  const elsewhere = { ...one, environment: 'staging', step: 'stuck' as const }
  expect(overdue(rule, due, [elsewhere])).toHaveLength(1)
})

const ONE = { environment: 'production', failures: 0, since: NOW }

test('one that is stuck: why, what to do, and where it stands', () => {
  const rotations: AuditFacts['rotations'] = [
    { ...ONE, ref: 'a', environment: 'staging', step: 'stuck', reason: 'orphan-possible' },
    { ...ONE, ref: 'b', step: 'stuck' },
    { ...ONE, ref: 'c', step: 'distributed' },
  ]
  const entry = { provider: 'store' }
  const placed: AuditFacts['placed'] = [
    { ref: 'a', entry, at: ['refMap', 'a'], chain: [] },
    { ref: 'a', entry, at: ['environments', 'staging', 'secrets', 'a'], chain: [] },
  ]
  const environments = ['production', 'staging']
  expect(judgeStuck(factsOf({ rotations, placed, environments }))).toMatchObject([
    {
      code: 'rotation-stuck',
      severity: 'error',
      subject: 'a',
      detail: 'since 2026-11-24, staging',
      message:
        'the rotation of "a" is left to a person: a credential may live at the service that nobody knows',
      hint: 'end at its service what was made then and nobody uses, then run: secretref secrets rotation resume a',
      places: [{ at: 'environments.staging.secrets.a' }],
    },
    { subject: 'b', places: [{ file: '/c/config.json' }] },
  ])
})

test('one that the config has cut off is left to a person, however far it came, and is no overdue one', () => {
  const cutOff = { message: 'the config does not have it any more', hint: 'put that back' }
  const rotations: AuditFacts['rotations'] = [
    { ...ONE, ref: 'stripe-api-key', step: 'creating', cutOff },
    { ...ONE, ref: 'b', step: 'stuck', reason: 'orphan-possible', cutOff },
  ]
  expect(judgeStuck(factsOf({ rotations }))).toMatchObject([
    {
      code: 'rotation-stuck',
      message:
        'the rotation of "stripe-api-key" is left to a person: the config does not have it any more',
      hint: 'put that back',
    },
    {
      message:
        'the rotation of "b" is left to a person: a credential may live at the service that nobody knows, and the config does not have it any more',
      hint: 'put that back',
    },
  ])
  expect(overdue({ every: 7 * DAY_MS }, { createdAt: ago(11) }, rotations)).toEqual([])
})
