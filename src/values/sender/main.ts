/**
 * The sender: a process that sends alerts to one channel. It takes an order, fetches the channel's
 * credential as a resolver does and reports metadata; control decides on that, puts it on record and says
 * `send`. It sends, reports what became of each message, wipes and exits.
 *
 * fd 0 from control · fd 1 and 2 discarded · fd 3 to control. Started with an empty environment and our
 * own absolute file: no proxy variable, no further certificate and no option of Node reaches it.
 */
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { SecretRefError, type Code } from '../../errors.ts'
import { MESSAGES_TIMEOUT_MS, type FromSender, type SendOrder } from '../../gateway/alert/words.ts'
import { KEY_TROUBLE, type FromResolver } from '../../gateway/sheet.ts'
import { Calls } from '../resolver/calls.ts'
import { readEnvironment } from '../resolver/environ.ts'
import { fetchAll, type Held } from '../resolver/fetch.ts'
import { firstLine } from '../resolver/first-line.ts'
import { wantedNames } from '../resolver/wanted.ts'
import { wipe } from '../secret/bytes.ts'
import { fingerprinter } from '../secret/fingerprint.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { sendAll } from './send.ts'

const FROM_CONTROL = 0
const TO_CONTROL = 3

function report(message: FromResolver | FromSender): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`)
  for (let at = 0; at < line.length;) at += writeSync(TO_CONTROL, line, at)
}

/**
 * A blocking read would hold up our own end.
 *
 * @returns `send`: resolves to false where control went away without it; `gone`: aborts when control closes
 *   its end: it gave up, or died
 */
function hearControl(): { send: Promise<boolean>; gone: AbortSignal } {
  const { promise: send, resolve } = Promise.withResolvers<boolean>()
  const gone = new AbortController()
  let text = ''
  const end = (): void => {
    resolve(false)
    gone.abort()
  }
  new Socket({ fd: FROM_CONTROL })
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk
      if (text.endsWith('\n')) resolve(text === '{"type":"send"}\n')
    })
    .on('end', end)
    .on('error', end)
  return { send, gone: gone.signal }
}

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const line = firstLine(FROM_CONTROL)
  if (line === undefined) return
  const order: SendOrder = JSON.parse(line)
  const { sheet } = order
  const { send, gone } = hearControl()
  let held: Held[] = []
  try {
    if (sheet !== undefined) {
      const env = readEnvironment(sheet.gatewayPid, await wantedNames(sheet))
      try {
        const deadline = AbortSignal.any([AbortSignal.timeout(sheet.deadlineMs), gone])
        const calls = new Calls(sheet.providers)
        const fingerprint = fingerprinter(sheet.fingerprintKey)
        held = await fetchAll(sheet, env, fingerprint, deadline, calls)
        const items = held.map((one) => one.report)
        report({ type: 'fetched', items, spent: calls.spent() })
      } finally {
        for (const value of env.values()) wipe(value)
      }
    }
    if (sheet !== undefined && !(await send)) return
    const until = AbortSignal.any([AbortSignal.timeout(MESSAGES_TIMEOUT_MS), gone])
    await sendAll(order, held[0]?.value, until, (sent) => report({ type: 'tried', sent }))
  } finally {
    for (const { value } of held) if (value !== undefined) wipe(value)
  }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    // Our own words only: an error's text may hold what was being sent when it was thrown.
    const ours = error instanceof SecretRefError
    const code: Code = ours ? error.code : 'PROVIDER_INVALID'
    try {
      report({ type: 'undelivered', code, ...(ours ? { reason: KEY_TROUBLE } : {}) })
    } catch {
      // Control is gone; nobody is left to tell.
    }
    process.exit(1)
  },
)
