import { expect, test } from 'vitest'
import { exitCode } from '../../src/findings/exit.ts'
import type { Finding } from '../../src/findings/types.ts'

const finding = (code: Finding['code'], severity: Finding['severity']): Finding => ({
  code,
  severity,
  message: 'm',
  hint: 'h',
  places: [],
})

const bad = finding('credential', 'error')
const warning = finding('expiring', 'warning')
const note = finding('skipped', 'note')
const unread = finding('unreadable', 'error')
const unresolved = finding('unresolved', 'error')

test.each([
  [[], 0, 0],
  [[note], 0, 0],
  [[bad], 0, 1],
  [[warning, note], 0, 1],
  [[unread], 2, 2],
  [[bad, unresolved], 2, 2],
  [[finding('unresolved', 'note')], 2, 2],
] as const)('%j', (findings, without, withCheck) => {
  expect(exitCode(findings, { check: false })).toBe(without)
  expect(exitCode(findings, { check: true })).toBe(withCheck)
})
