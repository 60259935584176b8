/**
 * Slack, as far as a bot needs it: `POST /api/auth.test` and `POST /api/chat.postMessage`. It answers 200
 * to a dead token too; the body says. Follows https://docs.slack.dev/reference/methods/auth.test and
 * https://docs.slack.dev/reference/methods/chat.postMessage.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text as textIn } from 'node:stream/consumers'
import { bearerOf, listen, type Fake } from './listen.ts'

export interface SlackFake extends Fake {
  /** What was posted, in order: an escaped text, as Slack shows it after it has undone the escapes. */
  messages: { channel: string; text: string }[]
}

/**
 * @param error what a token that is not valid is told
 * @param channels where a bot may post; left out: everywhere
 */
export async function slack(
  valid: readonly string[],
  error = 'invalid_auth',
  channels?: readonly string[],
): Promise<SlackFake> {
  const messages: SlackFake['messages'] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textIn(request)
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(outcome(request, body)))
  }
  const outcome = (request: IncomingMessage, body: string): object => {
    const method = request.method === 'POST' ? request.url : undefined
    if (method !== '/api/auth.test' && method !== '/api/chat.postMessage') {
      return { ok: false, error: 'unknown_method' }
    }
    if (!valid.includes(bearerOf(request))) return { ok: false, error }
    if (method === '/api/auth.test') {
      return { ok: true, url: 'https://example.slack.com/', team: 'T', user: 'bot', team_id: 'T0' }
    }
    const { channel, text }: { channel: string; text: string } = JSON.parse(body)
    if (channels?.includes(channel) === false) return { ok: false, error: 'channel_not_found' }
    messages.push({ channel, text: shown(text) })
    return { ok: true, channel: 'C0FINANCE', ts: `1764000000.00000${messages.length}` }
  }
  const fake = await listen((request, response) => void answer(request, response))
  return { ...fake, messages }
}

/** docs.slack.dev/messaging/formatting-message-text, "Escaping text". */
function shown(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
