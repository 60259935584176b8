import { expect, test } from 'vitest'
import { sayResults } from '../../src/gateway/once.ts'
import type { Result } from '../../src/gateway/result.ts'
import type { PlannedBinding } from '../../src/plan/types.ts'
import { bindingOf } from './binding.ts'

function denied(fields: Partial<PlannedBinding>): Result {
  const binding = bindingOf(fields)
  const message = 'it is not there'
  return {
    binding,
    decision: {
      binding,
      allow: false,
      code: 'SECRET_NOT_FOUND',
      reason: 'no-such-key',
      message,
      hint: 'set it',
      warnings: [],
    },
  }
}

function said(...results: Result[]): string[] {
  const lines: string[] = []
  sayResults((level, sentence) => lines.push(`${level} ${sentence}`), 'a', results)
  return lines
}

const ALERT = { onFailure: 'deny-and-alert', envVar: 'K' } as const

test.each<[string, string[], Result[]]>([
  [
    'required, with an alert',
    [
      'error a: K: it is not there [SECRET_NOT_FOUND]',
      'error a: K: alert: the agent was not started',
    ],
    [denied({ ...ALERT, required: true })],
  ],
  [
    'optional, with an alert: said at every level',
    [
      'error a: K: it is not there [SECRET_NOT_FOUND]; the agent goes on without it',
      'error a: K: alert: the agent goes on without it',
    ],
    [denied({ ...ALERT, required: false })],
  ],
  [
    'optional, with an alert, beside one that stops the start',
    [
      'error a: K: it is not there [SECRET_NOT_FOUND]',
      'error a: K: alert: the agent was not started',
      'error a: L: it is not there [SECRET_NOT_FOUND]',
    ],
    [denied({ ...ALERT, required: false }), denied({ envVar: 'L' })],
  ],
  [
    'optional, without an alert',
    ['warn a: K: it is not there [SECRET_NOT_FOUND]; the agent goes on without it'],
    [denied({ envVar: 'K', required: false })],
  ],
])('a denial: %s', (_, lines, results) => {
  expect(said(...results)).toEqual(lines)
})
