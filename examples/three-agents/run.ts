/**
 * Starts the three agents of this folder by one `gateway run`, each with its own credential, waits until
 * the scheduled one has run twice, stops the gateway and shows what was recorded. Made-up keys, a
 * private folder, no account.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fakeKey, inDays, makeStage, writeSecrets } from '../payment-analyst/demo/stage.ts'
import { heading, run, say } from '../payment-analyst/demo/terminal.ts'
import { digestOf } from '../payment-analyst/services/keys.ts'

const HERE = import.meta.dirname
const PATIENCE_MS = 20_000
/** For the agent to end by itself after its last line. */
const A_MOMENT_MS = 500
const SEEN = /sees (.+) and \d+ ordinary variables; (\w+) is (\w+)/
const SCHEDULED = /GITHUB_TOKEN is right/

const stage = makeStage(join(HERE, 'secretref.json'))
process.on('exit', () => stage.remove())

const now = new Date()
const keys = {
  STRIPE_API_KEY: fakeKey('sk_test_'),
  SLACK_BOT_TOKEN: fakeKey('xoxb-'),
  GITHUB_TOKEN: fakeKey('ghp_'),
}
const stored = (value: string) =>
  ({ value, provider: 'openclaw', createdAt: inDays(now, 0), expiresAt: inDays(now, 90) }) as const
writeSecrets(stage, {
  stripe_api_key: stored(keys.STRIPE_API_KEY),
  slack_bot_token: stored(keys.SLACK_BOT_TOKEN),
  github_token: stored(keys.GITHUB_TOKEN),
})
const digests = join(stage.dir, 'digests.json')
writeFileSync(
  digests,
  JSON.stringify(
    Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, digestOf(key)])),
  ),
)
const options = { cwd: HERE, env: { ...stage.env, DIGESTS: digests } }

heading('One gateway, three agents, each with its own credential')
say('$ openclaw gateway run')
const gateway = spawn('openclaw', ['gateway', 'run'], {
  ...options,
  stdio: ['ignore', 'pipe', 'pipe'],
})
const stop = (): void => void gateway.kill('SIGTERM')
let interrupted: NodeJS.Signals | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    interrupted = signal
    stop()
  })
const patience = setTimeout(stop, PATIENCE_MS)
const lines: string[] = []
for (const stream of [gateway.stdout, gateway.stderr])
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line)
    say(line)
    if (lines.filter((one) => SCHEDULED.test(one)).length === 2) setTimeout(stop, A_MOMENT_MS)
  })
await new Promise((resolve, reject) => {
  gateway.once('error', reject)
  gateway.once('close', resolve)
})
clearTimeout(patience)
if (interrupted !== undefined) {
  stage.remove()
  process.kill(process.pid, interrupted)
}

heading('What each has received')
await run(['openclaw', 'gateway', 'status', '--secrets', '--all'], options)

const seen = lines.flatMap((line) => {
  const [, sees, own, verdict] = SEEN.exec(line) ?? []
  return own === undefined ? [] : [{ own, good: sees === own && verdict === 'right' }]
})
const twice = seen.filter(({ own }) => own === 'GITHUB_TOKEN').length >= 2
const all = new Set(seen.map(({ own }) => own)).size === Object.keys(keys).length
if (all && twice && seen.every(({ good }) => good)) {
  heading('None saw another’s credential; the scheduled one ran twice.')
} else {
  process.stderr.write('\nthree-agents: not every agent had its own credential and only that\n')
  process.exitCode = 1
}
