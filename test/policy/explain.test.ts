import { describe, expect, test } from 'vitest'
import { CODES, type Code } from '../../src/errors.ts'
import { explainFailure, type Failed } from '../../src/policy/explain.ts'
import { isFailureReason, REASONS } from '../../src/policy/reasons.ts'

const failed: Failed = {
  ref: 'stripe-api-key',
  envVar: 'STRIPE_API_KEY',
  code: 'SECRET_NOT_FOUND',
  provider: 'main',
}

function isSentence(text: string): void {
  expect(text).not.toBe('')
  expect(text).not.toMatch(/[.!]$|undefined|\n/)
  expect(text.charAt(0)).toBe(text.charAt(0).toLowerCase())
}

describe('one lower-case sentence without a full stop, and a hint', () => {
  const variants: [string, Partial<Failed>][] = [
    ['no place', {}],
    ['a file', { place: '/home/me/secrets.json', providerType: 'file' }],
    ['a program', { place: '/usr/local/bin/resolver', providerType: 'exec' }],
  ]
  test.each(
    variants.flatMap(([name, rest]) => REASONS.map((reason) => [reason, name, rest] as const)),
  )('%s, %s', (reason, _, rest) => {
    const { message, hint } = explainFailure({ ...failed, ...rest, reason })
    isSentence(message)
    isSentence(hint)
  })
  test.each(CODES)('%s without a reason', (code) => {
    const { message, hint } = explainFailure({ ...failed, code })
    isSentence(message)
    isSentence(hint)
  })
})

test('each reason says something of its own', () => {
  const messages = REASONS.map(
    (reason) => explainFailure({ ...failed, reason, place: '/f' }).message,
  )
  expect(new Set(messages).size).toBe(REASONS.length)
})

describe('what to do, to the letter', () => {
  const table: [rest: Partial<Failed>, expected: string][] = [
    [
      { reason: 'mode', place: '/root/.openclaw/secrets/secrets.json' },
      'run: chmod 600 /root/.openclaw/secrets/secrets.json',
    ],
    [
      { reason: 'mode', place: "/home/o'neil/a b.json" },
      `run: chmod 600 '/home/o'\\''neil/a b.json'`,
    ],
    [{ reason: 'mode', place: '/opt/$(x)' }, "run: chmod 600 '/opt/$(x)'"],
    [{ reason: 'mode', place: '/bin/r', providerType: 'exec' }, 'run: chmod go-w /bin/r'],
    [{ code: 'FILE_INSECURE', place: '/s.json' }, 'run: chmod 600 /s.json'],
    [
      { reason: 'wrong-owner', place: '/etc/shadow' },
      'move the values into a file of your own, and name that in the config',
    ],
    [
      { reason: 'wrong-owner', place: '/bin/r', providerType: 'exec' },
      'name a program of your own in the config, or one of root',
    ],
    [
      { reason: 'not-a-string', providerType: 'exec' },
      'its program has to answer every id with a string',
    ],
    [
      { reason: 'empty', providerType: 'exec' },
      'set it where the program of provider "main" takes it from',
    ],
    [{ reason: 'no-such-key' }, 'run: secretref secrets set stripe-api-key'],
    [{ reason: 'no-such-file', place: '/s.json' }, 'run: secretref secrets set stripe-api-key'],
    [{ code: 'SECRET_NOT_FOUND' }, 'run: secretref secrets set stripe-api-key'],
    [{ reason: 'empty' }, 'run: secretref secrets set stripe-api-key'],
    [
      { reason: 'too-large-for-env' },
      'add "delivery": "file" to its slot; the path then stands in STRIPE_API_KEY_FILE',
    ],
  ]
  test.each(table)('%j', (rest, expected) => {
    expect(explainFailure({ ...failed, ...rest }).hint).toBe(expected)
  })
})

test('a request that is too large is no large value', () => {
  const tooLarge = { ...failed, reason: 'too-large' }
  expect(explainFailure({ ...tooLarge, code: 'SECRET_TOO_LARGE', place: '/k' }).message).toBe(
    '/k is larger than 1 MiB',
  )
  expect(explainFailure({ ...tooLarge, code: 'PROVIDER_INVALID' }).message).toBe(
    'what provider "main" would be asked for at once is too much',
  )
})

test('a reason that is not on the list is explained by the code', () => {
  for (const reason of ['toString', 'constructor', 'EPIPE', '']) {
    expect(isFailureReason(reason)).toBe(false)
    expect(explainFailure({ ...failed, reason, code: 'TIMEOUT' }).message).toBe(
      'provider "main" did not answer in time',
    )
  }
})

test('a code that no provider has is explained all the same', () => {
  const code: Code = 'AGENT_BUSY'
  expect(explainFailure({ ...failed, code }).message).toBe(
    'provider "main" did not serve "stripe-api-key"',
  )
})
