/**
 * The verifier: a process that asks services whether credentials work. It takes an order, fetches the
 * values as a resolver does and reports metadata; control decides on that, and says which calls to make.
 * It makes those, reports what the answers mean, wipes and exits. Strings that Node's HTTP client needs of
 * a value end with the process.
 *
 * fd 0 from control · fd 1 and 2 discarded · fd 3 to control. Started with an empty environment and our
 * own absolute file: no proxy variable, no further certificate and no option of Node reaches it.
 */
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { SecretRefError, type Code } from '../../errors.ts'
import { KEY_TROUBLE, type FromResolver } from '../../gateway/sheet.ts'
import type { Ask, Call, FromVerifier, Order } from '../../gateway/verify/words.ts'
// The commonest comes along at once; the others are loaded when a sheet names them.
import '../providers/file.ts'
import { Calls } from '../resolver/calls.ts'
import { readEnvironment } from '../resolver/environ.ts'
import { fetchAll, type Held } from '../resolver/fetch.ts'
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

/**
 * What control says after the order. A blocking read would hold up our own end.
 *
 * @returns `ask`: resolves to nothing where control went away without it; `gone`: aborts when control
 *   closes its end: it gave up, or died
 */
function hearControl(): { ask: Promise<Ask | undefined>; gone: AbortSignal } {
  const { promise: ask, resolve } = Promise.withResolvers<Ask | undefined>()
  const gone = new AbortController()
  let text = ''
  const end = (): void => {
    resolve(undefined)
    gone.abort()
  }
  new Socket({ fd: FROM_CONTROL })
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk
      if (!text.endsWith('\n')) return
      const message: Ask = JSON.parse(text)
      resolve(message)
    })
    .on('end', end)
    .on('error', end)
  return { ask, gone: gone.signal }
}

/** What no call is to be made with does not stay while others are made. */
function dropUnused(held: readonly Held[], calls: readonly Call[]): void {
  const used = new Set(
    calls.flatMap(({ item, companions }) => [item, ...Object.values(companions)]),
  )
  for (const [i, one] of held.entries()) {
    if (used.has(i) || one.value === undefined) continue
    wipe(one.value)
    delete one.value
  }
}

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const line = firstLine(FROM_CONTROL)
  if (line === undefined) return
  const order: Order = JSON.parse(line)
  const { sheet } = order
  const env = readEnvironment(sheet.gatewayPid, await wantedNames(sheet))
  const fingerprint = fingerprinter(sheet.fingerprintKey)
  const { ask, gone } = hearControl()
  const deadline = AbortSignal.timeout(sheet.deadlineMs)
  const calls = new Calls(sheet.providers)
  const held = await fetchAll(sheet, env, fingerprint, AbortSignal.any([deadline, gone]), calls)
  try {
    report({ type: 'fetched', items: held.map((h) => h.report), spent: calls.spent() })
    const asked = await ask
    if (asked === undefined) return
    const wanted = asked.calls.map((place) => {
      const call = order.calls[place]
      if (call === undefined) throw new TypeError('no such call')
      return call
    })
    dropUnused(held, wanted)
    const checked = await verifyAll({ ...order, calls: wanted }, held, { signal: gone })
    report({ type: 'checked', calls: checked })
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
