import { describe, expect, test } from 'vitest'
import { Backoff, startsAgain, type Restart } from '../../src/gateway/restart.ts'

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
