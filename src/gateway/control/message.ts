/** What goes over the control socket of a gateway: one line of JSON each way. No value ever. */
import type { Finding } from '../../config/problems.ts'

export const VERSION = 1
/** A request has one word; whoever sends more is no client of ours. */
export const REQUEST_BYTES = 1024
/** An answer lists up to a thousand mistakes. */
export const ANSWER_BYTES = 4 * 1024 * 1024

/** Names of agents. */
export interface Reloaded {
  v: 1
  ok: true
  /** SHA-256 of the config that holds now, hex. */
  hash: string
  added: readonly string[]
  removed: readonly string[]
  changed: readonly string[]
}

export interface Refused {
  v: 1
  ok: false
  code: string
  message: string
  hint?: string
  /** Every mistake of the config, where that is why. */
  problems?: readonly Finding[]
}

export type Answer = Reloaded | Refused

/** @returns whether this line asks for a reload */
export function asksForReload(line: string): boolean {
  const request = parsed(line)
  return isRecord(request) && request['v'] === VERSION && request['do'] === 'reload'
}

/** @returns `undefined` for what no gateway of this version says */
export function answerIn(line: string): Answer | undefined {
  const answer = parsed(line)
  if (!isRecord(answer) || answer['v'] !== VERSION) return undefined
  return isReloaded(answer) || isRefused(answer) ? answer : undefined
}

function isReloaded(answer: object): answer is Reloaded {
  const { ok, hash, added, removed, changed } = answer as Partial<Reloaded>
  return ok === true && typeof hash === 'string' && [added, removed, changed].every(isNames)
}

function isRefused(answer: object): answer is Refused {
  const { ok, code, message, hint, problems } = answer as Partial<Refused>
  return (
    ok === false &&
    typeof code === 'string' &&
    typeof message === 'string' &&
    (hint === undefined || typeof hint === 'string') &&
    (problems === undefined || Array.isArray(problems))
  )
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // Not ours: the same as any other unknown word.
    return undefined
  }
}
