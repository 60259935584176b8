/** What a mistyped name is told, among few and among very many. */
import { expect, test } from 'vitest'
import { didYouMean, quoted } from '../../src/plan/known.ts'

const agents = Array.from({ length: 300 }, (_, i) => `worker-${String(i).padStart(3, '0')}`)
agents.push('payment-analyst')

test.each([
  ['worker-1o3', 'worker-103'],
  ['wroker-299', 'worker-299'],
  ['payment-anlyst', 'payment-analyst'],
  // A part of the name alone.
  ['analyst', 'payment-analyst'],
  ['150', 'worker-150'],
])('%s: did you mean %s, out of 301', (typed, meant) => {
  expect(didYouMean(typed, agents, 'agents')).toMatch(
    new RegExp(`^did you mean "${meant}"\\? agents: .* and 293 more$`),
  )
})

test('where none is near none is suggested, and a text without an end costs no more than its length', () => {
  expect(didYouMean('zz', agents, 'agents')).toMatch(/^agents: /)
  const many = Array.from({ length: 10_000 }, (_, i) => `${'x'.repeat(200)}${i}`)
  const began = performance.now()
  expect(didYouMean('y'.repeat(200), many, 'agents')).toMatch(/^agents: /)
  expect(performance.now() - began).toBeLessThan(2000)
})

test('what looks like a credential is not repeated', () => {
  expect(quoted('stripe-api-key')).toBe('"stripe-api-key"')
  for (const name of ['0123456789abcdef'.repeat(2), ['ghp', 'a'.repeat(36)].join('_')]) {
    expect(quoted(name)).not.toContain(name)
  }
})
