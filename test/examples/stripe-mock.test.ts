/** The agent against stripe-mock, Stripe's own server. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../examples/payment-analyst/services/keys.ts'
import type { ServiceEvent } from '../../examples/payment-analyst/services/serve.ts'
import { slackListener } from '../../examples/payment-analyst/services/slack.ts'
import { isStripeMockThere, stripeMock } from '../fakes/stripe-mock.ts'
import { skipLoudly } from '../values/loud.ts'
import { listening, ran, SLACK_TOKEN, STRIPE_KEY, temporaryFolder } from './surroundings.ts'

describe('against stripe-mock', () => {
  test('every request is in order, and its one charge makes a report', async (context) => {
    if (!isStripeMockThere)
      skipLoudly(context, 'stripe-mock', 'it is not on PATH, nor in $STRIPE_MOCK')
    const events: ServiceEvent[] = []
    const slack = slackListener({ valid: [digestOf(SLACK_TOKEN)] }, (event) => events.push(event))
    const folder = temporaryFolder()
    const env = {
      STRIPE_API_KEY: STRIPE_KEY,
      SLACK_BOT_TOKEN: SLACK_TOKEN,
      STRIPE_API_BASE: await stripeMock(),
      SLACK_API_BASE: await listening(slack),
      REPORT_DIR: folder,
    }
    const run = await ran('payment-analyst/agent.ts', env)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toContain('look ordinary')
    expect(events).toContainEqual(expect.objectContaining({ event: 'message' }))

    const wrong = await ran('payment-analyst/agent.ts', { ...env, STRIPE_API_KEY: 'wrong' })
    expect(wrong).toMatchObject({
      code: 1,
      stderr: 'payment-analyst: Stripe refused the key in STRIPE_API_KEY (HTTP 401)\n',
    })
  })
})
