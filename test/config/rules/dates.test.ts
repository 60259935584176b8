import { describe, expect, test } from 'vitest'
import { complaints, load, withSlots } from '../helpers.ts'

const NOON = new Date('2026-06-01T12:00:00Z')

function config(dates: object): object {
  return withSlots(
    { k: { secretRef: 'r', ...dates } },
    {},
    {
      openclaw: { gateway: { secrets: { refMap: { r: { provider: 'file', ...dates } } } } },
    },
  )
}

const PLACES = ['agents.a.tool-bindings.t.credentials.k', 'openclaw.gateway.secrets.refMap.r']

describe.each([
  ['expiresAt', 'EXPIRED'],
  ['deprecationDate', 'DEPRECATED'],
])('%s', (word, code) => {
  test.each(['2026-06-01', '2026-06-01T12:00:00Z', '2026-06-01T14:00:00+02:00', '2020-02-29'])(
    '%s has passed: a warning in slot and refMap, no mistake',
    async (date) => {
      const { warnings } = await load(config({ [word]: date }), NOON)
      expect(warnings.map((warning) => `${warning.code} ${warning.at.join('.')}`)).toEqual(
        PLACES.map((place) => `${code} ${place}.${word}`),
      )
      expect(warnings.every(({ severity }) => severity === 'warning')).toBe(true)
    },
  )

  test.each(['2026-06-02', '2026-06-01T12:00:01Z', '2026-06-01T12:00:00-00:01', '2099-12-31'])(
    '%s has not',
    async (date) => {
      expect((await load(config({ [word]: date }), NOON)).warnings).toEqual([])
    },
  )

  test.each(['2026-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '2026-01-01T24:00Z'])(
    'there is no %s',
    async (date) => {
      expect(await complaints(config({ [word]: date }), NOON)).toEqual(
        PLACES.map((place) => `CONFIG_INVALID ${place}.${word}: there is no such day or time`),
      )
    },
  )

  test.each(['tomorrow', '08.03.2027', '2027-3-8', '2027-03-08T04:12:00', '1772942400'])(
    '%s is no date',
    async (date) => {
      const [complaint] = await complaints(config({ [word]: date }), NOON)
      expect(complaint).toContain('must be a date such as 2027-03-08')
    },
  )
})
