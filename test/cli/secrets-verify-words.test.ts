/** How `secrets verify` ends. */
import { describe, expect, test } from 'vitest'
import { verifyExit } from '../../src/cli/secrets-verify-words.ts'
import type { Verified } from '../../src/gateway/verify/groups.ts'
import type { NotAsked } from '../../src/gateway/verify/way.ts'
import type { Verdict } from '../../src/targets/types.ts'
import { bindingOf } from '../gateway/binding.ts'

const about = { binding: bindingOf(), agents: ['a'] }
const secret = {
  outcome: 'value',
  provider: 'file',
  fingerprint: 'f:0',
  ms: 0,
  passed: [],
  warnings: [],
} as const

function asked(verdict: Verdict): Verified {
  return { ...about, result: { kind: 'asked', checked: { verdict, ms: 0 }, secret } }
}
function notAsked(reason: NotAsked): Verified {
  return { ...about, result: { kind: 'not-asked', reason } }
}
const FAILED: Verified = {
  ...about,
  result: { kind: 'failed', code: 'SECRET_NOT_FOUND', message: '', hint: '' },
}

describe('ends with', () => {
  test.each<[number, string, readonly Verified[]]>([
    [0, 'all that work', [asked('valid'), asked('no-permission')]],
    [0, 'none at all', []],
    [
      0,
      'one that nobody can be asked about beside one that works',
      [asked('valid'), notAsked('no-call')],
    ],
    [1, 'one that is rejected', [asked('valid'), asked('rejected'), notAsked('no-target')]],
    [
      2,
      'one that is rejected and one that is not settled',
      [asked('rejected'), asked('unreachable')],
    ],
    [2, 'no clear answer', [asked('cannot-tell')]],
    [2, 'one that could not be fetched', [asked('valid'), FAILED]],
    [2, 'something missing in the config', [asked('valid'), notAsked('companion-missing')]],
    [2, 'a server that only the config can name', [asked('valid'), notAsked('no-base-url')]],
    [2, 'none that anybody could be asked about', [notAsked('no-target'), notAsked('no-call')]],
  ])('%d after %s', (code, _, verified) => {
    expect(verifyExit(verified, false)).toBe(code)
  })

  test('2 where a target was named and nobody is bound to it', () => {
    expect(verifyExit([], true)).toBe(2)
  })
})
