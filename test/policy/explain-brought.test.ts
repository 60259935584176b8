/** A value that a person brought and that was not taken is never told as a mistake of the current one. */
import { expect, test } from 'vitest'
import { reasonOf } from '../../src/gateway/rotate/tell.ts'
import type { Subject } from '../../src/gateway/rotate/subjects.ts'
import type { Did } from '../../src/gateway/rotate/words.ts'
import { explainBrought } from '../../src/policy/explain-brought.ts'
import { REASONS } from '../../src/policy/reasons.ts'

const SUBJECT: Subject = {
  ref: 'stripe-api-key',
  environment: 'default',
  rotate: { options: {} },
  driver: 'stripe',
  class: 'issued',
  guided: true,
  options: {},
  step: { provider: 'main', at: { path: 'stripe-api-key' } },
  provider: { type: 'store', options: {} },
  targets: [],
  agents: [],
}
/** What the input, the form, and the service may say of it. */
const OF_THE_VALUE = [
  'empty',
  'too-large',
  'many-lines',
  'control-character',
  'unreadable',
  'same-value',
  'not-a-key',
  'login-denied',
  'another-account',
  'account-unknown',
  'another-mode',
  'unrestricted',
] as const
const did = (more: Partial<Did>): Partial<Did> => ({
  did: 'create',
  result: 'waiting',
  code: 'CREDENTIAL_REJECTED',
  whose: 'new',
  ...more,
})

test.each(OF_THE_VALUE)('%s: that it was not taken, and how another one is brought', (reason) => {
  const words = reasonOf(SUBJECT, did({ reason }))
  expect(words?.message).toMatch(/^what was brought for "stripe-api-key" was not taken: \S.*[^.]$/)
  expect(words?.hint).toContain('secretref secrets rotate --ref stripe-api-key --force')
  // That would take the current one's place with no trial.
  expect(words?.hint).not.toContain('secrets set')
})

test('what says nothing of the value is told as what it is', () => {
  expect(REASONS.filter((reason) => explainBrought('a', reason) === undefined)).toContain(
    'no-input',
  )
  const kept = reasonOf(SUBJECT, did({ did: 'verify', reason: 'server-error', service: true }))
  expect(kept).toEqual({
    message: 'the service of "stripe-api-key" answered with an error of its own',
    hint: 'what was brought is kept, and tried again by the next run: nobody has to bring it again',
  })
  const config = did({ code: 'CONFIG_INVALID', reason: 'no-call', service: true })
  expect(reasonOf(SUBJECT, config)?.hint).toContain('"unverified": true')
})
