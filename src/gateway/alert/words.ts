/**
 * The words that control and a sender exchange, one JSON object a line. Types and closed lists only: this
 * file is read in both wings, and nothing in it can carry a value.
 *
 * control → sender (its fd 0): the order, then, where it has a sheet, `send`. End of file means: stop,
 * nobody waits any more; before `send`: nothing is sent to anybody.
 * sender → control (its fd 3): where there is a sheet, `fetched` as a resolver says it; then one `tried` for
 * each message, in order.
 */
import type { Sheet } from '../sheet.ts'

/** For one message, from the look-up of the name to the last byte of the answer. */
export const MESSAGE_TIMEOUT_MS = 10_000
/** For all messages of an order together; what does not fit is sent another time. */
export const MESSAGES_TIMEOUT_MS = 20_000

export interface SendOrder {
  v: 1
  /** With one item, the channel's credential; absent for a command. */
  sheet?: Sheet
  channel:
    | { kind: 'slack'; channel: string; baseUrl?: string }
    /** Scheme, host and port that the secret address must have: what is on record is where it goes. */
    | { kind: 'slack-webhook'; origin: string }
    | { kind: 'webhook'; url: string }
    | { kind: 'command'; command: readonly string[] }
  messages: readonly Message[]
}

export interface Message {
  /** The same at every repeat, by which a receiver tells one from a second alert. */
  id: string
  /** For people. */
  text: string
  /** For programs: JSON. */
  body: string
}

export type ToSender = SendOrder | { type: 'send' }

/**
 * `elsewhere`: the secret address of a webhook leads to another host than the one on record.
 * `secret-short`, `secret-encoding`: what is to sign is no such secret, and nothing was sent.
 */
export const REFUSALS = [
  'credential',
  'secret-short',
  'secret-encoding',
  'destination',
  'elsewhere',
  'message',
] as const
/**
 * Of a program that did not take it: `exit-code`, `killed` by a signal, `timeout`, `not-startable`,
 * `output-too-large`.
 */
export const PROGRAM_OUTAGES = [
  'exit-code',
  'killed',
  'timeout',
  'not-startable',
  'output-too-large',
] as const
/** `unclear`: it was not taken, and nobody can say that it never will; others are tried all the same. */
export const OUTAGES = ['network', 'busy', 'server', 'unclear', ...PROGRAM_OUTAGES] as const

/**
 * `refused`: until somebody changes something. `unavailable`: later. `left`: there was no time for it, or it
 * was cut off, which says nothing of the channel.
 */
export type Sent =
  | { kind: 'sent' }
  | { kind: 'left' }
  | { kind: 'refused'; reason: (typeof REFUSALS)[number] }
  | {
      kind: 'unavailable'
      reason: (typeof OUTAGES)[number]
      /** A program's exit code, 1 to 255. */
      exit?: number
      /** Milliseconds that the channel asked for. */
      afterMs?: number
    }

export type FromSender = { type: 'tried'; sent: Sent }
