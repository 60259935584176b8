/**
 * The verifier: a process that asks services whether credentials work. It takes an order, fetches the
 * values as a resolver does, makes each call, reports what the answers mean, wipes and exits. Strings that
 * Node's HTTP client needs of a value end with the process.
 *
 * fd 0 from control · fd 1 and 2 discarded · fd 3 to control. Started with an empty environment and our
 * own absolute file: no proxy variable, no further certificate and no option of Node reaches it.
 */
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { SecretRefError, type Code } from '../../errors.ts'
import { KEY_TROUBLE, type FromResolver } from '../../gateway/sheet.ts'
import type { FromVerifier, Order } from '../../gateway/verify/words.ts'
// The commonest comes along at once; the others are loaded when a sheet names them.
import '../providers/file.ts'
import { readEnvironment } from '../resolver/environ.ts'
import { fetchAll } from '../resolver/fetch.ts'
import { firstLine } from '../resolver/first-line.ts'
import { wantedNames } from '../resolver/wanted.ts'
import { wipe } from '../secret/bytes.ts'
import { fingerprinter } from '../secret/fingerprint.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { verifyAll } from './verify.ts'

const FROM_CONTROL = 0
const TO_CONTROL = 3

function report(message: FromResolver | FromVerifier): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`)
  for (let at = 0; at < line.length;) at += writeSync(TO_CONTROL, line, at)
}

/** Aborts when control closes its end: it gave up, or died. A blocking read would hold up our own end. */
function untilGone(): AbortSignal {
  const gone = new AbortController()
  const end = (): void => gone.abort()
  new Socket({ fd: FROM_CONTROL }).on('end', end).on('error', end).resume()
  return gone.signal
}

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const line = firstLine(FROM_CONTROL)
  if (line === undefined) return
  const order: Order = JSON.parse(line)
  const { sheet } = order
  const env = readEnvironment(sheet.gatewayPid, await wantedNames(sheet))
  const fingerprint = fingerprinter(sheet.fingerprintKey)
  const gone = untilGone()
  const deadline = AbortSignal.timeout(sheet.deadlineMs)
  const held = await fetchAll(sheet, env, fingerprint, AbortSignal.any([deadline, gone]))
  try {
    report({ type: 'fetched', items: held.map((h) => h.report) })
    report({ type: 'checked', calls: await verifyAll(order, held, { signal: gone }) })
  } finally {
    for (const { value } of held) if (value !== undefined) wipe(value)
    for (const value of env.values()) wipe(value)
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
