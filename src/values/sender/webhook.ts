/** A webhook of one's own, signed in the Standard Webhooks way. */
import type { Sent } from '../../gateway/alert/words.ts'
import type { Client } from '../http/request.ts'
import { wipe } from '../secret/bytes.ts'
import { judge } from './channel.ts'
import { signatureOf } from './sign.ts'

const MAX_ANSWER = 64 * 1024

/** @param id the same at every repeat, by which a receiver tells one from a second alert */
export async function sendWebhook(
  client: Client,
  to: { url: URL; secret: Buffer },
  message: { id: string; body: Buffer; at: Date },
  signal: AbortSignal,
): Promise<Sent> {
  const seconds = Math.floor(message.at.getTime() / 1000)
  const signed = signatureOf(to.secret, message.id, seconds, message.body)
  if ('trouble' in signed) return { kind: 'refused', reason: signed.trouble }
  const reply = await client.send({
    method: 'POST',
    url: to.url,
    headers: {
      'content-type': 'application/json',
      'webhook-id': message.id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signed.signature,
    },
    body: message.body,
    signal,
    maxBytes: MAX_ANSWER,
  })
  if (reply.kind === 'answer') wipe(reply.body)
  return judge(reply)
}
