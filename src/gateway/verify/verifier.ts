/**
 * Control's end of a verifier: starts the process, gives it an order, and takes in what services said as
 * closed fields only.
 */
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { SecretRefError, type Code } from '../../errors.ts'
import type { Fetched } from '../../policy/fetched.ts'
import { VERDICTS } from '../../targets/types.ts'
import { dateIn, isObject, parseMessage } from '../metadata.ts'
import { knownOn, maxMetadataBytes } from '../resolver.ts'
import { HANDED_PREFIX, KEY_TROUBLE } from '../sheet.ts'
import { valueProcess } from '../value-process.ts'
import { CALL_TIMEOUT_MS, UNREACHED, UNSETTLED, type Checked, type Order } from './words.ts'

/** What one call's outcome takes at most, and more. */
const BYTES_FOR_CALL = 256
/** For the process itself to start and end around the time that its work has. */
const GRACE_MS = 3000

export interface Answers {
  /** One for each item on the sheet, in order. */
  fetched: readonly Fetched[]
  /** One for each call, in order; null where its value was not fetched. */
  checked: readonly (Checked | null)[]
}

/**
 * @param handed variables for the process where it cannot read them from /proc
 * @param signal ends it at once
 * @throws SecretRefError where it died, was too late or broke its contract; what `signal` was aborted with
 */
export async function askVerifier(
  order: Order,
  handed: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answers> {
  signal.throwIfAborted()
  const text = await answerTo(order, handed, signal)
  signal.throwIfAborted()
  if (text === 'late') {
    throw failure('TIMEOUT', 'did not answer in time', 'look for a provider that hangs')
  }
  return parseAnswers(text, order)
}

/** @returns all that it wrote, nothing where that was more than it may */
function answerTo(
  { sheet, ...order }: Order,
  handed: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(process.execPath, valueProcess('verifier'), {
    // Built, not inherited: NODE_OPTIONS, a proxy or further roots of TLS would lead values astray.
    env: Object.fromEntries(
      Object.entries(handed).map(([name, value]) => [`${HANDED_PREFIX}${name}`, value]),
    ),
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    // A session of its own: the terminal's Ctrl-C is for us, who then end it.
    detached: true,
  })
  const { promise, resolve } = Promise.withResolvers<string>()
  child.once('error', () => resolve(''))
  const pipe = child.pid === undefined ? undefined : child.stdio[3]
  // Where no descriptors were left, nothing was started; `error` tells.
  if (!(pipe instanceof Socket)) return promise
  let text = ''
  const giveUp = (answer: string): void => {
    child.kill('SIGKILL')
    pipe.destroy()
    resolve(answer)
  }
  const stop = (): void => giveUp('')
  signal.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(
    () => giveUp('late'),
    sheet.deadlineMs + order.deadlineMs + CALL_TIMEOUT_MS + GRACE_MS,
  )
  const most = maxMetadataBytes(sheet.items.length) + order.calls.length * BYTES_FOR_CALL
  pipe
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk
      if (text.length > most) giveUp('')
    })
    .on('error', ignoreGone)
  child.stdin?.on('error', ignoreGone)
  child.once('close', () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    resolve(text)
  })
  // Its end stays open: closed, it would mean that nobody waits any more.
  child.stdin?.write(`${JSON.stringify({ sheet, ...order })}\n`)
  return promise
}

function ignoreGone(): void {
  // The process has ended; its silence says so.
}

/**
 * @param text what a verifier sent
 * @throws PROVIDER_INVALID where that breaks the contract anywhere; what it says went wrong
 */
export function parseAnswers(text: string, { sheet, calls }: Order): Answers {
  const [first = '', second = ''] = text.split('\n')
  const message = parseMessage(first, knownOn(sheet))
  const trouble = [first, second]
    .map((line) => parseMessage(line, knownOn(sheet)))
    .find((one) => one?.type === 'undelivered')
  if (trouble?.type === 'undelivered') {
    throw trouble.reason === KEY_TROUBLE
      ? failure(
          trouble.code,
          `cannot use the key for fingerprints, ${sheet.fingerprintKey}`,
          'it must be a file that is yours alone, in a folder that is',
        )
      : failure(trouble.code, 'could not do its work', DOCTOR)
  }
  if (message?.type !== 'fetched' || message.items.length !== sheet.items.length) {
    throw failure('PROVIDER_INVALID', 'ended without an answer', DOCTOR)
  }
  const checked = parseChecked(second, calls.length)
  const fits = checked?.every((one, i) => {
    const item = message.items[calls[i]?.item ?? -1]
    return (one === null) === (item?.outcome !== 'value')
  })
  if (checked === undefined || fits !== true) {
    throw failure('PROVIDER_INVALID', 'reported what it may not', DOCTOR)
  }
  return { fetched: message.items, checked }
}

const DOCTOR = '`secretref doctor` checks the surroundings'

function failure(code: Code, what: string, hint: string): SecretRefError {
  return new SecretRefError(code, `the verifier ${what}`, { scope: 'agent', hint })
}

function parseChecked(line: string, count: number): (Checked | null)[] | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(parsed) || parsed['type'] !== 'checked' || !Array.isArray(parsed['calls'])) {
    return undefined
  }
  if (parsed['calls'].length !== count) return undefined
  const checked = parsed['calls'].map((one) => (one === null ? null : parseOne(one)))
  return checked.every((one) => one !== undefined) ? checked : undefined
}

function parseOne(raw: unknown): Checked | undefined {
  if (!isObject(raw)) return undefined
  const verdict = VERDICTS.find((one) => one === raw['verdict'])
  const { status, ms } = raw
  if (verdict === undefined || !isWithin(ms, 0, Number.MAX_SAFE_INTEGER)) return undefined
  const open = verdict === 'unreachable' ? UNREACHED : verdict === 'cannot-tell' ? UNSETTLED : []
  const reason = open.find((one) => one === raw['reason'])
  // Without a reason where there must be one, and with one where there is none, it is not ours.
  if ((reason === undefined) !== (open.length === 0)) return undefined
  if (status !== undefined && !isWithin(status, 100, 999)) return undefined
  const expiresAt = dateIn(raw['expiresAt'])
  if (raw['expiresAt'] !== undefined && expiresAt === undefined) return undefined
  return {
    verdict,
    ...(reason === undefined ? {} : { reason }),
    ...(status === undefined ? {} : { status }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ms,
  }
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
}
