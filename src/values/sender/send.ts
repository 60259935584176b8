/** Sends the messages of one order to its one channel, one after the other. */
import {
  MESSAGE_TIMEOUT_MS,
  type Message,
  type SendOrder,
  type Sent,
} from '../../gateway/alert/words.ts'
import { baseUrlOf } from '../../targets/destination.ts'
import { httpClient, type Client } from '../http/request.ts'
import { sendToCommand } from './command.ts'
import { sendAsBot, sendByWebhook } from './slack.ts'
import { sendWebhook } from './webhook.ts'

const LEFT: Sent = { kind: 'left' }
const NO_ADDRESS: Sent = { kind: 'refused', reason: 'credential' }
const ELSEWHERE: Sent = { kind: 'refused', reason: 'elsewhere' }
const MISPLACED: Sent = { kind: 'refused', reason: 'destination' }

/**
 * A channel that is down, or refuses who sends, would do the same to the next one: the rest is not tried
 * and gets the same answer. What there is no time for any more, as `signal` has aborted, is left.
 *
 * @param value the channel's credential; the caller wipes it
 * @param tried is called for each message, in order
 */
export async function sendAll(
  { channel, messages }: SendOrder,
  value: Buffer | undefined,
  signal: AbortSignal,
  tried: (sent: Sent) => void,
): Promise<void> {
  const client = httpClient({ connections: 1 })
  try {
    let stopped: Sent | undefined
    for (const message of messages) {
      const timeout = AbortSignal.timeout(MESSAGE_TIMEOUT_MS)
      const all = AbortSignal.any([signal, timeout])
      let sent: Sent =
        stopped ?? (signal.aborted ? LEFT : await sendOne(client, channel, value, message, all))
      if (stopped === undefined && signal.aborted && sent.kind === 'unavailable') sent = LEFT
      if (stops(sent)) stopped = sent
      tried(sent)
    }
  } finally {
    client.close()
  }
}

function stops(sent: Sent): boolean {
  if (sent.kind === 'unavailable') return sent.reason !== 'unclear'
  return sent.kind === 'refused' && sent.reason !== 'message'
}

async function sendOne(
  client: Client,
  channel: SendOrder['channel'],
  value: Buffer | undefined,
  { id, text, body }: Message,
  signal: AbortSignal,
): Promise<Sent> {
  if (channel.kind === 'command') return sendToCommand(channel.command, body, signal)
  if (value === undefined) throw new TypeError('this channel has a credential')
  if (channel.kind === 'slack-webhook') {
    // The whole address is the secret; a string of it ends with this process.
    const url = baseUrlOf(value.toString('latin1'))
    if (url === undefined) return NO_ADDRESS
    return url.origin === channel.origin ? sendByWebhook(client, url, text, signal) : ELSEWHERE
  }
  if (channel.kind === 'webhook') {
    const url = baseUrlOf(channel.url)
    const message = { id, body: Buffer.from(body), at: new Date() }
    return url === undefined
      ? MISPLACED
      : sendWebhook(client, { url, secret: value }, message, signal)
  }
  const { channel: name, baseUrl: stated } = channel
  const baseUrl = stated === undefined ? undefined : baseUrlOf(stated)
  if (stated !== undefined && baseUrl === undefined) return MISPLACED
  return sendAsBot(
    client,
    { token: value, channel: name, ...(baseUrl && { baseUrl }) },
    text,
    signal,
  )
}
