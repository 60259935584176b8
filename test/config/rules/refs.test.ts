import { describe, expect, test } from 'vitest'
import { configCheck, configShow } from '../../../src/cli/config.ts'
import { gatewayStatus } from '../../../src/cli/gateway-status.ts'
import type { Io } from '../../../src/cli/io.ts'
import { secretsVerify } from '../../../src/cli/secrets-verify.ts'
import { isValueBeyondDoubt, looksLikeValue } from '../../../src/config/names.ts'
import { problemsText } from '../../../src/config/problems.ts'
import { load, refusal, withSlots } from '../helpers.ts'
import { recorded } from '../../cli/recorded.ts'

/** Put together here, so that no scanner takes this file for a leak. */
const HEX = 'fa4e'.repeat(8)
const BASE64 = 'Fake0Value'.repeat(4)

const COMMANDS: readonly ((io: Io) => Promise<unknown>)[] = [
  (io) => configShow(io, {}),
  (io) => gatewayStatus(io, { secrets: true }),
  (io) => secretsVerify(io, { all: true, concurrency: 1 }),
]
const PLACE = ['agents', 'a', 'tool-bindings', 't', 'credentials', 'c', 'secretRef']
const VALUES = [HEX, HEX.toUpperCase(), `${HEX}${HEX}`, '0123456789abcdef'.repeat(2), BASE64]
const placedAs = (refMap: object): object => ({ openclaw: { gateway: { secrets: { refMap } } } })

describe('a ref that looks like a value', () => {
  test.each(VALUES)('%s is refused', async (ref) => {
    const error = await refusal(withSlots({ c: { secretRef: ref } }))
    expect(error.code).toBe('HARDCODED_CREDENTIAL')
    expect(error.problems).toEqual([
      {
        code: 'HARDCODED_CREDENTIAL',
        severity: 'error',
        at: PLACE,
        message: 'this name of a ref looks like a value',
        hint: expect.stringContaining('replace it at its service'),
        line: 1,
        column: expect.any(Number),
      },
    ])
    expect(JSON.stringify(error) + problemsText('/c', error.problems)).not.toContain(ref)
  })

  test.each(VALUES)(
    '%s is refused where it is placed, in a list of environments too',
    async (ref) => {
      const entry = { provider: 'file' }
      const at = async (config: object): Promise<unknown> => {
        const error = await refusal(config)
        expect(JSON.stringify(error)).not.toContain(ref)
        return error.problems.map((problem) => [problem.code, problem.at])
      }
      const where = ['openclaw', 'gateway', 'secrets', 'refMap', '(hidden)']
      expect(await at(placedAs({ [ref]: entry }))).toEqual([['HARDCODED_CREDENTIAL', where]])
      expect(await at({ environments: { prod: { secrets: { [ref]: entry } } } })).toEqual([
        ['HARDCODED_CREDENTIAL', ['environments', 'prod', 'secrets', '(hidden)']],
      ])
      if (ref.length > 64) return
      expect(await at({ environments: { [ref]: { secrets: { key: entry } } } })).toEqual([
        ['HARDCODED_CREDENTIAL', ['environments', '(hidden)']],
      ])
    },
  )

  test('keys of every alphabet are refused, nearly all of them', () => {
    const alphabets = [
      '0123456789abcdef',
      'abcdefghijklmnopqrstuvwxyz0123456789',
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
    ]
    let drawn = 1
    for (const alphabet of alphabets) {
      const keys = Array.from({ length: 500 }, () =>
        Array.from({ length: 40 }, () => {
          drawn = (drawn * 48271) % 0x7fffffff
          return alphabet[drawn % alphabet.length]
        }).join(''),
      )
      expect(keys.filter((key) => isValueBeyondDoubt(key)).length).toBeGreaterThan(460)
      expect(keys.filter((key) => looksLikeValue(key)).length).toBeGreaterThan(495)
    }
  })

  test.each([
    'stripeProductionRestrictedApiKeyForPayments2026',
    'themostverylongnamethatanybodywouldwritehere2',
    'AwsSecretAccessKeyForTheBackupAccountEuWest1',
    'SLACKBOTTOKENFORTHEINCIDENTCHANNELOFTEAM42',
  ])('%s may be a value: a warning', async (ref) => {
    const { warnings } = await load(withSlots({ c: { secretRef: ref } }))
    expect(warnings.map(({ severity, at }) => [severity, at])).toEqual([['warning', PLACE]])
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
    const placed = placedAs({ [ref]: { provider: 'file', expiresAt: '2020-01-01' } })
    const refused = await refusal(withSlots({ c: { secretRef: ref } }, {}, placed))
    expect(refused.problems.map(({ code }) => code)).toEqual([
      'HARDCODED_CREDENTIAL',
      'HARDCODED_CREDENTIAL',
      'EXPIRED',
    ])
    expect(JSON.stringify(refused)).not.toContain(ref)

    const twice = { x: { secretRef: ref }, y: { secretRef: ref } }
    const error = await refusal({ ...withSlots({ ...twice, [ref]: { secretRef: ref } }) })
    expect(JSON.stringify(error)).not.toContain(ref)

    for (const options of [{}, { json: true }] as const) {
      const io = recorded(JSON.stringify(withSlots({ c: { secretRef: ref } })))
      expect(await configCheck(io, options)).toBe(1)
      expect(io.stdout).toContain('HARDCODED_CREDENTIAL')
      expect(io.stdout.toUpperCase()).not.toContain(ref.toUpperCase())
    }
  })

  test('no command that reads a config shows it', async () => {
    const ref = HEX
    const text = JSON.stringify(
      withSlots({ c: { secretRef: ref } }, {}, placedAs({ [ref]: { provider: 'file' } })),
    )
    for (const words of COMMANDS) {
      const io = recorded(text)
      const error: unknown = await words(io).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'ConfigError' })
      const said = io.stdout + io.stderr + JSON.stringify(error)
      expect(said.toLowerCase()).not.toContain(ref)
    }
  })

  test.each(['stripeProductionRestrictedApiKeyForPayments2026'])(
    'a doubtful one that points nowhere is not shown by the check: %s',
    async (ref) => {
      const io = recorded(JSON.stringify(withSlots({ c: { secretRef: ref } })))
      expect(await configCheck(io, {})).toBe(1)
      expect(io.stdout).toContain('REF_UNKNOWN')
      expect(io.stdout.toUpperCase()).not.toContain(ref.toUpperCase())
    },
  )
})
