import { describe, expect, test } from 'vitest'
import { didYouMean, nearest } from '../../src/config/suggest.ts'

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
