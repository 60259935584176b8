import { expect, test } from 'vitest'
import type { Io } from '../../src/cli/io.ts'
import { targetsList, targetsShow } from '../../src/cli/targets.ts'
import { SecretRefError } from '../../src/errors.ts'
import { homeOf } from '../../src/state/home.ts'
import { allTargets, verifyOf } from '../../src/targets/lookup.ts'

interface Said {
  out: string
  error?: SecretRefError
}

async function say(body: (io: Io) => Promise<number>): Promise<Said> {
  let out = ''
  const io: Io = {
    program: 'secretref',
    env: {},
    cwd: '/',
    home: homeOf({ SECRETREF_HOME: '/nowhere' }),
    signs: true,
    now: () => new Date(0),
    out: (text) => {
      out += text
    },
    err: () => {},
  }
  try {
    expect(await body(io)).toBe(0)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return { out, error }
  }
  return { out }
}

const list = (options = {}): Promise<Said> => say((io) => targetsList(io, options))
const show = (word: string, options = {}): Promise<Said> =>
  say((io) => targetsShow(io, word, options))

test('the list is aligned, and has a line for each target', async () => {
  const { out } = await list()
  const [head = '', ...rows] = out.trimEnd().split('\n')
  expect(rows).toHaveLength((await allTargets()).length)
  const column = head.indexOf('CATEGORY')
  expect(rows.every((row) => row[column - 1] === ' ' && /\S/.test(row[column] ?? ''))).toBe(true)
})

test('of one category, in the list and as JSON', async () => {
  const { out } = await list({ category: 'payments' })
  expect(out).toMatch(/^stripe-secret-key +Stripe +payments +yes +by hand$/m)
  expect(out).not.toMatch(/slack/)
  const { out: text } = await list({ category: 'payments', json: true })
  const { version, targets } = JSON.parse(text)
  expect(version).toBe(1)
  expect(targets.map(({ category }: { category: string }) => category)).not.toContain('chat')
  expect(targets).toContainEqual(
    expect.objectContaining({ id: 'stripe-secret-key', verify: true, rotate: null }),
  )
})

test('one target, with what is from memory marked, and the call in words', async () => {
  const { out } = await show('stripe-webhook-secret')
  expect(out).toMatch(/looks like .* \(from memory: not acted on\)/)
  const { out: slack } = await show('slack-bot-token')
  expect(slack).toMatch(/verify +POST https:\/\/slack\.com\/api\/auth\.test$/m)
  expect(slack).toMatch(/200 with \/error "token_revoked": rejected/)
  expect(slack).not.toContain('a rejection counts only')
  expect((await show('paypal')).out).toContain('a rejection counts only where the config names')
  expect(slack).toMatch(/sources +.*trufflehog:slack/)
})

test('a service stands for all its kinds, and JSON has all that is known', async () => {
  const { out } = await show('Stripe')
  expect(out.match(/^\S+$/gm)).toEqual([
    'stripe-restricted-key',
    'stripe-secret-key',
    'stripe-webhook-secret',
  ])
  const { targets } = JSON.parse((await show('stripe', { json: true })).out)
  expect(targets).toEqual((await allTargets()).filter(({ service }) => service === 'Stripe'))
})

test('every target can be shown on a terminal', async () => {
  const targets = await allTargets()
  const { out } = await say(async (io) => {
    for (const { id } of targets) await targetsShow(io, id, {})
    return 0
  })
  expect(out.match(/^ {2}sources /gm)).toHaveLength(targets.length)
  expect(out).not.toMatch(/\\u\{|undefined|\[object/)
  const calls = targets.filter((target) => verifyOf(target) !== undefined)
  expect(calls.length).toBeGreaterThanOrEqual(200)
})

test.each([
  ['a misspelt service', () => show('strpe'), 'did you mean "stripe"?'],
  ['a misspelt id', () => show('slack-bot-tokn'), 'did you mean "slack-bot-token"?'],
  ['a category', () => show('payments'), '--category payments`'],
  ['anything else', () => show('qqqqqqqq'), 'with --category one of ai-tools,'],
  ['no name', () => show(''), 'with --category one of ai-tools,'],
  ['a name out of an object', () => show('__proto__'), '--category'],
  ['a misspelt category', () => list({ category: 'paymnets' }), 'did you mean "payments"?'],
  ['an unknown category', () => list({ category: 'qqqqqqqq' }), 'there are ai-tools,'],
])('%s is TARGET_UNKNOWN, with a hint', async (_, ask, hint) => {
  const { out, error } = await ask()
  expect(out).toBe('')
  expect(error?.code).toBe('TARGET_UNKNOWN')
  expect(error?.hint).toContain(hint)
})
