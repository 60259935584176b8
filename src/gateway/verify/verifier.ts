/**
 * Control's end of a verifier: starts the process, gives it an order, and takes in what services said as
 * closed fields only.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { SecretRefError, type Code } from '../../errors.ts'
import type { Fetched } from '../../policy/fetched.ts'
import { VERDICTS } from '../../targets/types.ts'
import { dateIn, isObject, objectIn, parseMessage } from '../metadata.ts'
import { knownOn, maxMetadataBytes } from '../resolver.ts'
import { HANDED_PREFIX, KEY_TROUBLE, type Sheet } from '../sheet.ts'
import { valueProcess } from '../value-process.ts'
import {
  CALL_TIMEOUT_MS,
  UNREACHED,
  UNSETTLED,
  type Ask,
  type Checked,
  type Order,
} from './words.ts'

/** What one call's outcome takes at most, and more. */
const BYTES_FOR_CALL = 256
/** For the process itself to start and end around the time that its work has. */
const GRACE_MS = 3000

/** A verifier at work. It is given up by `dismiss`, whatever it is at. */
export interface Verifier {
  /** What it has fetched: one for each item on the sheet, in order. Nothing of it was sent to anybody. */
  fetched(): Promise<readonly Fetched[]>
  /** What that took of each provider's budget. */
  readonly spent: ReadonlyMap<string, number>
  /** Has these calls of the order made, once. @returns one for each, in order */
  ask(calls: readonly number[]): Promise<readonly Checked[]>
  dismiss(): void
  /** Resolves when it has, which is soon after `dismiss`. */
  ended(): Promise<void>
}

/**
 * `fetched` and `ask` throw a SecretRefError where it died, was too late or broke its contract, and what
 * `signal` was aborted with.
 *
 * @param handed variables for the process where it cannot read them from /proc
 * @param signal ends it at once
 */
export function startVerifier(
  order: Order,
  handed: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Verifier {
  const { sheet, calls, deadlineMs } = order
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
  const most = maxMetadataBytes(sheet.items.length) + calls.length * BYTES_FOR_CALL
  const lines = linesOf(child, most)
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve()).once('error', () => resolve())
  })
  const stop = (): void => {
    child.kill('SIGKILL')
    lines.end()
  }
  signal.addEventListener('abort', stop, { once: true })
  const next = async (ms: number): Promise<string> => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      stop()
    }, ms + GRACE_MS)
    const line = await lines.next()
    clearTimeout(timer)
    signal.throwIfAborted()
    if (!late) return line
    throw failure('TIMEOUT', 'did not answer in time', 'look for a provider that hangs')
  }
  child.stdin?.on('error', ignoreGone)
  const say = (message: Order | Ask): void => {
    signal.throwIfAborted()
    // Its end stays open: closed, it would mean that nobody waits any more.
    child.stdin?.write(`${JSON.stringify(message)}\n`)
  }
  let spent: ReadonlyMap<string, number> = new Map()
  return {
    fetched: async () => {
      say(order)
      const message = parseFetched(await next(sheet.deadlineMs), order)
      spent = message.spent ?? spent
      return message.items
    },
    get spent() {
      return spent
    },
    ask: async (asked) => {
      say({ type: 'ask', calls: asked })
      return parseChecked(await next(deadlineMs + CALL_TIMEOUT_MS), asked.length, sheet)
    },
    dismiss: () => {
      signal.removeEventListener('abort', stop)
      child.stdin?.end()
      setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref()
    },
    ended: () => ended,
  }
}

/** Its lines, one at a time; an empty one where there are no more, or it wrote more than `most`. */
function linesOf(
  child: ChildProcess,
  most: number,
): { next: () => Promise<string>; end: () => void } {
  let text = ''
  let received = 0
  let ended = false
  let wanted: ((line: string) => void) | undefined
  const serve = (): void => {
    const at = text.indexOf('\n')
    if (wanted === undefined || (at === -1 && !ended)) return
    wanted(at === -1 ? '' : text.slice(0, at))
    wanted = undefined
    text = text.slice(at + 1)
  }
  const end = (): void => {
    ended = true
    serve()
  }
  child.once('error', end)
  const pipe = child.pid === undefined ? undefined : child.stdio[3]
  // Where no descriptors were left, nothing was started; `error` tells.
  if (pipe instanceof Socket) {
    pipe
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        text += chunk
        received += chunk.length
        if (received > most) {
          text = ''
          child.kill('SIGKILL')
          end()
        } else serve()
      })
      .on('error', ignoreGone)
      .on('close', end)
  }
  const next = (): Promise<string> =>
    new Promise((resolve) => {
      wanted = resolve
      serve()
    })
  return { next, end }
}

function ignoreGone(): void {
  // The process has ended; its silence says so.
}

/**
 * @param line what a verifier sent first
 * @throws PROVIDER_INVALID where that breaks the contract anywhere; what it says went wrong
 */
export function parseFetched(
  line: string,
  { sheet }: Pick<Order, 'sheet'>,
): { items: readonly Fetched[]; spent?: ReadonlyMap<string, number> } {
  const message = parseMessage(line, knownOn(sheet))
  throwTrouble(message, sheet)
  if (message?.type === 'fetched' && message.items.length === sheet.items.length) {
    return message
  }
  throw failure('PROVIDER_INVALID', 'ended without an answer', DOCTOR)
}

/**
 * @param line what a verifier sent after `ask`
 * @param count how many calls that named
 * @throws as parseFetched
 */
export function parseChecked(line: string, count: number, sheet: Sheet): readonly Checked[] {
  throwTrouble(parseMessage(line, knownOn(sheet)), sheet)
  const checked = checkedIn(line)
  if (checked?.length === count) return checked
  throw failure('PROVIDER_INVALID', 'reported what it may not', DOCTOR)
}

function throwTrouble(message: ReturnType<typeof parseMessage>, { fingerprintKey }: Sheet): void {
  if (message?.type !== 'undelivered') return
  const { code, reason } = message
  throw reason === KEY_TROUBLE
    ? failure(
        code,
        `cannot use the key for fingerprints, ${fingerprintKey}`,
        'it must be a file that is yours alone, in a folder that is',
      )
    : failure(code, 'could not do its work', DOCTOR)
}

const DOCTOR = '`secretref doctor` checks the surroundings'

function failure(code: Code, what: string, hint: string): SecretRefError {
  return new SecretRefError(code, `the verifier ${what}`, { scope: 'agent', hint })
}

function checkedIn(line: string): Checked[] | undefined {
  const { type, calls } = objectIn(line) ?? {}
  if (type !== 'checked' || !Array.isArray(calls)) return undefined
  const checked = calls.map(parseOne)
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
