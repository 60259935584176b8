import { expect, test } from 'vitest'
import { PROVIDER_OPTIONS } from '../../src/config/providers.generated.ts'
import { budgetOf, CALLS_PER_MINUTE } from '../../src/gateway/budget.ts'

test('every type whose options have a call budget is counted, from the same default', () => {
  const stated = Object.entries(PROVIDER_OPTIONS).flatMap(([type, { properties }]) => {
    const option = Object(properties)['callsPerMinute']
    return option === undefined ? [] : [[type, option.default]]
  })
  expect(stated).not.toEqual([])
  expect(CALLS_PER_MINUTE).toEqual(Object.fromEntries(stated))
})

test('what the config says counts; a file has no budget', () => {
  expect(budgetOf({ type: 'vault', options: { callsPerMinute: 7 } })).toBe(7)
  expect(budgetOf({ type: 'vault', options: {} })).toBe(600)
  expect(budgetOf({ type: 'file', options: {} })).toBeUndefined()
})
