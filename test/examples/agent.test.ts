import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { madeUpCharges } from '../../examples/payment-analyst/services/charges.ts'
import { digestOf } from '../../examples/payment-analyst/services/keys.ts'
import type { ServiceEvent } from '../../examples/payment-analyst/services/serve.ts'
import { slackListener } from '../../examples/payment-analyst/services/slack.ts'
import { stripeListener } from '../../examples/payment-analyst/services/stripe.ts'
import {
  listening,
  ran,
  SLACK_TOKEN,
  STRIPE_KEY,
  temporaryFolder,
  type Ended,
} from './surroundings.ts'

const { charges, anomalous } = madeUpCharges(new Date())

interface Run extends Ended {
  events: readonly ServiceEvent[]
  folder: string
}

async function agent(changes: Readonly<Record<string, string>> = {}): Promise<Run> {
  const events: ServiceEvent[] = []
  const report = (event: ServiceEvent): void => void events.push(event)
  const stripe = stripeListener({ valid: [digestOf(STRIPE_KEY)] }, charges, report)
  const slack = slackListener({ valid: [digestOf(SLACK_TOKEN)] }, report)
  const folder = temporaryFolder()
  const ended = await ran('payment-analyst/agent.ts', {
    STRIPE_API_KEY: STRIPE_KEY,
    SLACK_BOT_TOKEN: SLACK_TOKEN,
    STRIPE_API_BASE: await listening(stripe),
    SLACK_API_BASE: await listening(slack),
    REPORT_DIR: join(folder, 'reports', 'today'),
    ...changes,
  })
  return { ...ended, events, folder }
}

const written = ({ folder }: Run): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort()

describe('with both credentials in its environment', () => {
  test('reads page by page, finds the known set, writes both reports, tells Slack', async () => {
    const run = await agent()
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toContain(`${charges.length.toLocaleString('en-US')} charges in 13 pages`)
    expect(written(run)).toEqual(['report.html', 'report.md'])

    const markdown = readFileSync(join(run.folder, 'reports/today/report.md'), 'utf8')
    const page = readFileSync(join(run.folder, 'reports/today/report.html'), 'utf8')
    const ids = Object.values(anomalous).flat()
    for (const id of ids) expect(page).toContain(id)
    const rows = markdown.split('\n').filter((line) => line.startsWith('| ch\\_'))
    expect(rows.map((line) => line.slice(2, 31).replace('\\', '').trim()).sort()).toEqual(
      [...ids].sort(),
    )

    const messages = run.events.filter(({ event }) => event === 'message')
    expect(messages).toEqual([
      {
        event: 'message',
        channel: '#finance-alerts',
        text: expect.stringContaining(`${ids.length} of ${charges.length.toLocaleString('en-US')}`),
      },
    ])
  })

  test('neither the reports, nor the message, nor anything printed holds a credential', async () => {
    const run = await agent()
    const text = [
      run.stdout,
      run.stderr,
      JSON.stringify(run.events),
      readFileSync(join(run.folder, 'reports/today/report.md'), 'utf8'),
      readFileSync(join(run.folder, 'reports/today/report.html'), 'utf8'),
    ].join('\n')
    for (const key of [STRIPE_KEY, SLACK_TOKEN]) {
      expect(text).not.toContain(key)
      expect(text).not.toContain(Buffer.from(key).toString('base64'))
    }
  })

  test('posts where it is told to', async () => {
    const run = await agent({ SLACK_CHANNEL: '#general' })
    expect(run.events).toContainEqual(expect.objectContaining({ channel: '#general' }))
  })
})

describe('a failure is one sentence and exit 1', () => {
  const wrongKey = ['sk', 'test', 'fakewrong0000000000abcd'].join('_')
  const closed = 'http://127.0.0.1:9'
  test.each([
    ['STRIPE_API_KEY is not set', { STRIPE_API_KEY: '' }],
    ['SLACK_BOT_TOKEN is not set', { SLACK_BOT_TOKEN: '' }],
    ['SLACK_BOT_TOKEN holds a character that no key has', { SLACK_BOT_TOKEN: `${SLACK_TOKEN}\n` }],
    ['Stripe refused the key in STRIPE_API_KEY (HTTP 401)', { STRIPE_API_KEY: wrongKey }],
    ['Slack refused the token in SLACK_BOT_TOKEN (invalid_auth)', { SLACK_BOT_TOKEN: 'xoxb-no' }],
    ['Slack answered channel_not_found', { SLACK_CHANNEL: '#nowhere' }],
    ['Stripe could not be reached', { STRIPE_API_BASE: closed }],
    ['Slack could not be reached', { SLACK_API_BASE: closed }],
    [
      'STRIPE_API_BASE has to be an https URL, or http on this machine',
      { STRIPE_API_BASE: 'http://stripe.example' },
    ],
    [
      'SLACK_API_BASE has to be an https URL, or http on this machine',
      { SLACK_API_BASE: 'slack.example' },
    ],
  ])('%s', async (sentence, changes) => {
    const run = await agent(changes)
    expect(run).toMatchObject({ code: 1, stderr: `payment-analyst: ${sentence}\n` })
    expect(run.events.some(({ event }) => event === 'message')).toBe(false)
    // A service's own words on a key show its last four characters.
    expect(run.stdout + run.stderr).not.toContain('abcd')
  })

  test('where the report cannot be written', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const run = await agent({ REPORT_DIR: join(file, 'reports') })
    expect(run).toMatchObject({
      code: 1,
      stderr: 'payment-analyst: the report could not be written (ENOTDIR)\n',
    })
  })

  test.each([
    [500, '{"error":{"type":"api_error"}}', /^payment-analyst: Stripe answered HTTP 500\n$/],
    [200, 'not json', /^payment-analyst: Stripe gave no answer that can be used\n$/],
    [200, '{"object":"list"}', /^payment-analyst: Stripe gave no answer that can be used\n$/],
    [502, '{}', /^payment-analyst: Stripe gave no answer that can be used\n$/],
  ])('Stripe answers %d %s', async (status, body, sentence) => {
    const STRIPE_API_BASE = await listening((_, response) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(body),
    )
    const run = await agent({ STRIPE_API_BASE })
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(sentence)
  })

  test.each([
    [500, '', /^payment-analyst: Slack gave no answer that can be used\n$/],
    [200, 'not json', /^payment-analyst: Slack gave no answer that can be used\n$/],
  ])('Slack answers %d %s', async (status, body, sentence) => {
    const SLACK_API_BASE = await listening((_, response) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(body),
    )
    const run = await agent({ SLACK_API_BASE })
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(sentence)
  })
})
