import { describe, expect, test } from 'vitest'
import { momentIn } from '../../../src/values/verifier/ends.ts'

describe('a date in an answer', () => {
  test.each([
    ['2026-10-07 19:07:53 UTC', '2026-10-07T19:07:53.000Z'],
    ['2026-10-07 19:07:53 -0700', '2026-10-08T02:07:53.000Z'],
    ['2026-10-07T19:07:53Z', '2026-10-07T19:07:53.000Z'],
    ['2026-10-07T19:07:53.5+02:00', '2026-10-07T17:07:53.500Z'],
    ['Wed, 07 Oct 2026 19:07:53 GMT', '2026-10-07T19:07:53.000Z'],
    ['1791400073', '2026-10-07T19:07:53.000Z'],
  ])('%s', (text, expected) => {
    expect(momentIn(text)?.toISOString()).toBe(expected)
  })

  test.each(['', 'never', '2026-13-40 00:00:00 UTC', '07/10/2026', '1', '9999999999', '2026'])(
    '%j is none',
    (text) => {
      expect(momentIn(text)).toBeUndefined()
    },
  )
})
