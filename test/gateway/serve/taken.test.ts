import { expect, test } from 'vitest'
import { takenBy } from '../../../src/gateway/serve/taken.ts'
import type { Plan, PlannedBinding } from '../../../src/plan/types.ts'
import { bindingOf } from '../binding.ts'

const context = { now: new Date('2026-11-24T12:00:00.000Z'), strict: false }
const held = [bindingOf()]

function taken(bindings: PlannedBinding[], fields: Partial<Plan> = {}): unknown[] {
  const plan = {
    agent: 'payment-analyst',
    environment: 'default',
    bindings,
    skipped: [],
    ...fields,
  }
  return takenBy(plan, held, context).map(({ code, reason, binding }) => [
    code,
    reason,
    binding.envVar,
  ])
}

test('nothing, where the ref is still granted: in another slot or variable, or on another way', () => {
  expect(taken([bindingOf()])).toEqual([])
  expect(taken([bindingOf({ slot: 'other', envVar: 'OTHER', tool: 'another' })])).toEqual([])
  expect(taken([bindingOf({ chain: [{ provider: 'vault', at: { path: 'x' } }] })])).toEqual([])
})

test('a ref that no binding names any more', () => {
  expect(taken([])).toEqual([['REF_NOT_BOUND', 'not-bound', 'STRIPE_API_KEY']])
  expect(taken([bindingOf({ ref: 'another' })])).toEqual([
    ['REF_NOT_BOUND', 'not-bound', 'STRIPE_API_KEY'],
  ])
})

test('a ref whose tool is no capability any more, or that has a date which has passed', () => {
  expect(taken([bindingOf()], { capabilities: ['other-tool'] })).toEqual([
    ['CAPABILITY_MISSING', 'capability-missing', 'STRIPE_API_KEY'],
  ])
  expect(taken([bindingOf({ expiresAt: '2026-11-24T11:00:00.000Z' })])).toEqual([
    ['EXPIRED', 'expired', 'STRIPE_API_KEY'],
  ])
})

test('not one that is granted by another tool all the same', () => {
  const both = [bindingOf(), bindingOf({ tool: 'allowed', envVar: 'OTHER' })]
  expect(taken(both, { capabilities: ['allowed'] })).toEqual([])
})

test('not one that cannot be served for now: that is no decision about the agent', () => {
  const problem = { code: 'REF_UNKNOWN', message: 'nowhere', hint: 'place it' } as const
  expect(taken([bindingOf({ problem })])).toEqual([])
})
