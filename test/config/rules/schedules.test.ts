import { describe, expect, test } from 'vitest'
import { complaints, load } from '../helpers.ts'

function config(schedule: string | undefined, timezone?: string): object {
  return { agents: { a: { ...(schedule && { schedule }), ...(timezone && { timezone }) } } }
}

describe('a schedule', () => {
  test.each(['0 9 * * 1-5', '*/5 * * * *', '0 0 3 1 */3 *', '0 9 * * MON', '@daily', '0 0 29 2 *'])(
    '%s is one',
    async (schedule) => {
      await load(config(schedule))
    },
  )

  test.each([
    '0 9 * *',
    'every day',
    '61 * * * *',
    '0 25 * * *',
    '* * * * * * * *',
    '@never',
    '2030-01-01T00:00:00',
  ])('%s is none, and is not quoted', async (schedule) => {
    const [complaint, ...others] = await complaints(config(schedule))
    expect(complaint).toBe('CONFIG_INVALID agents.a.schedule: this is no cron expression')
    expect(others).toEqual([])
  })

  test('that never comes is told', async () => {
    expect(await complaints(config('0 0 30 2 *'))).toEqual([
      'CONFIG_INVALID agents.a.schedule: this schedule never comes',
    ])
  })
})

describe('a time zone', () => {
  test.each(['UTC', 'Asia/Taipei', 'Europe/Berlin'])('%s exists', async (zone) => {
    await load(config('0 9 * * *', zone))
  })

  test.each(['Asia/Taipeh', 'Mars/One', ' '])(
    '%s does not, with or without a schedule',
    async (zone) => {
      const complaint = 'CONFIG_INVALID agents.a.timezone: there is no such time zone'
      expect(await complaints(config('0 9 * * *', zone))).toEqual([complaint])
      expect(await complaints(config(undefined, zone))).toEqual([complaint])
    },
  )
})
