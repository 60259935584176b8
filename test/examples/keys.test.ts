import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { startStandIn } from '../../examples/payment-analyst/demo/stand-in.ts'
import { digestOf, parseAccepted, verdictOn } from '../../examples/payment-analyst/services/keys.ts'
import { ran, SLACK_TOKEN, STRIPE_KEY } from './surroundings.ts'

const commandOf = (pid: string): string => readFileSync(`/proc/${pid}/cmdline`, 'latin1')

describe('which keys a stand-in accepts', () => {
  test('valid, expired, unknown', () => {
    const accepted = { valid: [digestOf('a')], expired: [digestOf('b')] }
    expect(['a', 'b', 'c', ''].map((key) => verdictOn(accepted, key))).toEqual([
      'valid',
      'expired',
      'unknown',
      'unknown',
    ])
  })

  test.each(['', 'null', '[]', '{}', '{"valid":["abc"]}', '{"valid":[],"expired":"x"}', '{"va'])(
    'is not said by %j, whose words are not repeated',
    (line) => {
      expect(() => parseAccepted(line)).toThrow(/^expected one line of JSON with "valid"/)
    },
  )
})

describe('a stand-in as a process', () => {
  test.each([
    ['stripe', STRIPE_KEY],
    ['slack', SLACK_TOKEN],
  ] as const)('%s listens on this machine alone, and ends with its stdin', async (name, key) => {
    const standIn = await startStandIn(name, key)
    expect(standIn.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect((await fetch(standIn.url)).status).toBe(name === 'stripe' ? 401 : 200)
    standIn.stop()
    await expect
      .poll(
        () =>
          fetch(standIn.url).then(
            () => 'there',
            () => 'gone',
          ),
        { timeout: 5000 },
      )
      .toBe('gone')
  })

  test('without a digest it does not listen at all', async () => {
    const { code, stdout } = await ran('payment-analyst/services/stripe.ts', {})
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
  })

  test.runIf(process.platform === 'linux')('knows no key, only its digest', async () => {
    const standIn = await startStandIn('stripe', STRIPE_KEY)
    const mine = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'latin1')
    const pids = mine.split(' ').filter((pid) => pid !== '')
    const pid = pids.find((one) => commandOf(one).includes('services/stripe.ts')) ?? ''
    expect(commandOf(pid)).not.toContain(STRIPE_KEY)
    expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).toBe('')
    standIn.stop()
  })
})
