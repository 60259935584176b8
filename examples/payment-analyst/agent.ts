/**
 * Payment analyst: an ordinary program. It asks Stripe for the charges of the last 30 days, finds those
 * that are not like the others, writes a report and tells Slack.
 *
 * Its credentials are two environment variables, STRIPE_API_KEY and SLACK_BOT_TOKEN; how they come there
 * is not its business. Four more may be set:
 *
 * - STRIPE_API_BASE, SLACK_API_BASE: where the services are; absent, the real ones
 * - SLACK_CHANNEL: where the message goes; absent, #finance-alerts
 * - REPORT_DIR: where report.md and report.html go; absent, .out
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { anomaliesIn, rangesIn } from './anomalies.ts'
import { fetchCharges } from './charges.ts'
import { headline, type Analysis } from './findings.ts'
import { htmlPage } from './page.ts'
import { markdownReport, slackMessage } from './report.ts'
import { failureText, Refusal, slackClient, stripeClient } from './clients.ts'

const DAYS = 30

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const stripe = stripeClient(required(env, 'STRIPE_API_KEY'), env['STRIPE_API_BASE'])
  const slack = slackClient(required(env, 'SLACK_BOT_TOKEN'), env['SLACK_API_BASE'])
  // Both credentials are tried first: a report that nobody can be told of is not worth its work.
  await slack.auth.test()

  const until = new Date()
  const since = new Date(until.getTime() - DAYS * 86_400_000)
  const fetched = await fetchCharges(stripe, since)
  const pages = fetched.pages === 1 ? '1 page' : `${fetched.pages} pages`
  say(`${fetched.charges.length.toLocaleString('en-US')} charges in ${pages} from Stripe`)

  const { charges } = fetched
  const ranges = rangesIn(charges)
  const analysis: Analysis = { since, until, fetched, ranges, anomalies: anomaliesIn(charges) }
  say(headline(analysis))

  const folder = resolve(env['REPORT_DIR'] || '.out')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'report.md'), markdownReport(analysis))
  await writeFile(join(folder, 'report.html'), htmlPage(analysis))
  say(`wrote report.md and report.html to ${folder}`)

  const channel = env['SLACK_CHANNEL'] || '#finance-alerts'
  const text = slackMessage(analysis)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- Slack's, not a window's
  await slack.chat.postMessage({ channel, text, unfurl_links: false })
  say(`told ${channel} on Slack`)
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new Refusal(`${name} is not set`)
  // Such a value cannot stand in a header, and the error that says so may quote it.
  if (!/^[!-~]+$/.test(value)) throw new Refusal(`${name} holds a character that no key has`)
  return value
}

function say(text: string): void {
  process.stdout.write(`payment-analyst: ${text}\n`)
}

try {
  await main(process.env)
} catch (error) {
  process.stderr.write(`payment-analyst: ${failureText(error)}\n`)
  // At once: a connection that an SDK left open would keep us for seconds.
  process.exit(1)
}
