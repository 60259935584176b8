/**
 * `npm run demo`: the article's case from end to end, on this machine alone. Two stand-ins play Stripe
 * and Slack; everything else is what it would be in earnest.
 */
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fakeKey, inDays, makeStage, sendAlertsTo, writeSecrets, type Stage } from './demo/stage.ts'
import { startStandIn, type StandIn } from './demo/stand-in.ts'
import { heading, quote, run, say, stopRunning, type Ran } from './demo/terminal.ts'

const HERE = import.meta.dirname
const AGENT = 'payment-analyst'
const START = [
  'openclaw',
  'gateway',
  'run',
  '--agent',
  AGENT,
  '--secrets-ref',
  'stripe-api-key,slack-bot-token',
] as const
/** As of 2026-03-08 the article's keys end on 2027-03-08 and on 2026-12-31. */
const STRIPE_DAYS = 365
const SLACK_DAYS = 298
const CHANNEL = '#finance-alerts'

interface Play {
  stage: Stage
  keys: { stripe: string; slack: string; alerts: string }
  stripe: StandIn
  slack: StandIn
  reports: string
  cli: (words: readonly [string, ...string[]]) => Promise<Ran>
}

async function play(stage: Stage): Promise<void> {
  const now = new Date()
  const keys = { stripe: fakeKey('sk_test_'), slack: fakeKey('xoxb-'), alerts: fakeKey('xoxb-') }
  store(stage, keys, now, STRIPE_DAYS)
  const stripe = await startStandIn('stripe', keys.stripe)
  standIns.push(stripe)
  const slack = await startStandIn('slack', keys.slack, keys.alerts)
  standIns.push(slack)
  sendAlertsTo(stage, slack.url)
  const reports = reportFolder()
  const env = {
    ...stage.env,
    STRIPE_API_BASE: stripe.url,
    SLACK_API_BASE: slack.url,
    REPORT_DIR: reports,
  }
  const cli: Play['cli'] = (words) => run(words, { cwd: HERE, env })
  const all: Play = { stage, keys, stripe, slack, reports, cli }
  heading('1. The stage')
  say(`Stripe is played by ${stripe.url}, Slack by ${slack.url}.`)
  say('Both ask for a key on every call. The keys were made up just now; they stand in')
  say(`${stage.secrets} (0600).`)
  say('The configuration names them and holds no value. Two are the agent’s, stripe-api-key and')
  say(`slack-bot-token; with the third, alerts-slack-token, alerts are sent to ${CHANNEL}:`)
  say(relative(process.cwd(), join(HERE, 'secretref.json')))
  await runAgent(all)
  await lookAtRecords(all)
  await watchItEnd(all, now)
  await breakIt(all, now)
  searchForKeys(all)
  heading('What just happened')
  say(CLOSING)
  say(`The report: ${join(reports, 'report.html')}`)
}

async function runAgent({ cli, stripe, slack, reports }: Play): Promise<void> {
  heading('2. The gateway starts the agent, and both keys reach it')
  const { code } = await cli(START)
  check(code === 0, `the agent ended with ${code}`)
  const pages = stripe.events.filter((event) => event.event === 'request').length
  heading(`3. What Slack received in ${CHANNEL}`)
  say(await received(slack, 0))

  heading('4. The report')
  const report = readFileSync(join(reports, 'report.md'), 'utf8').split('\n')
  const table = report.slice(
    0,
    report.findIndex((line) => line.startsWith('## ')),
  )
  say(table.filter((line) => line !== '').join('\n'))
  say(`Stripe was asked ${pages} times, a page each.`)
}

async function lookAtRecords({ cli }: Play): Promise<void> {
  heading('5. What the gateway says of the credentials')
  const status = await cli(['openclaw', 'gateway', 'status', '--agent', AGENT, '--secrets'])
  check(status.code === 0, `gateway status ended with ${status.code}`)
  heading('6. The audit log of the run')
  const log = await cli(['secretref', 'log', 'show', '--agent', AGENT])
  check(log.code === 0, `log show ended with ${log.code}`)
  const verify = await cli(['secretref', 'log', 'verify'])
  check(verify.code === 0, `log verify ended with ${verify.code}`)
}

/** The Stripe key has five days left: the monitor sees it and tells people, by a token of its own. */
async function watchItEnd({ cli, stage, keys, slack }: Play, now: Date): Promise<void> {
  heading('7. A year goes by: the Stripe key has five days left, and cron runs the monitor')
  store(stage, keys, now, 5)
  const before = messagesOf(slack).length
  const { code } = await cli([
    'secretref',
    'monitor',
    '--check-expiry',
    '7',
    '--alert-channel',
    CHANNEL,
  ])
  check(code === 1, `1 was expected, since a key is about to end, but it ended with ${code}`)
  say(`Exit 1: somebody is needed. ${CHANNEL} received:`)
  quote(await received(slack, before))
  say('It was sent with alerts-slack-token; the agent’s own token is for the agent:')
  await cli([
    'secretref',
    'log',
    'show',
    '--agent',
    'secretref-monitor',
    '--event',
    'grant.released',
  ])
}

/** The Stripe key expired yesterday: nothing starts, and the Slack token stays where it is, too. */
async function breakIt({ cli, stage, keys, stripe, slack }: Play, now: Date): Promise<void> {
  heading('8. Nobody did anything: the Stripe key expired yesterday')
  store(stage, keys, now, -1)
  const before = messagesOf(slack).length
  const calls = stripe.events.length
  const { code } = await cli(START)
  check(code === 125, `125 was expected, but it ended with ${code}`)
  check(stripe.events.length === calls, 'the agent called Stripe')
  say(`Exit 125: the agent was not started, and neither key was delivered. ${CHANNEL} received:`)
  quote(await received(slack, before))
  check(messagesOf(slack).length === before + 1, 'Slack received more than the alert')
}

function messagesOf({ events }: StandIn): string[] {
  return events.flatMap((event) => (event.event === 'message' ? [event.text] : []))
}

/** The next message; what the stand-in tells of it may be on its way still. */
async function received(slack: StandIn, before: number): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const text = messagesOf(slack)[before]
    if (text !== undefined) return text
    await setTimeout(20)
  }
  throw new Error('Slack received no message')
}

/** Whatever was written during the run, but for the one file where the keys belong. */
function searchForKeys({ stage, keys, reports }: Play): void {
  const files = [stage.dir, reports]
    .flatMap((dir) => readdirSync(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => file !== stage.secrets)
  const forms = Object.values(keys).flatMap((key) => [key, Buffer.from(key).toString('base64')])
  for (const file of files) {
    const bytes = readFileSync(file)
    check(!forms.some((form) => bytes.includes(form)), `a key stands in ${file}`)
  }
  heading('9. Where the keys are')
  say(
    `In secrets.json alone: log, state, configuration and report (${files.length} files) hold none.`,
  )
}

function store(stage: Stage, keys: Play['keys'], now: Date, stripeDays: number): void {
  const entry = (value: string, days: number) =>
    ({
      value,
      provider: 'openclaw',
      createdAt: inDays(now, -7),
      expiresAt: inDays(now, days),
    }) as const
  writeSecrets(stage, {
    stripe_api_key: entry(keys.stripe, stripeDays),
    slack_bot_token: entry(keys.slack, SLACK_DAYS),
    alerts_slack_token: entry(keys.alerts, SLACK_DAYS),
  })
}

/** Beside the example where that can be written, as a checkout of somebody else's cannot. */
function reportFolder(): string {
  try {
    const folder = join(HERE, '.out')
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return folder
  } catch {
    return mkdtempSync(join(tmpdir(), 'secretref-report-'))
  }
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

const CLOSING = `The configuration held three names. The gateway decided that this agent may have two of
them, wrote that decision to the audit log, and only then let a process of its own fetch the
values and hand them to the agent as STRIPE_API_KEY and SLACK_BOT_TOKEN. The gateway itself
never held them. Before one of them ended, people were told; once it had, nothing was
delivered at all.
In earnest, take STRIPE_API_BASE and SLACK_API_BASE away and store real keys:
examples/payment-analyst/README.md has the lines.`

const standIns: StandIn[] = []
const stage = makeStage(join(HERE, 'secretref.json'))
process.on('exit', () => stage.remove())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void stopRunning().then(() => end(signal)))

try {
  await play(stage)
} catch (error) {
  process.stderr.write(`\ndemo: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  for (const standIn of standIns) standIn.stop()
}

/** Ends by the signal that came, so that a calling shell knows. */
function end(signal: NodeJS.Signals): void {
  stage.remove()
  process.kill(process.pid, signal)
}
