import { describe, expect, test } from 'vitest'
import { Backoff, Pace, startsAgain, type Restart } from '../../src/gateway/restart.ts'

describe('startsAgain', () => {
  const endings = {
    'exit 0': { code: 0 },
    'exit 3': { code: 3 },
    'a signal': { signal: 'SIGTERM' },
    'not started': undefined,
  } as const
  test.each<[Restart, Record<keyof typeof endings, boolean>]>([
    ['never', { 'exit 0': false, 'exit 3': false, 'a signal': false, 'not started': false }],
    ['on-failure', { 'exit 0': false, 'exit 3': true, 'a signal': true, 'not started': true }],
    ['always', { 'exit 0': true, 'exit 3': true, 'a signal': true, 'not started': true }],
  ])('%s', (restart, expected) => {
    const answers = Object.entries(endings).map(([name, ending]) => [
      name,
      startsAgain(restart, ending),
    ])
    expect(Object.fromEntries(answers)).toEqual(expected)
  })
})

describe('Backoff', () => {
  test('doubles from a second to a minute, and stays there', () => {
    const backoff = new Backoff()
    const delays = Array.from({ length: 9 }, () => backoff.after(10))
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  test('a run that lasted a minute begins anew', () => {
    const backoff = new Backoff()
    expect([59_999, 59_999, 60_000, 0].map((lasted) => backoff.after(lasted))).toEqual([
      1000, 2000, 1000, 2000,
    ])
  })
})

/** Asks each so many ms, as quick edits do; each restart comes when it may. */
function restarts(every: number, during: number): number[] {
  const pace = new Pace()
  const times: number[] = []
  for (let now = 0; now < during; now += every) {
    // One that waits takes all edits until then.
    if ((times.at(-1) ?? -1) < now) times.push(now + pace.next(now))
  }
  return times
}

describe('Pace', () => {
  test('a single edit restarts at once, and so does one a minute later', () => {
    const pace = new Pace()
    expect([pace.next(0), pace.next(60_000), pace.next(120_000)]).toEqual([0, 0, 0])
  })

  test('fifty edits a minute restart six times, and then about once a minute', () => {
    const times = restarts(1200, 600_000)
    expect(times.filter((time) => time < 60_000)).toHaveLength(6)
    expect(times.slice(7).map((time, i) => time - (times[i + 6] ?? 0))).toEqual(
      Array(9).fill(60_000),
    )
  })

  test('what waited is counted from its own time, not from when it was asked for', () => {
    const pace = new Pace()
    expect([pace.next(0), pace.next(100), pace.next(1100), pace.next(3200)]).toEqual([
      0, 900, 1900, 3800,
    ])
  })
})
