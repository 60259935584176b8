/** Slack, by a bot's token (docs.slack.dev/reference/methods/chat.postMessage) or an incoming webhook. */
import type { Sent } from '../../gateway/alert/words.ts'
import type { Client, Reply } from '../http/request.ts'
import { wipe } from '../secret/bytes.ts'
import { readJson } from '../secret/json.ts'
import { textOf } from '../secret/json-text.ts'
import { judge } from './channel.ts'
import { slackSaid } from './slack-errors.ts'

const SERVICE = 'https://slack.com'
const METHOD = '/api/chat.postMessage'
const MAX_ANSWER = 256 * 1024

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
  if (reply.kind !== 'answer') return judge(reply)
  const word = reply.status === 200 ? outcomeIn(reply.body) : undefined
  wipe(reply.body)
  if (reply.status !== 200) return unlessMessage(judge(reply))
  // Something in between that answers in Slack's place would answer the next one too.
  if (word === undefined) return { kind: 'unavailable', reason: 'server' }
  return word === OK ? { kind: 'sent' } : slackSaid(word)
}

const OK = Symbol('ok')

/** It answers 200 to nearly all. @returns its own word for what is wrong; `undefined` where it is not Slack's */
function outcomeIn(body: Buffer): typeof OK | string | undefined {
  const result = readJson(body)
  const members =
    'root' in result && result.root.kind === 'object' ? result.root.members : undefined
  const error = members?.get('error')
  const ok = members?.get('ok')?.kind
  if (ok === 'true') return OK
  return ok === 'false' && error?.kind === 'string' ? textOf(body, error).toString() : undefined
}

/** A status alone does not say that a message will never be taken. */
function unlessMessage(sent: Sent): Sent {
  return sent.kind === 'refused' && sent.reason === 'message'
    ? { kind: 'unavailable', reason: 'unclear' }
    : sent
}

/** @param url a secret: whoever has it may write into that channel */
export async function sendByWebhook(
  client: Client,
  url: URL,
  text: string,
  signal: AbortSignal,
): Promise<Sent> {
  const reply = await post(client, url, { text }, signal, {})
  if (reply.kind !== 'answer') return judge(reply)
  const { status, body } = reply
  // In plain text; more than the longest of its words is none of them.
  const word = body.length > MOST_OF_A_WORD ? '' : body.toString('latin1').trim()
  wipe(body)
  return status === 400 ? slackSaid(word) : unlessMessage(judge(reply))
}

const MOST_OF_A_WORD = 64

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
