import { describe, expect, test } from 'vitest'
import { configCheck } from '../../../src/cli/config.ts'
import { problemsText } from '../../../src/config/problems.ts'
import { load, refusal, withSlots } from '../helpers.ts'
import { recorded } from '../../cli/recorded.ts'

/** Put together here, so that no scanner takes this file for a leak. */
const HEX = 'fa4e'.repeat(8)
const BASE64 = 'Fake0Value'.repeat(4)

describe('a ref that looks like a value', () => {
  test.each([HEX, HEX.toUpperCase(), `${HEX}${HEX}`, BASE64])('%s is warned of', async (ref) => {
    const { warnings } = await load(withSlots({ c: { secretRef: ref } }))
    expect(warnings).toEqual([
      {
        code: 'HARDCODED_CREDENTIAL',
        severity: 'warning',
        at: ['agents', 'a', 'tool-bindings', 't', 'credentials', 'c', 'secretRef'],
        message: 'this name of a ref looks like a value',
        hint: expect.stringContaining('replace it at its service'),
        line: 1,
        column: expect.any(Number),
      },
    ])
    expect(problemsText('/c', warnings)).not.toContain(ref)
  })

  test.each([
    'stripe-api-key',
    'prod/payments/stripe/restricted/api-key-of-2026',
    'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    'a-name-that-is-long-and-has-a-number-2-in-it',
    'themostverylongnamethatanybodywouldwritehere',
    HEX.slice(1),
    BASE64.slice(1),
  ])('%s is a name', async (ref) => {
    expect((await load(withSlots({ c: { secretRef: ref } }))).warnings).toEqual([])
  })

  test.each([HEX, BASE64])('%s is quoted neither as a key nor in a path', async (ref) => {
    const entry = { provider: 'file', expiresAt: '2020-01-01' }
    const placed = { openclaw: { gateway: { secrets: { refMap: { [ref]: entry } } } } }
    const { warnings } = await load(withSlots({ c: { secretRef: ref } }, {}, placed))
    expect(warnings.map(({ code }) => code)).toEqual(['HARDCODED_CREDENTIAL', 'EXPIRED'])
    expect(JSON.stringify(warnings)).not.toContain(ref)

    const twice = { x: { secretRef: ref }, y: { secretRef: ref } }
    const error = await refusal({ ...withSlots({ ...twice, [ref]: { secretRef: ref } }) })
    expect(JSON.stringify(error)).not.toContain(ref)

    // It points nowhere.
    for (const options of [{}, { json: true }] as const) {
      const io = recorded(JSON.stringify(withSlots({ c: { secretRef: ref } })))
      expect(await configCheck(io, options)).toBe(1)
      expect(io.stdout).toContain('REF_UNKNOWN')
      expect(io.stdout.toUpperCase()).not.toContain(ref.toUpperCase())
    }
  })
})
