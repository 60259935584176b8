import { describe, expect, test } from 'vitest'
import { didYouMean, nearest, newPatience } from '../../src/config/suggest.ts'

const KNOWN = ['tool-bindings', 'auth-profiles', 'capabilities', 'command', 'cwd', 'vault', 'file']

describe('the nearest name', () => {
  test.each([
    ['toolBindings', 'tool-bindings'],
    ['tool_bindings', 'tool-bindings'],
    ['tool-bidnings', 'tool-bindings'],
    ['authprofile', 'auth-profiles'],
    ['capabilites', 'capabilities'],
    ['comand', 'command'],
    ['valut', 'vault'],
    ['fil', 'file'],
    ['CWD', 'cwd'],
  ])('to %s is %s', (word, name) => {
    expect(nearest(word, KNOWN)).toBe(name)
  })

  test.each(['', 'a', 'xy', 'schedule', 'vaultwarden', 'fi'])('to %j there is none', (word) => {
    expect(nearest(word, KNOWN)).toBeUndefined()
  })
})

test('where none is near, a few are listed and many are not', () => {
  expect(didYouMean('schedule', ['a', 'b'])).toBe('known here: a, b')
  expect(didYouMean('schedule', [])).toBeUndefined()
  expect(
    didYouMean(
      'schedule',
      Array.from({ length: 25 }, (_, n) => `n${n}`),
    ),
  ).toBeUndefined()
})

describe('patience', () => {
  const long = 'x'.repeat(110)
  const known = Array.from({ length: 10_000 }, (_, n) => `${long}-${n}`)

  test('suffices for a mistake among ten thousand names', () => {
    const names = Array.from({ length: 10_000 }, (_, n) => `team-agent-${n}`)
    expect(nearest('team-agnet-9999', names)).toBe('team-agent-9999')
  })

  test('ends: thousands of unknown names are compared as much as one', () => {
    const patience = newPatience()
    for (let n = 0; n < 10_000; n++) {
      // Without a bound these are ten thousand times ten thousand comparisons of 110 letters.
      expect(nearest(`${long}yy${n}zz`, known, patience)).toBeUndefined()
    }
    expect(patience.left).toBeLessThanOrEqual(0)
    expect(patience.left).toBeGreaterThan(-2_000_000)
    // What is few is listed all the same.
    expect(didYouMean('b', ['a'], patience)).toBe('known here: a')
  })
})
