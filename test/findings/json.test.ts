import { expect, test } from 'vitest'
import { findingsJson } from '../../src/findings/json.ts'
import type { Finding } from '../../src/findings/types.ts'

const finding = (over: Partial<Finding>): Finding => ({
  code: 'credential',
  severity: 'error',
  message: 'm',
  hint: 'h',
  places: [],
  ...over,
})

test('counts by severity, and what the command counts itself', () => {
  const findings = [finding({}), finding({ severity: 'warning' }), finding({ severity: 'note' })]
  expect(findingsJson(findings, { files: 7 })).toEqual({
    version: 1,
    status: 'findings',
    findings,
    summary: { error: 1, warning: 1, note: 1, files: 7 },
  })
})

test.each([
  [[], 'clean'],
  [[finding({ severity: 'note' })], 'clean'],
  [[finding({})], 'findings'],
  [[finding({}), finding({ code: 'unreadable' })], 'unresolved'],
] as const)('%#: %s', (findings, status) => {
  expect(findingsJson(findings).status).toBe(status)
})
