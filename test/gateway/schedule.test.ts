/** When a schedule starts, and when it does not: on a clock that the test moves. */
import { describe, expect, test } from 'vitest'
import { runSchedule, type Clock } from '../../src/gateway/schedule.ts'

/** Time passes only where somebody waits, and then as much as was asked for; or more, where it leaps. */
class TestClock implements Clock {
  #now: number
  #alarms: { at: number; ring: () => void }[] = []
  #leaps: { from: number; to: number }[] = []

  constructor(start: string) {
    this.#now = Date.parse(start)
  }

  now(): Date {
    return new Date(this.#now)
  }

  /** The machine falls asleep at one moment and wakes up at another. */
  sleep(from: string, to: string): void {
    this.#leaps.push({ from: Date.parse(from), to: Date.parse(to) })
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    let until = this.#now + ms
    const leap = this.#leaps.find(({ from }) => from > this.#now && from <= until)
    if (leap !== undefined) until = leap.to
    this.#now = until
    for (const alarm of this.#alarms) if (alarm.at <= until) alarm.ring()
    this.#alarms = this.#alarms.filter(({ at }) => at > until)
    // What was rung for happens first.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }

  /** Resolves when so much time has passed; passes none itself. */
  after(ms: number): Promise<void> {
    return new Promise((ring) => {
      this.#alarms.push({ at: this.#now + ms, ring })
    })
  }
}

interface Plan {
  expression: string
  zone?: string
  from: string
  /** How long a run takes, in ms; left out: it ends at once. */
  runs?: number
  sleeps?: readonly [from: string, to: string]
  /** How many starts and skips to watch. */
  events: number
}

/** What happened, in order: `start 2026-03-27T08:00:00Z`, `overlap …`, `missed …`. */
async function watch(plan: Plan): Promise<string[]> {
  const clock = new TestClock(plan.from)
  if (plan.sleeps !== undefined) clock.sleep(...plan.sleeps)
  const happened: string[] = []
  const stop = new AbortController()
  const note = (what: string, due: Date): void => {
    happened.push(`${what} ${due.toISOString().replace('.000Z', 'Z')}`)
    if (happened.length === plan.events) stop.abort()
    // Never before its time.
    expect(clock.now().getTime()).toBeGreaterThanOrEqual(due.getTime())
  }
  const events = {
    start: async (due: Date): Promise<void> => {
      note('start', due)
      if (plan.runs !== undefined && !stop.signal.aborted) await clock.after(plan.runs)
    },
    skipped: async (reason: 'overlap' | 'missed', due: Date): Promise<void> => note(reason, due),
  }
  await Promise.race([
    runSchedule(plan.expression, plan.zone ?? 'UTC', clock, events, stop.signal),
    new Promise((resolve) => stop.signal.addEventListener('abort', resolve)),
  ])
  return happened
}

describe('times', () => {
  test('the article’s: nine on working days, in UTC', async () => {
    expect(
      await watch({ expression: '0 9 * * 1-5', from: '2026-03-06T08:59:59Z', events: 3 }),
    ).toEqual([
      'start 2026-03-06T09:00:00Z',
      'start 2026-03-09T09:00:00Z',
      'start 2026-03-10T09:00:00Z',
    ])
  })

  test('a start at the very moment of its time is not made twice', async () => {
    expect(
      await watch({ expression: '* * * * *', from: '2026-03-06T09:00:00Z', events: 2 }),
    ).toEqual(['start 2026-03-06T09:01:00Z', 'start 2026-03-06T09:02:00Z'])
  })

  test('six fields begin with the second', async () => {
    expect(
      await watch({ expression: '*/20 * * * * *', from: '2026-03-06T09:00:05Z', events: 3 }),
    ).toEqual([
      'start 2026-03-06T09:00:20Z',
      'start 2026-03-06T09:00:40Z',
      'start 2026-03-06T09:01:00Z',
    ])
  })

  test.each([
    // Clocks go forward on the 29th, and back on the 25th of October.
    [
      'Europe/Berlin',
      '2026-03-27T12:00:00Z',
      ['2026-03-28T08:00:00Z', '2026-03-29T07:00:00Z', '2026-03-30T07:00:00Z'],
    ],
    [
      'Europe/Berlin',
      '2026-10-23T12:00:00Z',
      ['2026-10-24T07:00:00Z', '2026-10-25T08:00:00Z', '2026-10-26T08:00:00Z'],
    ],
    // On the 8th of March, and on the 1st of November.
    [
      'America/New_York',
      '2026-03-06T20:00:00Z',
      ['2026-03-07T14:00:00Z', '2026-03-08T13:00:00Z', '2026-03-09T13:00:00Z'],
    ],
    [
      'America/New_York',
      '2026-10-30T20:00:00Z',
      ['2026-10-31T13:00:00Z', '2026-11-01T14:00:00Z', '2026-11-02T14:00:00Z'],
    ],
  ])('nine o’clock in %s stays nine when the clocks change (%s)', async (zone, from, times) => {
    expect(await watch({ expression: '0 9 * * *', zone, from, events: 3 })).toEqual(
      times.map((time) => `start ${time}`),
    )
  })

  test.each([
    ['Europe/Berlin', '2026-03-28T12:00:00Z', ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z']],
    ['America/New_York', '2026-03-07T12:00:00Z', ['2026-03-08T07:00:00Z', '2026-03-09T06:30:00Z']],
  ])(
    'half past two, where %s has none that day, comes with the change',
    async (zone, from, times) => {
      expect(await watch({ expression: '30 2 * * *', zone, from, events: 2 })).toEqual(
        times.map((time) => `start ${time}`),
      )
    },
  )

  test.each([
    [
      'Europe/Berlin',
      '30 2 * * *',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
    ],
    [
      'America/New_York',
      '30 1 * * *',
      '2026-10-31T12:00:00Z',
      ['2026-11-01T05:30:00Z', '2026-11-02T06:30:00Z'],
    ],
  ])('a time that %s has twice that night comes once', async (zone, expression, from, times) => {
    expect(await watch({ expression, zone, from, events: 2 })).toEqual(
      times.map((time) => `start ${time}`),
    )
  })

  test('every hour is every hour, whatever the clocks on the wall do', async () => {
    for (const [zone, from] of [
      ['Europe/Berlin', '2026-03-28T23:30:00Z'],
      ['Europe/Berlin', '2026-10-24T22:30:00Z'],
    ] as const) {
      const starts = await watch({ expression: '0 * * * *', zone, from, events: 5 })
      const first = Date.parse(from) + 1_800_000
      expect(starts).toEqual(
        [0, 1, 2, 3, 4].map(
          (n) => `start ${new Date(first + n * 3_600_000).toISOString().replace('.000Z', 'Z')}`,
        ),
      )
    }
  })
})

describe('what does not start', () => {
  test('a start that falls into the run before it: skipped and told, and the next one comes', async () => {
    expect(
      await watch({
        expression: '* * * * *',
        from: '2026-03-06T09:00:30Z',
        runs: 130_000,
        events: 5,
      }),
    ).toEqual([
      'start 2026-03-06T09:01:00Z',
      'overlap 2026-03-06T09:02:00Z',
      'overlap 2026-03-06T09:03:00Z',
      'start 2026-03-06T09:04:00Z',
      'overlap 2026-03-06T09:05:00Z',
    ])
  })

  test('what was missed while the machine slept: told once, not made up', async () => {
    expect(
      await watch({
        expression: '0 * * * *',
        from: '2026-03-06T08:30:00Z',
        sleeps: ['2026-03-06T08:45:00Z', '2026-03-06T12:30:00Z'],
        events: 3,
      }),
    ).toEqual([
      'missed 2026-03-06T09:00:00Z',
      'start 2026-03-06T13:00:00Z',
      'start 2026-03-06T14:00:00Z',
    ])
  })

  test('less than a minute late is not missed', async () => {
    expect(
      await watch({
        expression: '0 * * * *',
        from: '2026-03-06T08:30:00Z',
        sleeps: ['2026-03-06T08:45:00Z', '2026-03-06T09:00:59Z'],
        events: 2,
      }),
    ).toEqual(['start 2026-03-06T09:00:00Z', 'start 2026-03-06T10:00:00Z'])
  })

  test('of several times that have come at once only the last starts', async () => {
    expect(
      await watch({
        expression: '*/10 * * * * *',
        from: '2026-03-06T08:59:55Z',
        sleeps: ['2026-03-06T08:59:58Z', '2026-03-06T09:00:45Z'],
        events: 3,
      }),
    ).toEqual([
      'missed 2026-03-06T09:00:00Z',
      'start 2026-03-06T09:00:40Z',
      'start 2026-03-06T09:00:50Z',
    ])
  })

  test('nothing, where no time ever comes', async () => {
    const clock = new TestClock('2026-03-06T09:00:00Z')
    const events = { start: () => Promise.reject(new Error('no')), skipped: async () => {} }
    await runSchedule('0 0 30 2 *', 'UTC', clock, events, new AbortController().signal)
    expect(clock.now().toISOString()).toBe('2026-03-06T09:00:00.000Z')
  })
})

test('asked to stop, it waits for the run that goes on', async () => {
  const clock = new TestClock('2026-03-06T09:00:30Z')
  const stop = new AbortController()
  const run = Promise.withResolvers<void>()
  const order: string[] = []
  const over = runSchedule(
    '* * * * *',
    'UTC',
    clock,
    {
      start: async () => {
        order.push('started')
        stop.abort()
        await run.promise
        order.push('ended')
      },
      skipped: async () => {},
    },
    stop.signal,
  ).then(() => order.push('over'))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(order).toEqual(['started'])
  run.resolve()
  await over
  expect(order).toEqual(['started', 'ended', 'over'])
})
