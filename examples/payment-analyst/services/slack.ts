/**
 * A stand-in for Slack's Web API on 127.0.0.1: `auth.test` and `chat.postMessage`. Written from Slack's
 * public reference: a failure is HTTP 200 with `{"ok":false,"error":"…"}`.
 *
 * - https://docs.slack.dev/apis/web-api/ (token in the Authorization header, or in a form; form or JSON)
 * - https://docs.slack.dev/reference/methods/auth.test
 * - https://docs.slack.dev/reference/methods/chat.postMessage
 */
import type { IncomingMessage, RequestListener } from 'node:http'
import { verdictOn, type Accepted } from './keys.ts'
import { bodyOf, serve, type Report } from './serve.ts'

export const CHANNELS: ReadonlyMap<string, string> = new Map([
  ['#finance-alerts', 'C0FINANCE1'],
  ['#general', 'C0GENERAL1'],
])

type Answer = { ok: true; [key: string]: unknown } | { ok: false; error: string }
type Fields = Readonly<Record<string, unknown>>

export function slackListener(
  accepted: Accepted,
  report: Report = () => undefined,
): RequestListener {
  let posted = 0
  return (request, response) => {
    answerTo(request).then(
      (answer) =>
        response
          .writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' })
          .end(JSON.stringify(answer)),
      // The caller went away in the middle of its request: nobody is left to answer.
      () => response.destroy(),
    )
  }

  async function answerTo(request: IncomingMessage): Promise<Answer> {
    const path = new URL(request.url ?? '/', 'http://stand-in').pathname
    const fields = await fieldsOf(request)
    report({ event: 'request', method: request.method ?? '', path, status: 200 })
    if (typeof fields === 'string') return { ok: false, error: fields }
    const bearer = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    const token = bearer ?? (fields.isForm ? textIn(fields.values, 'token') : '')
    if (token === '') return { ok: false, error: 'not_authed' }
    if (verdictOn(accepted, token) !== 'valid') return { ok: false, error: 'invalid_auth' }
    if (request.method === 'POST' && path === '/api/auth.test') return IDENTITY
    if (request.method === 'POST' && path === '/api/chat.postMessage') return post(fields.values)
    return { ok: false, error: 'unknown_method' }
  }

  function post(values: Fields): Answer {
    const asked = textIn(values, 'channel')
    const named = CHANNELS.get(asked) ?? CHANNELS.get(`#${asked}`)
    const channel = named ?? [...CHANNELS.values()].find((id) => id === asked)
    if (channel === undefined) return { ok: false, error: 'channel_not_found' }
    const text = textIn(values, 'text')
    if (text === '') return { ok: false, error: 'no_text' }
    posted += 1
    const ts = `${Math.floor(Date.now() / 1000)}.${String(posted).padStart(6, '0')}`
    report({ event: 'message', channel: asked, text })
    const { bot_id, team_id: team, user_id: user } = IDENTITY
    return { ok: true, channel, ts, message: { type: 'message', text, ts, bot_id, team, user } }
  }
}

const IDENTITY = {
  ok: true,
  url: 'https://stand-in.slack.com/',
  team: 'Stand-in',
  user: 'payment-analyst',
  team_id: 'T0STANDIN1',
  user_id: 'U0STANDIN1',
  bot_id: 'B0STANDIN1',
} as const

/** The fields of a form or of a JSON object; else the error that Slack has for it. */
async function fieldsOf(
  request: IncomingMessage,
): Promise<{ isForm: boolean; values: Fields } | string> {
  const body = await bodyOf(request)
  if (body === undefined) return 'request_too_large'
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded')
    return { isForm: true, values: Object.fromEntries(new URLSearchParams(body)) }
  if (type !== 'application/json')
    return body === '' ? { isForm: true, values: {} } : 'invalid_post_type'
  try {
    const read: unknown = JSON.parse(body)
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return 'json_not_object'
    return { isForm: false, values: { ...read } }
  } catch {
    return 'invalid_json'
  }
}

function textIn(values: Fields, name: string): string {
  const value = values[name]
  return typeof value === 'string' ? value : ''
}

if (import.meta.main) await serve(slackListener)
