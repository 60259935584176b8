/** Slack, by a bot's token (docs.slack.dev/reference/methods/chat.postMessage) or an incoming webhook. */
import type { Sent } from '../../gateway/alert/words.ts'
import type { Client, Reply } from '../http/request.ts'
import { wipe } from '../secret/bytes.ts'
import { readJson } from '../secret/json.ts'
import { textOf } from '../secret/json-text.ts'
import { judge } from './channel.ts'

const SERVICE = 'https://slack.com'
const METHOD = '/api/chat.postMessage'
const MAX_ANSWER = 256 * 1024

/** Slack's own errors; it answers 200 to nearly all of them. Anything else is told as the message's fault. */
const ERRORS: Readonly<Record<string, Sent>> = {
  ...each({ kind: 'refused', reason: 'credential' }, 'invalid_auth', 'not_authed'),
  ...each({ kind: 'refused', reason: 'credential' }, 'token_revoked', 'token_expired'),
  ...each({ kind: 'refused', reason: 'credential' }, 'account_inactive', 'missing_scope'),
  ...each({ kind: 'refused', reason: 'destination' }, 'channel_not_found', 'not_in_channel'),
  ...each({ kind: 'refused', reason: 'destination' }, 'is_archived', 'restricted_action'),
  ...each({ kind: 'unavailable', reason: 'busy' }, 'ratelimited', 'rate_limited'),
  ...each({ kind: 'unavailable', reason: 'server' }, 'internal_error', 'fatal_error'),
  ...each({ kind: 'unavailable', reason: 'server' }, 'service_unavailable', 'request_timeout'),
}

function each(sent: Sent, ...errors: string[]): Record<string, Sent> {
  return Object.fromEntries(errors.map((error) => [error, sent]))
}

function apiAt(baseUrl: URL | undefined): URL {
  return new URL(`${(baseUrl?.href ?? SERVICE).replace(/\/$/, '')}${METHOD}`)
}

/** @param to `baseUrl`: a server of a test in place of Slack */
export async function sendAsBot(
  client: Client,
  to: { token: Buffer; channel: string; baseUrl?: URL },
  text: string,
  signal: AbortSignal,
): Promise<Sent> {
  const reply = await post(client, apiAt(to.baseUrl), { channel: to.channel, text }, signal, {
    authorization: `Bearer ${to.token.toString('latin1')}`,
  })
  if (reply.kind !== 'answer' || reply.status !== 200) return judged(reply)
  const result = readJson(reply.body)
  const members =
    'root' in result && result.root.kind === 'object' ? result.root.members : undefined
  const error = members?.get('error')
  const word = error?.kind === 'string' ? textOf(reply.body, error).toString() : ''
  const ok = members?.get('ok')?.kind === 'true'
  wipe(reply.body)
  if (ok) return { kind: 'sent' }
  return (Object.hasOwn(ERRORS, word) ? ERRORS[word] : undefined) ?? said
}

const said: Sent = { kind: 'refused', reason: 'message' }

/** @param url a secret: whoever has it may write into that channel */
export async function sendByWebhook(
  client: Client,
  url: URL,
  text: string,
  signal: AbortSignal,
): Promise<Sent> {
  return judged(await post(client, url, { text }, signal, {}))
}

function judged(reply: Reply): Sent {
  if (reply.kind === 'answer') wipe(reply.body)
  return judge(reply)
}

function post(
  client: Client,
  url: URL,
  message: { channel?: string; text: string },
  signal: AbortSignal,
  headers: Record<string, string>,
): Promise<Reply> {
  // What a name of ours holds must not become a mention or a link: Slack's own escapes, and no markup.
  const text = message.text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const body = Buffer.from(JSON.stringify({ ...message, text, mrkdwn: false }))
  return client.send({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body,
    signal,
    maxBytes: MAX_ANSWER,
  })
}
